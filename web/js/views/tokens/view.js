/**
 * Draws one token report: chips, verdict, prompt, legend, and what to do. Nothing is computed here: the report says it all.
 */

import { h } from '../../shared/dom.js'
import { verdictView } from '../../shared/parts.js'
import { hue, laneView } from './lanes.js'
import { promptView } from './prompt.js'

/** @typedef {import('./types.js').Report} Report */
/** @typedef {import('./types.js').Stream} Stream */
/** @typedef {import('./types.js').LegendItem} LegendItem */

/** @param {Report} report @returns {(HTMLElement | null)[]} */
export function tokensView(report) {
  return [chipsView(report), verdictView(report.verdict, tone(report)), promptView(report), legendView([report]), footerView(report)]
}

/** @param {Report} report @returns {'lost' | 'kept' | 'open'} */
export function tone(report) {
  if (report.lost) return 'lost'
  return report.layout === 'known' ? 'kept' : 'open'
}

/** @param {Report} report @returns {HTMLElement} */
export function chipsView(report) {
  const family = h('span', { class: 'es-chip es-chip-family' }, report.family_title || report.family)
  return h('div', { class: 'es-chips' }, family, report.streams.map((stream) => streamChip(report, stream)))
}

/** @param {Report} report @param {Stream} stream */
function streamChip(report, stream) {
  const absent = stream.status === 'absent'
  const dots = report.readouts.flatMap((readout, k) => (readout.streams.includes(stream.name) ? [h('i', { class: 'es-dot', 'data-hue': hue(k) })] : []))
  const title = [stream.use, stream.trained_length && `trained length: ${stream.trained_length.source}`].filter(Boolean).join('\n')
  return h(
    'span',
    { class: `es-chip${absent ? ' es-chip-absent' : ''}`, title, 'data-stream': stream.name },
    h('span', { class: 'es-dots', 'aria-hidden': 'true' }, dots),
    h('b', {}, stream.title),
    ` ${absent ? 'not in this CLIP' : amount(stream)}`
  )
}

/** '93 tokens, 2 windows' or '101 of 512'. @param {Stream} stream */
function amount(stream) {
  const tokens = stream.tokens.toLocaleString('en')
  const trained = stream.trained_length?.tokens
  if (stream.windows.length > 1) return `${tokens} tokens, ${stream.windows.length} windows${trained ? `, trained to ${trained}` : ''}`
  const limit = trained ?? stream.capacity
  return limit ? `${tokens} of ${limit}` : `${tokens} ${stream.tokens === 1 ? 'token' : 'tokens'}`
}

/**
 * Only what occurs: the readouts in lane order, then the states and marks that the reports name.
 *
 * @param {Report[]} reports
 * @returns {HTMLElement | null}
 */
export function legendView(reports) {
  const readouts = reports[0].readouts.map(({ title }, k) => legendEntry({ 'data-readout': k }, laneView('seen', hue(k)), title))
  const items = new Map(reports.flatMap(({ legend }) => legend.map((item) => [`${item.type}:${item.state}`, item])))
  const entries = [...items.values()].map((item) => legendEntry({ 'data-legend': `${item.type}:${item.state}` }, sample(item), item.title))
  if (!readouts.length && !entries.length) return null
  return h('div', { class: 'es-legend' }, readouts.length > 0 && h('div', { class: 'es-legend-row' }, readouts), entries.length > 0 && h('div', { class: 'es-legend-row' }, entries))
}

/** @param {Record<string, unknown>} attributes @param {HTMLElement} picture @param {string} title */
function legendEntry(attributes, picture, title) {
  return h('span', { class: 'es-legend-item', ...attributes }, picture, title)
}

/** @param {LegendItem} item */
function sample(item) {
  if (item.type === 'lane') return laneView(item.state, 'none')
  return h('span', { class: `es-word es-sample es-mark-${item.state}`, 'aria-hidden': 'true' }, h('span', { class: 'es-text' }, 'abc'))
}

/** @param {Report} report @returns {HTMLElement | null} */
export function footerView(report) {
  const { remedies, notes } = report
  if (!remedies.length && !notes.length) return null
  const title = remedies.length ? 'What you can do' : 'Good to know'
  return h(
    'details',
    { class: 'es-notes', 'data-key': 'notes' },
    h('summary', {}, title, h('span', { class: 'es-count' }, String(remedies.length + notes.length))),
    remedies.length > 0 && h('ul', { class: 'es-remedies' }, remedies.map((line) => h('li', {}, line))),
    notes.length > 0 && h('ul', {}, notes.map((line) => h('li', {}, line)))
  )
}
