/**
 * The node "What Is This File?": what the chosen file is, and which image models take it.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { encoderView } from '../views/encoder_file/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_encoder',
  view: encoderView,
  chosen: ['file'],
  options: {
    invitation: translatable('Choose a file and press Run. Only its header is read.'),
    size: [540, 640],
    minHeight: 480,
    textShare: 0.2
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachInspectEncoder = (node, host) => attachCard(node, host, CARD)
