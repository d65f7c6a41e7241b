/**
 * The node "Load Text Encoders": what a Run loaded, and from which files.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { loadedView } from '../views/loaded_encoders/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_loaded',
  view: loadedView,
  chosen: ['file_1', 'file_2', 'file_3', 'file_4', 'family', 'precision'],
  options: {
    invitation: translatable('Choose the text encoders of one image model, connect the CLIP and press Run.'),
    size: [520, 720],
    minHeight: 400,
    textShare: 0.2
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachLoadEncoders = (node, host) => attachCard(node, host, CARD)
