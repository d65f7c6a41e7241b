/**
 * Tooltips of the words, by pointer and by keyboard. A prompt is one tab stop; the arrow keys, Home and End walk its words.
 */

import { h } from '../../shared/dom.js'
import { hideTip, showTip } from '../../shared/tooltip.js'
import { laneView, stateTitle } from './lanes.js'

/** @typedef {import('./types.js').DisplayedReport} Report */

/**
 * @param {HTMLElement} prompt
 * @param {Report} report
 * @param {Map<number, string>} changes
 */
export function attachWordTips(prompt, report, changes) {
  const show = (/** @type {EventTarget | null} */ target) => {
    const word = wordAt(target)
    if (word) showTip(word, tipContent(report, Number(word.dataset.word), changes))
  }
  prompt.addEventListener('pointerover', (event) => show(event.target))
  prompt.addEventListener('pointerout', (event) => {
    if (!wordAt(event.relatedTarget)) hideTip()
  })
  prompt.addEventListener('focusin', (event) => show(event.target))
  prompt.addEventListener('focusout', hideTip)
  prompt.addEventListener('keydown', (event) => walk(prompt, event))
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
const wordAt = (target) => (target instanceof Element ? target.closest('.es-word') : null)

/**
 * @param {Report} report
 * @param {number} index
 * @param {Map<number, string>} changes
 * @returns {HTMLElement[]}
 */
function tipContent(report, index, changes) {
  const word = report.words[index]
  const head = h('div', { class: 'es-tip-head' }, h('strong', {}, word.text), word.lost && h('span', { class: 'es-tip-lost' }, 'lost'))
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

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }

/** @param {HTMLElement} prompt @param {KeyboardEvent} event */
function walk(prompt, event) {
  if (event.key === 'Escape') return hideTip()
  const step = STEPS[/** @type {keyof STEPS} */ (event.key)]
  const current = wordAt(event.target)
  if (step === undefined || !current || event.ctrlKey || event.metaKey || event.altKey) return
  // Arrow keys would otherwise move the selected node on the canvas.
  event.preventDefault()
  event.stopPropagation()
  const words = /** @type {HTMLElement[]} */ ([...prompt.querySelectorAll('.es-word')])
  const sign = prompt.matches(':dir(rtl)') && event.key.startsWith('Arrow') && /Left|Right/.test(event.key) ? -1 : 1
  const next = words[Math.min(words.length - 1, Math.max(0, words.indexOf(current) + sign * step))]
  current.setAttribute('tabindex', '-1')
  next.setAttribute('tabindex', '0')
  next.focus({ preventScroll: false })
}
