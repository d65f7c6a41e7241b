/**
 * Draws one states report: for each encoder a cell for every token, window by window, its pooled vector, and what becomes of both.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'
import { fact, foldList, quoteView, verdictView } from '../../shared/parts.js'
import { lengthText, numeral, percent, pooledView, sizeText, strand, stripView } from '../conditioning/strips.js'

/** @typedef {import('./types.js').StatesReport} StatesReport */
/** @typedef {import('./types.js').StateStream} StateStream */

/** @param {StatesReport} report @returns {(HTMLElement | null)[]} */
export function statesView(report) {
  const { streams, steps, notes, sentence, usable } = report
  const texts = new Set(streams.map(({ text }) => text))
  return [
    h('div', { class: 'es-chips' }, h('span', { class: 'es-chip es-chip-family' }, report.family_title), fact('steps', steps.length > 1 ? `${steps.length} steps` : null)),
    texts.size === 1 ? quoteView(streams[0].text) : null,
    ...streams.map((stream) => streamView(stream, texts.size > 1)),
    verdictView(sentence, usable ? (report.family === 'unknown' ? 'open' : 'kept') : 'lost'),
    notes.length ? h('ul', { class: 'es-said' }, notes.map((note) => h('li', {}, note))) : null,
    foldList('details', 'Details', streams.flatMap(details)),
    steps.length > 1 ? foldList('steps', 'Steps', steps.map(({ start, end }) => `${percent(start)} to ${percent(end)}`)) : null
  ]
}

/** @param {StateStream} stream @param {boolean} withText */
function streamView(stream, withText) {
  const { name, title, use, text, windows, sequence, pooled } = stream
  let at = 0
  const strips = (windows.length ? windows : [sequence.norms.length]).map((size, k) => {
    const start = at
    at += size
    return windowView(stream, k, start, size)
  })
  return h(
    'section',
    { class: 'es-side', 'data-stream': name },
    h('h4', {}, h('b', {}, title), h('span', { class: 'es-strand-text' }, use)),
    withText && h('p', { class: 'es-given', dir: 'auto' }, text || 'the empty text'),
    strips,
    pooled && pooledView(pooled)
  )
}

/** @param {StateStream} stream @param {number} window @param {number} start @param {number} size */
function windowView({ title, part, windows, tokens, sequence, taken }, window, start, size) {
  const cells = sequence.norms.slice(start, start + size).map((norm, k) => ({
    level: sequence.levels[start + k],
    tip: [label(tokens?.[start + k], k), `${title}, ${windows.length > 1 ? `window ${window + 1}, ` : ''}token ${k + 1} of ${size}`, norm === 0 ? 'all zero' : `norm ${numeral(norm)}`, weight(tokens?.[start + k])]
  }))
  const head = windows.length > 1 ? `Window ${window + 1}` : 'Sequence'
  return strand(head, `${count(size)} × ${count(sequence.shape[sequence.shape.length - 1])}${windows.length > 1 ? '' : `, ${lengthText(sequence.zero, sequence.mean_norm, 'mean norm')}`}`, stripView(part, cells, { unused: taken.sequence === false }))
}

/** @param {import('./types.js').StateToken | undefined} token @param {number} k */
function label(token, k) {
  if (!token) return `Token ${k + 1}`
  return token.kind === 'text' ? `“${token.label}”` : token.kind === 'embedding' ? `embedding ${token.label}` : token.label
}

/** A weight that is no number comes as null. @param {import('./types.js').StateToken | undefined} token */
function weight(token) {
  if (!token || token.weight === 1) return ''
  return token.weight === null ? 'its weight is no number' : `weight ${Number(token.weight.toPrecision(4))}`
}

/** @param {StateStream} stream */
function details({ title, sequence, pooled, extra }) {
  return [
    `${title}: sequence ${sizeText(sequence)}`,
    ...(pooled ? [`${title}: pooled vector ${sizeText(pooled)}`] : []),
    ...extra.map((key) => `${title}: ${key.title} ${key.what}`)
  ]
}
