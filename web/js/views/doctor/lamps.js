/**
 * Draws the phrases of a prompt, each over its four lamps: tokenizer, text encoder, image model, picture.
 */

import { h } from '../../shared/dom.js'
import { foldView } from '../../shared/parts.js'
import { attachTips } from '../../shared/row_tips.js'

/** @param {string} name @param {string} sign @returns {HTMLElement} */
export const lampView = (name, sign) => h('i', { class: 'es-lamp', 'data-lamp': name, 'aria-hidden': 'true' }, sign)

/** @param {import('./types.js').DoctorReport} report @returns {HTMLElement} */
export function phrasesView({ phrases, display }) {
  const { seen, folded, more, spoken } = display
  const rest = folded.length ? foldView('phrases', more, rowsView(phrases, folded, more)) : null
  return h('section', { class: 'es-doctor' }, rowsView(phrases, seen, spoken), rest)
}

/** @param {import('./types.js').Phrase[]} phrases @param {number[]} indices @param {string} label */
function rowsView(phrases, indices, label) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const cells = indices.map((index) => cellView(phrases[index], index, tips))
  const row = h('div', { class: 'es-phrases', dir: 'auto', role: 'group', 'aria-label': label }, cells)
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
