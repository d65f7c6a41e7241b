/**
 * The parts that every card is put together from: a verdict, facts as chips, lists, and folds.
 */

import { h } from './dom.js'
import { translate } from './translation.js'

const SIGNS = { lost: '!', kept: '✓', open: 'i' }

/** @param {string} text @param {'lost' | 'kept' | 'open'} kind @returns {HTMLElement} */
export function verdictView(text, kind) {
  return h('div', { class: 'es-verdict', 'data-tone': kind, role: 'status' }, h('span', { class: 'es-sign', 'aria-hidden': 'true' }, SIGNS[kind]), h('p', {}, text))
}

/**
 * @param {string} name which field of the report this is
 * @param {string | 0 | null} text nothing is drawn without one
 * @param {{title?: string | null, tone?: string}} [more]
 * @returns {HTMLElement | null}
 */
export function fact(name, text, { title, tone } = {}) {
  return text ? h('span', { class: 'es-chip es-fact', 'data-fact': name, 'data-tone': tone, title }, text) : null
}

const MOST_QUOTED = 600

/** The prompt that a card is about: it may have come through a link, and stands in no box then. @param {string | undefined} text */
export function quoteView(text) {
  if (!text?.trim()) return null
  const shown = text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text
  return h('blockquote', { class: 'es-quote', dir: 'auto', 'aria-label': translate('The prompt') }, shown)
}

/** A list below its heading; nothing without lines. @param {string} name @param {string} title @param {string[]} lines */
export function listView(name, title, lines) {
  return lines.length ? h('section', { class: 'es-strand', 'data-list': name }, h('h4', {}, title), h('ul', { class: 'es-said' }, lines.map((line) => h('li', {}, line)))) : null
}

/** A list that opens, with the number of its lines.
 *
 * @param {string} key keeps the fold open when the card is drawn again
 * @param {string} title
 * @param {(string | HTMLElement)[]} lines
 * @param {string} [tone]
 * @returns {HTMLElement | null}
 */
export function foldList(key, title, lines, tone) {
  if (!lines.length) return null
  const items = lines.map((line) => h('li', {}, line))
  return h('details', { class: 'es-notes', 'data-key': key, 'data-tone': tone }, h('summary', {}, title, h('span', { class: 'es-count' }, String(lines.length))), h('ul', {}, items))
}

/** Any content, behind a line that opens it. @param {string} key @param {string} title @param {...(Node | null)} content */
export function foldView(key, title, ...content) {
  return h('details', { class: 'es-notes', 'data-key': key }, h('summary', {}, title), h('div', { class: 'es-folded' }, ...content))
}

/**
 * The words alone of a report that an earlier version made: it does not say what to draw.
 *
 * @param {{sentence: string, contrasts?: {label: string, sentence: string}[], notes?: string[]}} report
 * @returns {(HTMLElement | null)[]}
 */
export function wordsView({ sentence, contrasts = [], notes = [] }) {
  const lines = contrasts.map((contrast) => `${contrast.label}: ${contrast.sentence}`)
  return [verdictView(sentence, 'open'), listView('contrasts', 'Contrasts', lines), listView('notes', 'Notes', notes)]
}
