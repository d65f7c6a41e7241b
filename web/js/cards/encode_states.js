/**
 * The node "Encode States": what each text encoder returned for the prompt.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { statesView } from '../views/states/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_states',
  view: statesView,
  options: {
    invitation: translatable('Connect a CLIP, write a prompt and press Run.'),
    size: [500, 980],
    minHeight: 430,
    textShare: 0.08
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachEncodeStates = (node, host) => attachCard(node, host, CARD)
