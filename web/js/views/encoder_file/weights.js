/**
 * What the cards of a file and of a loaded CLIP have in common: facts as chips, and the bar of what weights are stored in.
 */

import { h } from '../../shared/dom.js'
import { fact } from '../../shared/parts.js'

/** @typedef {import('./types.js').Stored} Stored */

const HUES = 4

/** @param {import('./types.js').Fact[]} facts */
export function factsView(facts) {
  return facts.map(({ name, text, title, tone }) => fact(name, text, { title: title || null, tone }))
}

/**
 * A bar with a piece for each type of number, as long as its share of the bytes. Pieces and their names stand in the same order, and
 * every second piece is striped, so colour alone tells nothing.
 *
 * @param {Stored[]} stored most bytes first
 * @returns {HTMLElement | null}
 */
export function dtypesView(stored) {
  if (!stored.length) return null
  const pieces = stored.map(({ share }, k) => h('i', { class: 'es-piece', 'data-hue': k % HUES, style: `flex-grow:${share}` }))
  const names = stored.map(({ dtype, text }, k) => h('span', { class: 'es-stored', 'data-dtype': dtype }, h('i', { class: 'es-piece', 'data-hue': k % HUES }), h('b', {}, dtype), ` ${text}`))
  return h('div', { class: 'es-dtypes' }, h('div', { class: 'es-bar', 'aria-hidden': 'true' }, pieces), h('div', { class: 'es-stored-row' }, names))
}
