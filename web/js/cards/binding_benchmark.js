/**
 * The node "Binding Benchmark": how often an image-text encoder prefers the caption to its swap.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { benchmarkView } from '../views/benchmark/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_benchmark',
  view: benchmarkView,
  options: {
    invitation: translatable('Connect an image-text encoder and press Run.'),
    size: [520, 820],
    minHeight: 640,
    textShare: 0.12
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachBindingBenchmark = (node, host) => attachCard(node, host, CARD)
