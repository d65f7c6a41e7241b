/**
 * Draws the phrases of a prompt as a table: a row for each phrase, or for all that fared alike, and a column of lamps for each station.
 */

import { h } from '../../shared/dom.js'
import { foldView } from '../../shared/parts.js'
import { attachTips } from '../../shared/row_tips.js'

/** @param {string} name @param {string} sign @returns {HTMLElement} */
export const lampView = (name, sign) => h('i', { class: 'es-lamp', 'data-lamp': name, 'aria-hidden': 'true' }, sign)

/** @param {import('./types.js').DoctorReport} report @returns {HTMLElement} */
export function phrasesView({ phrases, display }) {
  const { rows = [], seen, folded, more, spoken, stations } = display
  const rest = folded.length ? foldView('phrases', more, rowsView(phrases, folded, more, stations)) : null
  const first = rows.length ? rowsView(rows, rows.map((_, index) => index), spoken, stations, 'row') : rowsView(phrases, seen, spoken, stations)
  return h('section', { class: 'es-doctor' }, first, rest)
}

/** @param {import('./types.js').Row[]} rows @param {number[]} indices @param {string} label @param {{title: string}[]} stations @param {string} kind */
function rowsView(rows, indices, label, stations, kind = 'phrase') {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const cells = indices.map((index) => cellView(rows[index], { [`data-${kind}`]: index }, tips))
  const heads = ['', ...stations.map(({ title }) => title)].map((title) => h('span', { class: 'es-phrase-head', 'aria-hidden': 'true' }, title))
  const row = h('div', { class: 'es-phrases', dir: 'auto', role: 'group', 'aria-label': label }, heads, cells)
  attachTips(row, tips)
  return row
}

/** @param {import('./types.js').Row} row @param {Record<string, number>} number @param {Map<HTMLElement, string[]>} tips */
function cellView({ text, display }, number, tips) {
  const lamps = display.lamps.map(({ name, sign, title, tip }) => {
    const lamp = h('span', { class: 'es-lamp-place', role: 'img', 'aria-label': title }, lampView(name, sign))
    tips.set(lamp, tip)
    return lamp
  })
  const words = h('span', { class: 'es-phrase-text' }, text)
  return h('div', { class: 'es-phrase', ...number, 'data-tone': display.tone }, words, h('span', { class: 'es-lamps' }, lamps))
}
