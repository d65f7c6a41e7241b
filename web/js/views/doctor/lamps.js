/**
 * Draws the phrases of a prompt as a table: a row for each phrase, a column of lamps for each station.
 */

import { h } from '../../shared/dom.js'
import { foldView } from '../../shared/parts.js'
import { attachTips } from '../../shared/row_tips.js'

/** @param {string} name @param {string} sign @returns {HTMLElement} */
export const lampView = (name, sign) => h('i', { class: 'es-lamp', 'data-lamp': name, 'aria-hidden': 'true' }, sign)

/** @param {import('./types.js').DoctorReport} report @returns {HTMLElement} */
export function phrasesView({ phrases, display }) {
  const { seen, folded, more, spoken, stations } = display
  const rest = folded.length ? foldView('phrases', more, rowsView(phrases, folded, more, stations)) : null
  return h('section', { class: 'es-doctor' }, rowsView(phrases, seen, spoken, stations), rest)
}

/** @param {import('./types.js').Phrase[]} phrases @param {number[]} indices @param {string} label @param {{title: string}[]} stations */
function rowsView(phrases, indices, label, stations) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const cells = indices.map((index) => cellView(phrases[index], index, tips))
  const heads = ['', ...stations.map(({ title }) => title)].map((title) => h('span', { class: 'es-phrase-head', 'aria-hidden': 'true' }, title))
  const row = h('div', { class: 'es-phrases', dir: 'auto', role: 'group', 'aria-label': label }, heads, cells)
  attachTips(row, tips)
  return row
}

/** @param {import('./types.js').Phrase} phrase @param {number} index @param {Map<HTMLElement, string[]>} tips */
function cellView({ text, display }, index, tips) {
  const lamps = display.lamps.map(({ name, sign, title, tip }) => {
    const lamp = h('span', { class: 'es-lamp-place', role: 'img', 'aria-label': title }, lampView(name, sign))
    tips.set(lamp, tip)
    return lamp
  })
  const words = h('span', { class: 'es-phrase-text' }, text)
  return h('div', { class: 'es-phrase', 'data-phrase': index, 'data-tone': display.tone }, words, h('span', { class: 'es-lamps' }, lamps))
}
