/**
 * What stands behind a verdict: selectivity, the cosine rule, and the four sentences.
 */

import { h } from '../../shared/dom.js'
import { fact, foldView } from '../../shared/parts.js'

/** @typedef {import('./types.js').Selectivity} Selectivity */
/** @typedef {import('./types.js').Word} Word */

/** For every encoder, a pair of bars for every word. @param {Selectivity[]} streams */
export function selectivityView(streams) {
  return streams.map(({ stream, title, words }) =>
    h('section', { class: 'es-hearings', 'data-stream': stream }, h('h5', {}, title), h('div', { class: 'es-hearing-row' }, words.map(wordView)))
  )
}

/** @param {Word} word */
function wordView({ listener, sentence, bars }) {
  const rows = bars.map(({ text, strength, length, strength_text: value }, k) => [
    h('span', { class: 'es-hears-name' }, text),
    h('span', { class: 'es-hears-line' }, h('i', { class: 'es-hears', 'data-hue': k, 'data-strength': strength, style: `width:${length}%` })),
    h('span', { class: 'es-gauge-value' }, value)
  ])
  return h('div', { class: 'es-hearing', 'data-listener': listener }, h('b', {}, listener), h('div', { class: 'es-hears-grid' }, rows.flat()), h('p', {}, sentence))
}

/** @param {string} key @param {import('./types.js').CosineRule} rule */
export function cosineRuleView(key, { title, text, rows }) {
  if (!rows.length) return null
  const lines = rows.map(({ stream, title: name, facts, flagged }) => {
    const chips = facts.map((each) => fact(each.name, each.text, { tone: each.name === 'flagged' && flagged ? 'warn' : undefined }))
    return h('div', { class: 'es-chips', 'data-textbook': stream, 'data-flagged': flagged ? 'yes' : 'no' }, h('span', { class: 'es-textbook-name' }, name), chips)
  })
  return foldView(key, title, h('p', { class: 'es-quiet' }, text), ...lines)
}

/** @param {string} key @param {string} heading @param {import('./types.js').ContrastDisplay} display */
export function cellsView(key, heading, { cells, frames }) {
  const lines = cells.map(({ name, title, text }) => [h('dt', {}, title), h('dd', { 'data-cell': name }, text)])
  return foldView(key, heading, h('dl', { class: 'es-cells' }, lines.flat()), h('p', { class: 'es-quiet' }, frames))
}
