/**
 * The Binding Probe and the Encoder Report: each node carries a card of what a Run found.
 */

import { attachCard } from './card.js'
import { probeView } from './probe_view.js'
import { scoresView } from './scores_view.js'

/** @typedef {import('./attach.js').GraphNode} GraphNode */
/** @typedef {import('./attach.js').Host} Host */

// The least heights are what Nodes 2.0 of front end 1.32.9 gives, so that the sentence and the first bars can be seen.

/** @type {import('./card.js').Card} */
const PROBE = {
  key: 'encoderscope_probe',
  view: probeView,
  options: { invitation: 'Connect a CLIP, write a prompt and press Run: does the encoding hold who has which property?', size: [520, 980], minHeight: 540, textShare: 0.12 }
}

/** @type {import('./card.js').Card} */
const SCORES = {
  key: 'encoderscope_encoder_report',
  view: scoresView,
  options: { invitation: 'Connect a CLIP and press Run: what does this encoder hold, and what not?', size: [520, 860], minHeight: 640, textShare: 0.12 }
}

/** @param {GraphNode} node @param {Host} host */
export const attachBindingProbe = (node, host) => attachCard(node, host, PROBE)

/** @param {GraphNode} node @param {Host} host */
export const attachEncoderReport = (node, host) => attachCard(node, host, SCORES)
