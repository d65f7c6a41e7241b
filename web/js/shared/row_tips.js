/**
 * Tooltips of items in a row, by pointer and by keyboard. A row is one tab stop; the arrow keys, Home and End walk its items.
 */

import { h } from './dom.js'
import { hideTip, showTip } from './tooltip.js'

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }

/**
 * @typedef {object} Row
 * @property {HTMLElement} element
 * @property {() => HTMLElement[]} items in the order in which the keys walk them
 * @property {(target: EventTarget | null) => HTMLElement | null | undefined} itemAt the item that this element lies in
 * @property {(item: HTMLElement) => Node[]} content of the item's tooltip
 */

/**
 * @param {HTMLElement} element
 * @param {Map<HTMLElement, string[]>} tips a head and lines below it, by item
 */
export function attachTips(element, tips) {
  const items = [...tips.keys()]
  items.forEach((item, k) => item.setAttribute('tabindex', k ? '-1' : '0'))
  attachRowTips({
    element,
    items: () => items,
    itemAt: (target) => items.find((item) => target instanceof Node && item.contains(target)),
    content: (item) => lines(tips.get(item) ?? [])
  })
}

/** @param {Row} row */
export function attachRowTips(row) {
  const { element, itemAt, content } = row
  const show = (/** @type {Event} */ event) => {
    const item = itemAt(event.target)
    if (item) showTip(item, content(item))
  }
  element.addEventListener('pointerover', show)
  element.addEventListener('pointerout', (event) => {
    if (!itemAt(event.relatedTarget)) hideTip()
  })
  element.addEventListener('focusin', show)
  element.addEventListener('focusout', hideTip)
  element.addEventListener('keydown', (event) => walk(row, event))
}

/** @param {string[]} tip */
function lines([head, ...rest]) {
  return [h('div', { class: 'es-tip-head' }, h('strong', {}, head)), ...rest.filter(Boolean).map((line) => h('p', {}, line))]
}

/** @param {Row} row @param {KeyboardEvent} event */
function walk({ element, items, itemAt }, event) {
  if (event.key === 'Escape') return hideTip()
  const step = STEPS[/** @type {keyof STEPS} */ (event.key)]
  const current = itemAt(event.target)
  if (step === undefined || !current || event.ctrlKey || event.metaKey || event.altKey) return
  // Arrow keys would otherwise move the selected node on the canvas.
  event.preventDefault()
  event.stopPropagation()
  const all = items()
  const mirrored = /Left|Right/.test(event.key) && element.matches(':dir(rtl)')
  const next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(current) + (mirrored ? -step : step)))]
  current.setAttribute('tabindex', '-1')
  next.setAttribute('tabindex', '0')
  next.focus()
}
