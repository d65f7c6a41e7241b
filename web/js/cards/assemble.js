/**
 * The node "Assemble": the conditioning that was put together, a cell for every token.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { conditioningView } from '../views/conditioning/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_conditioning',
  view: conditioningView,
  options: {
    invitation: translatable('Connect the states of the encoders and press Run.'),
    size: [500, 700],
    minHeight: 420,
    textShare: 0.2
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachAssemble = (node, host) => attachCard(node, host, CARD)
