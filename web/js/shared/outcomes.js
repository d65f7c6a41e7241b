/**
 * What the cards of the probe and of the encoder report have in common: the four verdicts, and a share on its scale. Places are the
 * report's own, in percent of a bar's length.
 */

import { h } from './dom.js'

/** @typedef {import('../views/binding/types.js').Outcome} Outcome */
/** @typedef {import('../views/binding/types.js').Gauge} Gauge */

/** @type {Record<string, string>} */
const SIGNS = { BOUND: '✓', 'ORDER ONLY': '⇄', COLLAPSED: '=', UNDECIDED: '?' }

/** The verdict in words, in a frame drawn as its arcs are. @param {Outcome} verdict @param {string} [words] */
export function outcomeView(verdict, words = verdict) {
  return h('span', { class: 'es-chip es-outcome', 'data-verdict': verdict }, markView(verdict), words)
}

/** @param {Outcome} verdict */
export function markView(verdict) {
  return h('b', { class: 'es-outcome-mark', 'data-verdict': verdict, 'aria-hidden': 'true' }, SIGNS[verdict] ?? '?')
}

/** The band that blind encoders reach, up to the lower and up to the upper limit. @param {Gauge} gauge */
export function blindView({ null: [level, moved] }) {
  const wider = moved > level && h('i', { class: 'es-blind', 'data-blind': 'moved', style: `width:${moved}%` })
  return [wider, h('i', { class: 'es-blind', 'data-blind': 'level', style: `width:${level}%` })]
}

/** @param {{interval: {left: number, width: number}}} gauge */
export const whiskerView = ({ interval: { left, width } }) => h('i', { class: 'es-whisker', style: `left:${left}%;width:${width}%` })
