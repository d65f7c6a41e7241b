/**
 * The node "Mix": what the mixed conditioning holds, part by part.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { conditioningView } from '../views/conditioning/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_conditioning',
  view: conditioningView,
  options: {
    invitation: translatable('Connect two CONDITIONINGs (or one twice) and press Run.'),
    size: [500, 900],
    minHeight: 480,
    textShare: 0.2
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachMix = (node, host) => attachCard(node, host, CARD)
