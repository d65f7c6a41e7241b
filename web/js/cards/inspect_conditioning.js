/**
 * The node "Inspect Conditioning": a cell for every token, the pooled vector, and every key.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { conditioningView } from '../views/conditioning/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_conditioning',
  view: conditioningView,
  options: {
    invitation: translatable('Connect a CONDITIONING and press Run.'),
    size: [500, 700],
    minHeight: 540,
    textShare: 0.2
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachInspectConditioning = (node, host) => attachCard(node, host, CARD)
