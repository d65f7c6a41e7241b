/**
 * Draws what one picture shows: the verdict, and for each contrast how clearly it fits the prompt or the swap, in units of noise.
 */

import { h } from '../../shared/dom.js'

/** @typedef {import('./types.js').ImageReport} ImageReport */
/** @typedef {import('./types.js').Judged} Judged */
/** @typedef {import('./types.js').Seen} Seen */
/** @typedef {import('./types.js').ImageDisplay} ImageDisplay */
/** @typedef {import('./types.js').MarginDisplay} MarginDisplay */

/** The verdict in words, in a frame of its own shape. @param {import('./types.js').Shows} shows @param {string} sign @param {string} [words] */
export function shownView(shows, sign, words = shows) {
  return h('span', { class: 'es-chip es-shown', 'data-shows': shows }, signView(shows, sign), words)
}

/** @param {import('./types.js').Shows} shows @param {string} sign */
function signView(shows, sign) {
  return h('b', { class: 'es-shown-sign', 'data-shows': shows, 'aria-hidden': 'true' }, sign)
}

/** All gauges of one report reach equally far, so that pictures can be compared. @param {ImageReport} report @param {import('./types.js').Shot} shot */
export function marginsView({ contrasts, display }, shot) {
  const rows = shot.contrasts.map((seen, k) => rowView(display, contrasts[k], seen, shot.display.contrasts[k]))
  return { rows, box: h('div', { class: 'es-margins', role: 'list' }, rows, rows.length ? axisView(display) : null) }
}

/** @param {ImageDisplay} display @param {Judged} contrast @param {Seen} seen @param {MarginDisplay} margin */
function rowView(display, contrast, { shows, why, clear }, margin) {
  return h(
    'div',
    { class: 'es-margin', role: 'listitem', 'data-shows': shows, 'data-clear': clear, 'aria-label': `${contrast.label}: ${margin.text}, ${margin.clear_text}` },
    h('span', { class: 'es-margin-name' }, signView(shows, margin.sign), contrast.label),
    h('span', { class: 'es-gauge-value' }, margin.clear_text),
    h('span', { class: 'es-gauge-line es-margin-line' }, partsView(display, contrast, margin)),
    why && h('span', { class: 'es-margin-why' }, margin.text)
  )
}

/** @param {ImageDisplay} display @param {Judged} contrast @param {MarginDisplay} margin */
function partsView({ noise }, { display: { thresholds } }, { left, width, beyond }) {
  return [
    h('i', { class: 'es-noise', style: `left:${noise.left}%;width:${noise.width}%` }),
    h('i', { class: 'es-margin-fill', style: `left:${left}%;width:${width}%`, 'data-beyond': beyond }),
    ...thresholds.map((place) => h('i', { class: 'es-threshold', style: `left:${place}%` })),
    h('i', { class: 'es-middle' })
  ]
}

/** @param {ImageDisplay} display */
function axisView({ ticks, ends: [swap, unit, prompt] }) {
  const marks = ticks.map(({ place, text }) => h('span', { style: `left:${place}%` }, text))
  const ends = h('span', { class: 'es-margin-ends' }, h('span', {}, swap), h('span', { class: 'es-quiet' }, unit), h('span', {}, prompt))
  return h('div', { class: 'es-margin-axis', 'aria-hidden': 'true' }, h('span', { class: 'es-margin-ticks' }, marks), ends)
}
