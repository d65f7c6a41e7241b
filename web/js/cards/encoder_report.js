/**
 * The node "Encoder Report": what an encoder binds, phenomenon by phenomenon.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { scoresView } from '../views/encoder_card/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_encoder_report',
  view: scoresView,
  options: {
    invitation: translatable('Connect a CLIP and press Run. The first time takes minutes.'),
    size: [520, 860],
    minHeight: 640,
    textShare: 0.12
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachEncoderReport = (node, host) => attachCard(node, host, CARD)
