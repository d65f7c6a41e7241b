/**
 * Draws what one picture shows: the verdict, and for each contrast how clearly it fits the prompt or the swap, in units of noise.
 */

import { h } from '../../shared/dom.js'

/** @typedef {import('./types.js').Shows} Shows */
/** @typedef {import('./types.js').Seen} Seen */
/** @typedef {import('./types.js').Judged} Judged */

/** @type {Record<string, string>} */
const SIGNS = { 'shows the prompt': '✓', 'shows the swap': '⇄', 'cannot tell': '?' }
/** How far a gauge reaches at least and at most, in units of noise. */
const LEAST = 3
const MOST = 8

/** The verdict in words, in a frame of its own shape. @param {Shows} shows */
export function shownView(shows) {
  return h('span', { class: 'es-chip es-shown', 'data-shows': shows }, signView(shows), shows)
}

/** @param {Shows} shows */
function signView(shows) {
  return h('b', { class: 'es-shown-sign', 'data-shows': shows, 'aria-hidden': 'true' }, SIGNS[shows] ?? '·')
}

/** All gauges of one report reach equally far, so that pictures can be compared. @param {import('./types.js').ImageReport} report */
export function reach({ images, contrasts }) {
  const clear = images.flatMap((one) => one.contrasts.map((seen) => Math.abs(seen.clear)))
  const most = Math.max(0, ...clear, ...contrasts.map(({ calibration }) => calibration.threshold ?? 0))
  return Math.min(MOST, Math.max(LEAST, Math.ceil(most + 0.2)))
}

/** @param {Judged[]} contrasts @param {Seen[]} all @param {number} far */
export function marginsView(contrasts, all, far) {
  const rows = all.map((seen, k) => rowView(contrasts[k], seen, far))
  return { rows, box: h('div', { class: 'es-margins', role: 'list' }, rows, rows.length ? axisView(far) : null) }
}

/** @param {Judged} contrast @param {Seen} seen @param {number} far */
function rowView(contrast, { shows, why, clear }, far) {
  const said = why ? `${shows}: ${why}` : shows
  return h(
    'div',
    { class: 'es-margin', role: 'listitem', 'data-shows': shows, 'data-clear': clear, 'aria-label': `${contrast.label}: ${said}, ${clearText(clear)}` },
    h('span', { class: 'es-margin-name' }, signView(shows), contrast.label),
    h('span', { class: 'es-gauge-value' }, clearText(clear)),
    h('span', { class: 'es-gauge-line es-margin-line' }, partsView(contrast, clear, far)),
    why && h('span', { class: 'es-margin-why' }, said)
  )
}

/** @param {Judged} contrast @param {number} clear @param {number} far */
function partsView({ can_tell: believed, calibration: { threshold } }, clear, far) {
  const end = place(clear, far)
  const ticks = believed && threshold !== null && threshold <= far ? [-threshold, threshold] : []
  return [
    h('i', { class: 'es-noise', style: `left:${place(-1, far)}%;width:${place(1, far) - place(-1, far)}%` }),
    h('i', { class: 'es-margin-fill', style: `left:${Math.min(50, end)}%;width:${Math.abs(end - 50)}%`, 'data-beyond': Math.abs(clear) > far ? (clear > 0 ? 'prompt' : 'swap') : null }),
    ...ticks.map((tick) => h('i', { class: 'es-threshold', style: `left:${place(tick, far)}%` })),
    h('i', { class: 'es-middle' })
  ]
}

/** Where a margin stands on the gauge, in percent of its length. @param {number} clear @param {number} far */
const place = (clear, far) => Number((50 + (50 * Math.min(far, Math.max(-far, clear))) / far).toFixed(3))

/** @param {number} far */
function axisView(far) {
  const step = far > 4 ? 2 : 1
  const ticks = []
  for (let tick = -Math.floor(far / step) * step; tick <= far; tick += step) ticks.push(h('span', { style: `left:${place(tick, far)}%` }, String(Math.abs(tick))))
  const ends = h('span', { class: 'es-margin-ends' }, h('span', {}, 'the swap'), h('span', { class: 'es-quiet' }, '× the noise'), h('span', {}, 'the prompt'))
  return h('div', { class: 'es-margin-axis', 'aria-hidden': 'true' }, h('span', { class: 'es-margin-ticks' }, ticks), ends)
}

/** '+3.2 × the noise'. @param {number} clear */
export const clearText = (clear) => `${clear > 0 ? '+' : clear < 0 ? '−' : ''}${short(Math.abs(clear))} × the noise`

/** Two digits. @param {number} value */
const short = (value) => String(Number(value.toPrecision(2)))

/** @param {Judged} contrast @param {Seen} seen @returns {string[]} */
export function marginTip({ label, frames, can_tell: believed, calibration: { threshold } }, { shows, why, margin, noise, clear }) {
  return [
    label,
    why ? `${shows}: ${why}` : shows,
    `Margin ${margin} in cosines, noise ${noise}: ${clear} × the noise`,
    believed ? `This scorer is believed from ${threshold} × the noise on.` : 'This scorer is not believed here, however clear the margin.',
    `The margin is what sentences with the prompt’s meaning score above those with the swap’s, over ${frames} ways to say them. The noise is what sentences of one meaning differ in.`
  ]
}
