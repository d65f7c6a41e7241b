/**
 * The nodes around CONDITIONING: each carries a card of what went in and what came out.
 */

import { attachCard } from './card.js'
import { conditioningView } from './conditioning_view.js'
import { statesView } from './states_view.js'

/** @typedef {import('./attach.js').GraphNode} GraphNode */
/** @typedef {import('./attach.js').Host} Host */

/**
 * The least height is what a picture with its sentence takes: Nodes 2.0 of front end 1.32.9 gives a panel no more than that.
 *
 * @param {string} invitation
 * @param {number} height of the new node
 * @param {number} minHeight of the panel
 * @returns {import('./card.js').Card}
 */
const conditioning = (invitation, height, minHeight) => ({
  key: 'encoderscope_conditioning',
  view: conditioningView,
  options: { invitation, size: [500, height], minHeight, textShare: 0.2 }
})

const ASSEMBLE = conditioning('Connect what the encoders said, choose a family, and press Run: a cell for every token that the generator will read.', 700, 420)
const MIX = conditioning('Connect two CONDITIONINGs and press Run: what the mix holds, part by part.', 900, 480)
const INSPECT = conditioning('Connect a CONDITIONING and press Run: a cell for every token, the pooled vector, and every key.', 700, 540)

/** @type {import('./card.js').Card} */
const STATES = {
  key: 'encoderscope_states',
  view: statesView,
  options: { invitation: 'Connect a CLIP, write a prompt and press Run: what each encoder made of it.', size: [500, 980], minHeight: 430, textShare: 0.08 }
}

/** @param {GraphNode} node @param {Host} host */
export const attachAssemble = (node, host) => attachCard(node, host, ASSEMBLE)

/** @param {GraphNode} node @param {Host} host */
export const attachMix = (node, host) => attachCard(node, host, MIX)

/** @param {GraphNode} node @param {Host} host */
export const attachInspectConditioning = (node, host) => attachCard(node, host, INSPECT)

/** @param {GraphNode} node @param {Host} host */
export const attachEncodeStates = (node, host) => attachCard(node, host, STATES)
