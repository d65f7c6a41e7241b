/**
 * The node "Compare Prompt Orders": both orders of a prompt, side by side.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { orderView } from '../views/order/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_order',
  view: orderView,
  chosen: ['text_a', 'text_b', 'family'],
  stale: translatable('The texts have changed since this was drawn. Press Run.'),
  options: {
    invitation: translatable('Write a prompt in text A and press Run. An empty text B asks for a better order.'),
    size: [760, 860],
    minHeight: 400,
    textShare: 0.13
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachCompareOrder = (node, host) => attachCard(node, host, CARD)
