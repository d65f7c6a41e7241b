/**
 * The lane: a thin bar whose hue says which readout and whose pattern says what became of the word there.
 */

import { h } from '../../shared/dom.js'

/** @typedef {import('./types.js').Report} Report */

/** @param {string} state @param {string | number} hue of a readout, or 'none' for a sample of the pattern alone */
export function laneView(state, hue) {
  return h('span', { class: 'es-lane', 'data-state': state, 'data-hue': hue, 'aria-hidden': 'true' })
}

/** The legend's words for a lane state. @param {Report} report @param {string} state */
export function stateTitle(report, state) {
  return report.legend.find((item) => item.type === 'lane' && item.state === state)?.title ?? state
}
