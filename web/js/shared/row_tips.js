/**
 * Tooltips of a row of chips, by pointer and by keyboard. A row is one tab stop; the arrow keys, Home and End walk its chips.
 */

import { h } from './dom.js'
import { hideTip, showTip } from './tooltip.js'

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }

/**
 * @param {HTMLElement} row
 * @param {Map<HTMLElement, string[]>} tips a head and lines below it, by chip
 */
export function attachTips(row, tips) {
  const chips = [...tips.keys()]
  chips.forEach((chip, k) => chip.setAttribute('tabindex', k ? '-1' : '0'))
  const at = (/** @type {EventTarget | null} */ target) => chips.find((chip) => target instanceof Node && chip.contains(target))
  const show = (/** @type {Event} */ event) => {
    const chip = at(event.target)
    if (chip) showTip(chip, content(tips.get(chip) ?? []))
  }
  row.addEventListener('pointerover', show)
  row.addEventListener('pointerout', (event) => {
    if (!at(event.relatedTarget)) hideTip()
  })
  row.addEventListener('focusin', show)
  row.addEventListener('focusout', hideTip)
  row.addEventListener('keydown', (event) => walk(chips, at(event.target), event))
}

/** @param {string[]} lines */
function content([head, ...lines]) {
  return [h('div', { class: 'es-tip-head' }, h('strong', {}, head)), ...lines.filter(Boolean).map((line) => h('p', {}, line))]
}

/** @param {HTMLElement[]} chips @param {HTMLElement | undefined} current @param {KeyboardEvent} event */
function walk(chips, current, event) {
  if (event.key === 'Escape') return hideTip()
  const step = STEPS[/** @type {keyof STEPS} */ (event.key)]
  if (step === undefined || !current || event.ctrlKey || event.metaKey || event.altKey) return
  // Arrow keys would otherwise move the selected node on the canvas.
  event.preventDefault()
  event.stopPropagation()
  const next = chips[Math.min(chips.length - 1, Math.max(0, chips.indexOf(current) + step))]
  current.setAttribute('tabindex', '-1')
  next.setAttribute('tabindex', '0')
  next.focus()
}
