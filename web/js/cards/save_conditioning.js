/**
 * The node "Save Conditioning": which file was written, or why none.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { cacheView } from '../views/cache/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_cache',
  view: cacheView,
  chosen: ['filename_prefix'],
  options: {
    invitation: translatable('Connect a CONDITIONING and press Run to write the file.'),
    size: [420, 200],
    minHeight: 110,
    textShare: 0.5
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachSaveConditioning = (node, host) => attachCard(node, host, CARD)
