/**
 * What the cards of a file and of a loaded CLIP have in common: an encoder's shape in words, and the bar of what its weights are stored in.
 */

import { h } from '../../shared/dom.js'
import { count, size, tensors } from '../../shared/numbers.js'

/** @typedef {import('./types.js').Stored} Stored */

const HUES = 4

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
