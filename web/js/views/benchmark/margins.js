/**
 * Draws how the margins of each encoder lie, on one axis for all encoders of a question.
 */

import { h } from '../../shared/dom.js'

/** @typedef {import('./types.js').Histogram} Histogram */

/** @param {{text: string, rows: Histogram[]}} margins */
export function histogramsView({ text, rows }) {
  return h('div', { class: 'es-bench-margins' }, h('p', { class: 'es-quiet' }, text), rows.map(histogramView))
}

/** @param {Histogram} histogram */
function histogramView({ encoder, title, ties, columns, ends }) {
  const bins = columns.map((column) =>
    h('i', { class: 'es-bin', 'data-side': column.won ? 'won' : 'lost', 'data-count': column.count, style: `height:${column.height}%`, title: column.title })
  )
  return h(
    'div',
    { class: 'es-bench-row', 'data-margins': encoder },
    h('span', { class: 'es-bench-name' }, title, ties && h('span', { class: 'es-bench-ties' }, ties)),
    h('div', { class: 'es-bench-histogram' }, h('div', { class: 'es-bins' }, bins, h('i', { class: 'es-half' })), h('div', { class: 'es-bench-ends' }, ends.map((end) => h('span', {}, end))))
  )
}
