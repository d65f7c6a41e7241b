/**
 * Draws the comparison of two prompt orders: verdict, suggested text, both reports side by side (one above the other when narrow).
 */

import { h } from '../../shared/dom.js'
import { verdictView } from '../../shared/parts.js'
import { promptView } from '../tokens/prompt.js'
import { chipsView, footerView, isDisplayed, legendView } from '../tokens/view.js'

/** @typedef {import('../tokens/types.js').Order} Order */
/** @typedef {import('../tokens/types.js').DisplayedReport} Report */
/** @typedef {import('../tokens/types.js').Change} Change */

const COPIED_MS = 1600
/** The headings of reports of earlier versions, which lack them and are English. @type {import('../tokens/types.js').OrderHeadings} */
const ENGLISH = { suggested: 'Suggested text', copy: 'Copy', copied: 'Copied', select: 'Select and copy', changes: 'Words that change' }

/** @param {Order} order @returns {(HTMLElement | null)[]} */
export function orderView(order) {
  const { a, b, display } = order
  if (!display || !isDisplayed(a) || !isDisplayed(b)) return plainView(order)
  const headings = display.headings ?? ENGLISH
  return [
    verdictView(order.verdict, display.tone),
    suggestionView(order.suggested, display.suggested_is_b, headings),
    h('div', { class: 'es-pair' }, side('A', display.titles.a, a, changedWords(order, 'a')), side('B', display.titles.b, b, changedWords(order, 'b'))),
    legendView(a.readouts, a.display.hues, display.legend),
    changesView(order.changes, headings),
    footerView(b)
  ]
}

/** A report that a workflow of old carries holds nothing to draw from: it is shown in words alone. @param {Order} order */
function plainView(order) {
  return [verdictView(order.verdict, 'open'), suggestionView(order.suggested, false, ENGLISH), changesView(order.changes, ENGLISH), footerView(order.b)]
}

/**
 * @param {string} letter
 * @param {string} title
 * @param {Report} report
 * @param {Map<number, string>} changes
 */
function side(letter, title, report, changes) {
  return h(
    'section',
    { class: 'es-side', 'data-side': letter.toLowerCase(), 'aria-label': `${letter}, ${title}` },
    h('h4', {}, h('span', { class: 'es-letter' }, letter), title),
    chipsView(report),
    h('p', { class: 'es-side-verdict' }, report.verdict),
    promptView(report, changes)
  )
}

/** What changed, by the index of the word. @param {Order} order @param {'a' | 'b'} which @returns {Map<number, string>} */
function changedWords(order, which) {
  return new Map(order.changes.map((change) => [change[which], change.change]))
}

/**
 * @param {string} text
 * @param {boolean} shown B shows it already: then two lines tell which it is
 * @param {import('../tokens/types.js').OrderHeadings} headings
 * @returns {HTMLElement | null}
 */
function suggestionView(text, shown, { suggested, copy: label, copied, select }) {
  if (!text) return null
  const button = h('button', { class: 'es-copy', type: 'button' }, label)
  const body = h('p', { class: `es-suggested${shown ? ' es-clamped' : ''}`, dir: 'auto' }, text)
  button.addEventListener('click', async () => {
    button.textContent = (await copy(text)) ? copied : select
    setTimeout(() => (button.textContent = label), COPIED_MS)
  })
  return h('div', { class: 'es-suggestion' }, h('div', { class: 'es-suggestion-head' }, h('span', {}, suggested), button), body)
}

/** The clipboard is only offered on secure pages; a server on the local network is often not one. @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = /** @type {HTMLTextAreaElement} */ (h('textarea', { class: 'es-offscreen', 'aria-hidden': 'true' }))
    area.value = text
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}

/** @param {Change[]} changes @param {{changes: string}} headings @returns {HTMLElement | null} */
function changesView(changes, headings) {
  if (!changes.length) return null
  const lines = changes.map(({ word, change }) => h('li', {}, h('strong', {}, word), ` ${change}`))
  return h('details', { class: 'es-notes', 'data-key': 'changes' }, h('summary', {}, headings.changes, h('span', { class: 'es-count' }, String(changes.length))), h('ul', {}, lines))
}
