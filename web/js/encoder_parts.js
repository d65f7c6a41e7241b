/**
 * What the cards of a file and of a loaded CLIP have in common: facts, the bar of what the weights are stored in, and folds.
 */

import { h } from './dom.js'

/** @typedef {import('./encoder_types.js').Stored} Stored */

const HUES = 4

/** 1,234,567 bytes as '1.2 MB', as the text report says it. @param {number} bytes */
export function size(bytes) {
  for (const [unit, factor] of /** @type {[string, number][]} */ ([['GB', 1e9], ['MB', 1e6], ['kB', 1e3]])) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(1)} ${unit}`
  }
  return `${bytes} bytes`
}

/** @param {number} value */
export const count = (value) => value.toLocaleString('en')

/** @param {number} value */
export const tensors = (value) => `${count(value)} ${value === 1 ? 'tensor' : 'tensors'}`

/**
 * @param {string} name which field of the report this is
 * @param {string | null} text nothing is drawn without one
 * @param {{title?: string | null, tone?: string}} [more]
 * @returns {HTMLElement | null}
 */
export function fact(name, text, { title, tone } = {}) {
  return text ? h('span', { class: 'es-chip es-fact', 'data-fact': name, 'data-tone': tone, title }, text) : null
}

/** '4,096 wide × 24 layers × 64 heads'. @param {{width: number | null, layers: number | null, heads: number | null}} of */
export function shape({ width, layers, heads }) {
  return [width && `${count(width)} wide`, layers && `${layers} layers`, heads && `${heads} heads`].filter(Boolean).join(' × ') || null
}

/**
 * A bar with a piece for each type of number, as long as its share of the bytes. Pieces and their names stand in the same order, and
 * every second piece is striped, so colour alone tells nothing.
 *
 * @param {Stored[]} stored most bytes first
 * @returns {HTMLElement | null}
 */
export function dtypesView(stored) {
  const all = stored.reduce((sum, one) => sum + one.bytes, 0)
  if (!all) return null
  const pieces = stored.map((one, k) => h('i', { class: 'es-piece', 'data-hue': k % HUES, style: `flex-grow:${one.bytes / all}` }))
  const names = stored.map((one, k) => h('span', { class: 'es-stored', 'data-dtype': one.dtype }, h('i', { class: 'es-piece', 'data-hue': k % HUES }), h('b', {}, one.dtype), ` ${told(one)}`))
  return h('div', { class: 'es-dtypes' }, h('div', { class: 'es-bar', 'aria-hidden': 'true' }, pieces), h('div', { class: 'es-stored-row' }, names))
}

/** @param {Stored} one */
function told(one) {
  return size(one.bytes) + (one.tensors ? ` in ${tensors(one.tensors)}` : '')
}

/**
 * @param {string} key keeps the fold open when the card is drawn again
 * @param {string} title
 * @param {(string | HTMLElement)[]} lines
 * @param {string} [tone]
 * @returns {HTMLElement | null}
 */
export function fold(key, title, lines, tone) {
  if (!lines.length) return null
  const items = lines.map((line) => h('li', {}, line))
  return h('details', { class: 'es-notes', 'data-key': key, 'data-tone': tone }, h('summary', {}, title, h('span', { class: 'es-count' }, String(lines.length))), h('ul', {}, items))
}
