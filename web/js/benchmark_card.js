/**
 * The Binding Benchmark: its node carries a card of what a Run found.
 */

import { benchmarkView } from './benchmark_view.js'
import { attachCard } from './card.js'

/** @type {import('./card.js').Card} */
const CARD = {
  key: 'encoderscope_benchmark',
  view: benchmarkView,
  options: { invitation: 'Connect an image-text encoder and press Run: can it tell a caption from the same words put together wrongly?', size: [520, 820], minHeight: 640, textShare: 0.12 }
}

/** @param {import('./attach.js').GraphNode} node @param {import('./attach.js').Host} host */
export const attachBenchmark = (node, host) => attachCard(node, host, CARD)
