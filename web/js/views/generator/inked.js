/**
 * Draws the prompt as typed: every phrase in the ink of its influence, over a line that is as thick, and struck through where it is
 * ignored.
 */

import { h } from '../../shared/dom.js'
import { attachTips } from '../../shared/row_tips.js'

/** @param {import('./types.js').GeneratorReport} report @returns {HTMLElement} */
export function inkedView({ phrases, display: { pieces, complete, spoken, titles } }) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const content = pieces.map(({ text, phrase }) => {
    if (phrase === null) return h('span', { class: 'es-between' }, text)
    const { state, ink, tip } = phrases[phrase].display
    const piece = h('span', { class: 'es-ink', 'data-state': state, 'data-ink': ink, 'data-phrase': phrase }, text)
    tips.set(piece, tip)
    return piece
  })
  const prompt = h('div', { class: 'es-prompt es-inked', dir: 'auto', role: 'group', 'aria-label': spoken }, content)
  attachTips(prompt, tips)
  return complete ? prompt : h('div', {}, prompt, h('p', { class: 'es-more' }, titles?.more_prompt ?? '… and more of the prompt, see the JSON'))
}
