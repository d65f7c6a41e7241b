/**
 * Draws how the margins of each encoder lie, on one axis for all encoders of a question.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'

/** @typedef {import('./types.js').BenchScore} BenchScore */

const SAID = 'Margins: the cosine with what is true less the cosine with the swap. Right of the dashed line a pair is won.'

/** @param {BenchScore[]} scores of all pairs, one for each encoder @param {number[]} bins edges */
export function histogramsView(scores, bins) {
  return h('div', { class: 'es-bench-margins' }, h('p', { class: 'es-quiet' }, SAID), scores.map((score) => histogramView(score, bins)))
}

/** @param {BenchScore} score @param {number[]} bins */
function histogramView({ encoder, histogram, ties, margin }, bins) {
  const most = Math.max(1, ...histogram)
  const columns = histogram.map((value, k) =>
    h('i', { class: 'es-bin', 'data-side': k < histogram.length / 2 ? 'lost' : 'won', 'data-count': value, style: `height:${(100 * value) / most}%`, title: `${bins[k]} to ${bins[k + 1]}: ${count(value)}` })
  )
  const ends = [bins[0], 0, bins[bins.length - 1]].map((edge) => h('span', {}, String(edge)))
  return h(
    'div',
    { class: 'es-bench-row', 'data-margins': encoder },
    h('span', { class: 'es-bench-name' }, `${encoder}: median ${margin.quantiles[2]}`, ties > 0 && h('span', { class: 'es-bench-ties' }, `${count(ties)} tied, not drawn`)),
    h('div', { class: 'es-bench-histogram' }, h('div', { class: 'es-bins' }, columns, h('i', { class: 'es-half' })), h('div', { class: 'es-bench-ends' }, ends))
  )
}
