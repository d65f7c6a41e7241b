/**
 * The lane: a thin bar whose hue says which readout and whose pattern says what became of the word there.
 */

import { h } from '../../shared/dom.js'

/** @typedef {import('./types.js').Report} Report */

const HUES = 4

/** The hue of a readout: its place from top to bottom. @param {number} index */
export const hue = (index) => String(index % HUES)

/** @param {string} state @param {string} colour a hue, or 'none' for a sample of the pattern alone */
export function laneView(state, colour) {
  return h('span', { class: 'es-lane', 'data-state': state, 'data-hue': colour, 'aria-hidden': 'true' })
}

/** The legend's words for a lane state. @param {Report} report @param {string} state */
export function stateTitle(report, state) {
  return report.legend.find((item) => item.type === 'lane' && item.state === state)?.title ?? state
}
