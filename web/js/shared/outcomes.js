/**
 * What the cards of the probe and of the encoder report have in common: the four verdicts, shares as text, and their scale.
 */

import { h } from './dom.js'
import { count } from './numbers.js'

/** @typedef {import('../views/binding/types.js').Outcome} Outcome */
/** @typedef {import('../views/binding/types.js').Range} Range */

/** @type {Record<string, string>} */
const SIGNS = { BOUND: '✓', 'ORDER ONLY': '⇄', COLLAPSED: '=', UNDECIDED: '?' }
const LEAST = 1e-4

/** @type {[keyof import('../views/encoder_card/types.js').Tally, Outcome][]} a score's counts, in the order in which they are drawn */
export const PARTS = [['bound', 'BOUND'], ['undecided', 'UNDECIDED'], ['order_only', 'ORDER ONLY'], ['collapsed', 'COLLAPSED']]

/** The verdict in words, in a frame drawn as its arcs are. @param {Outcome} verdict */
export function outcomeView(verdict) {
  return h('span', { class: 'es-chip es-outcome', 'data-verdict': verdict }, markView(verdict), verdict)
}

/** @param {Outcome} verdict */
export function markView(verdict) {
  return h('b', { class: 'es-outcome-mark', 'data-verdict': verdict, 'aria-hidden': 'true' }, SIGNS[verdict] ?? '?')
}

/** '18.6 %'; what is too small to be told is said to be so. @param {number} value */
export function shareText(value) {
  if (value > 0 && value < LEAST) return '< 0.01 %'
  return `${Number((100 * value).toPrecision(value < 0.01 ? 2 : 3))} %`
}

/** '12.5 to 25.1 %'. @param {Range} range */
export const rangeText = ([low, high]) => `${shareText(low).replace(' %', '')} to ${shareText(high)}`

/** What encoders that bind nothing score. @param {Range} range */
export function blindText([level, moved]) {
  if (level === moved) return `Encoders that bind nothing stay below ${shareText(level)}`
  return `Encoders that bind nothing stay below ${shareText(level)}, or below ${shareText(moved)} where words of unequal length move the others`
}

/** Where a share stands on the square-root scale, in percent of its length. @param {number} share */
export const gaugePosition = (share) => Number((100 * Math.sqrt(Math.min(1, Math.max(0, share)))).toFixed(3))

/** The band that blind encoders reach, up to the lower and up to the upper limit. @param {Range} range */
export function blindView([level, moved]) {
  const wider = moved > level && h('i', { class: 'es-blind', 'data-blind': 'moved', style: `width:${gaugePosition(moved)}%` })
  return [wider, h('i', { class: 'es-blind', 'data-blind': 'level', style: `width:${gaugePosition(level)}%` })]
}

/** @param {Range} interval */
export const whiskerView = ([low, high]) => h('i', { class: 'es-whisker', style: `left:${gaugePosition(low)}%;width:${(gaugePosition(high) - gaugePosition(low)).toFixed(3)}%` })

/** '384 wide, 6 layers'. @param {import('../views/binding/types.js').ProbeStream} stream */
export function streamText({ kind, width, layers, causal }) {
  return [kind, `${count(width)} wide`, `${layers} ${layers === 1 ? 'layer' : 'layers'}`, causal && 'each word knows only those before it'].filter(Boolean).join(', ')
}
