/**
 * Tooltips of the words, by pointer and by keyboard. A prompt is one tab stop; the arrow keys, Home and End walk its words.
 */

import { h } from '../../shared/dom.js'
import { attachRowTips } from '../../shared/row_tips.js'
import { translate } from '../../shared/translation.js'
import { laneView, stateTitle } from './lanes.js'

/** @typedef {import('./types.js').DisplayedReport} Report */

/**
 * @param {HTMLElement} prompt
 * @param {Report} report
 * @param {Map<number, string>} changes
 */
export function attachWordTips(prompt, report, changes) {
  const lost = translate('lost') // a tip is drawn later
  attachRowTips({
    element: prompt,
    items: () => /** @type {HTMLElement[]} */ ([...prompt.querySelectorAll('.es-word')]),
    itemAt: wordAt,
    content: (word) => tipContent(report, Number(word.dataset.word), changes, lost)
  })
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
const wordAt = (target) => (target instanceof Element ? target.closest('.es-word') : null)

/**
 * @param {Report} report
 * @param {number} index
 * @param {Map<number, string>} changes
 * @param {string} lost
 * @returns {HTMLElement[]}
 */
function tipContent(report, index, changes, lost) {
  const word = report.words[index]
  const head = h('div', { class: 'es-tip-head' }, h('strong', {}, word.text), word.lost && h('span', { class: 'es-tip-lost' }, lost))
  const lanes = word.kind === 'syntax' ? [] : word.lanes.map((state, k) => laneRow(report, state, k))
  const lines = word.tip.map((line) => h('p', {}, line))
  const change = changes.get(index)
  return [head, h('div', { class: 'es-tip-lanes' }, lanes), ...(change ? [h('p', { class: 'es-tip-change' }, change)] : []), ...lines]
}

/** @param {Report} report @param {string} state @param {number} index */
function laneRow(report, state, index) {
  return h(
    'div',
    { class: 'es-tip-lane' },
    laneView(state, report.display.hues[index]),
    h('span', {}, report.readouts[index]?.title ?? ''),
    h('span', { class: 'es-tip-state' }, stateTitle(report, state))
  )
}
