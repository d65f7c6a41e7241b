/**
 * The node "Cached Encode": whether the conditioning came from disk, was stored, or why not.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { cacheView } from '../views/cache/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_cache',
  view: cacheView,
  chosen: ['text'],
  options: {
    invitation: translatable('Connect a CLIP, write a prompt and press Run. A second Run needs no text encoder.'),
    size: [420, 340],
    minHeight: 110,
    textShare: 0.5
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachCachedEncode = (node, host) => attachCard(node, host, CARD)
