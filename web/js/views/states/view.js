/**
 * Draws one states report: the sentence, for each encoder a cell for every token, window by window, its pooled vector, and what becomes of both.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'
import { fact, foldList, quoteView, verdictView } from '../../shared/parts.js'
import { filled } from '../../shared/translation.js'
import { lengthText, percent, pooledView, sizeText, strand, stripView, WORDS } from '../conditioning/strips.js'

/** @typedef {import('./types.js').StatesReport} StatesReport */
/** @typedef {import('./types.js').StateStream} StateStream */
/** @typedef {import('./types.js').StatesWords} Words */

/** Of reports of earlier versions, which are English. @type {Words} */
const OLDER = {
  ...WORDS,
  sequence: 'Sequence',
  window: 'Window {window}',
  place: '{stream}, token {number} of {count}',
  place_in_window: '{stream}, window {window}, token {number} of {count}',
  token: 'Token {number}',
  embedding: 'embedding {name}',
  weight: 'weight {weight}',
  no_weight: 'its weight is no number',
  empty: 'the empty text',
  steps: '{count} steps',
  step: '{low} to {high}',
  list_of_steps: 'Steps',
  details: 'Details',
  sequence_size: '{stream}: sequence {size}',
  pooled_size: '{stream}: pooled vector {size}'
}

/** @param {StatesReport} report @returns {(HTMLElement | null)[]} */
export function statesView(report) {
  const { streams, steps, notes, sentence, usable } = report
  const words = report.display?.words ?? OLDER
  const tone = usable ? (report.family === 'unknown' ? 'open' : 'kept') : 'lost'
  const said = notes.length ? h('ul', { class: 'es-said' }, notes.map((note) => h('li', {}, note))) : null
  const texts = new Set(streams.map(({ text }) => text))
  const several = steps.length > 1
  return [
    h('div', { class: 'es-chips' }, h('span', { class: 'es-chip es-chip-family' }, report.family_title), fact('steps', several ? filled(words.steps, { count: steps.length }) : null)),
    verdictView(sentence, tone),
    said,
    texts.size === 1 ? quoteView(streams[0].text) : null,
    ...streams.map((stream) => streamView(stream, texts.size > 1, words)),
    foldList('details', words.details, streams.flatMap((stream) => details(stream, words))),
    several ? foldList('steps', words.list_of_steps, steps.map(({ start, end }) => filled(words.step, { low: percent(start), high: percent(end) }))) : null
  ]
}

/** @param {StateStream} stream @param {boolean} withText @param {Words} words */
function streamView(stream, withText, words) {
  const { name, title, use, text, windows, sequence, pooled } = stream
  let at = 0
  const strips = (windows.length ? windows : [sequence.norms.length]).map((size, k) => {
    const start = at
    at += size
    return windowView(stream, k, start, size, words)
  })
  return h(
    'section',
    { class: 'es-side', 'data-stream': name },
    h('h4', {}, h('b', {}, title), h('span', { class: 'es-strand-text' }, use)),
    withText && h('p', { class: 'es-given', dir: 'auto' }, text || words.empty),
    strips,
    pooled && pooledView(pooled, words)
  )
}

/** @param {StateStream} stream @param {number} window @param {number} start @param {number} size @param {Words} words */
function windowView({ title, part, windows, tokens, sequence, taken }, window, start, size, words) {
  const parted = windows.length > 1
  const place = parted ? words.place_in_window : words.place
  const cells = sequence.norms.slice(start, start + size).map((norm, k) => ({
    level: sequence.levels[start + k],
    tip: [
      label(tokens?.[start + k], k, words),
      filled(place, { stream: title, window: window + 1, number: k + 1, count: size }),
      lengthText(norm === 0, norm, words.norm, words),
      weight(tokens?.[start + k], words)
    ]
  }))
  const head = parted ? filled(words.window, { window: window + 1 }) : words.sequence
  const length = parted ? '' : `, ${lengthText(sequence.zero, sequence.mean_norm, words.mean_norm, words)}`
  return strand(head, `${count(size)} × ${count(sequence.shape[sequence.shape.length - 1])}${length}`, stripView(part, cells, { unused: taken.sequence === false, words }))
}

/** @param {import('./types.js').StateToken | undefined} token @param {number} k @param {Words} words */
function label(token, k, words) {
  if (!token) return filled(words.token, { number: k + 1 })
  if (token.kind === 'text') return `“${token.label}”`
  if (token.kind === 'embedding') return filled(words.embedding, { name: token.label })
  return words[token.kind] ?? token.label
}

/** A weight that is no number comes as null. @param {import('./types.js').StateToken | undefined} token @param {Words} words */
function weight(token, words) {
  if (!token || token.weight === 1) return ''
  return token.weight === null ? words.no_weight : filled(words.weight, { weight: Number(token.weight.toPrecision(4)) })
}

/** @param {StateStream} stream @param {Words} words */
function details({ title, sequence, pooled, extra }, words) {
  return [
    filled(words.sequence_size, { stream: title, size: sizeText(sequence) }),
    ...(pooled ? [filled(words.pooled_size, { stream: title, size: sizeText(pooled) })] : []),
    ...extra.map((key) => `${title}: ${key.title} ${key.what}`)
  ]
}
