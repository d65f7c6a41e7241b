/**
 * Draws one token report: chips, verdict, prompt, legend, and what to do. Nothing is computed here: the report says it all.
 */

import { h } from '../../shared/dom.js'
import { verdictView } from '../../shared/parts.js'
import { findingsView } from './findings.js'
import { laneView } from './lanes.js'
import { promptView } from './prompt.js'

/** @typedef {import('./types.js').Report} Report */
/** @typedef {import('./types.js').DisplayedReport} DisplayedReport */
/** @typedef {import('./types.js').LegendItem} LegendItem */

/** @param {Report} report @returns {(HTMLElement | null)[]} */
export function tokensView(report) {
  if (!isDisplayed(report)) return plainView(report)
  const { tone, hues } = report.display
  return [chipsView(report), verdictView(report.verdict, tone), promptView(report), findingsView(report), legendView(report.readouts, hues, report.legend), footerView(report)]
}

/** Reports that workflows of old carry hold nothing to draw from. @param {Report} report @returns {report is DisplayedReport} */
export const isDisplayed = (report) => report.display !== undefined

/** Such a report in words alone. @param {Report} report @returns {(HTMLElement | null)[]} */
function plainView(report) {
  return [verdictView(report.verdict, 'open'), h('p', { class: 'es-suggested', dir: 'auto' }, report.text), footerView(report)]
}

/** @param {DisplayedReport} report @returns {HTMLElement} */
export function chipsView(report) {
  const family = h('span', { class: 'es-chip es-chip-family' }, report.family_title || report.family)
  return h('div', { class: 'es-chips' }, family, report.streams.map((stream, index) => streamChip(report, index)))
}

/** @param {DisplayedReport} report @param {number} index of the stream */
function streamChip(report, index) {
  const { name, title, status } = report.streams[index]
  const { amount, readouts, tip } = report.display.streams[index]
  const dots = readouts.map((readout) => h('i', { class: 'es-dot', 'data-hue': report.display.hues[readout] }))
  return h(
    'span',
    { class: `es-chip${status === 'absent' ? ' es-chip-absent' : ''}`, title: tip.join('\n'), 'data-stream': name },
    h('span', { class: 'es-dots', 'aria-hidden': 'true' }, dots),
    h('b', {}, title),
    ` ${amount}`
  )
}

/**
 * Only what occurs: the readouts in lane order, then the states and marks.
 *
 * @param {import('./types.js').Readout[]} readouts
 * @param {number[]} hues
 * @param {LegendItem[]} items
 * @returns {HTMLElement | null}
 */
export function legendView(readouts, hues, items) {
  const lanes = readouts.map(({ title }, k) => legendEntry({ 'data-readout': k }, laneView('seen', hues[k]), title))
  const entries = items.map((item) => legendEntry({ 'data-legend': `${item.type}:${item.state}` }, sample(item), item.title))
  if (!lanes.length && !entries.length) return null
  return h('div', { class: 'es-legend' }, lanes.length > 0 && h('div', { class: 'es-legend-row' }, lanes), entries.length > 0 && h('div', { class: 'es-legend-row' }, entries))
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
  const title = report.display?.advice ?? (remedies.length ? 'What you can do' : 'Good to know')
  return h(
    'details',
    { class: 'es-notes', 'data-key': 'notes' },
    h('summary', {}, title, h('span', { class: 'es-count' }, String(remedies.length + notes.length))),
    remedies.length > 0 && h('ul', { class: 'es-remedies' }, remedies.map((line) => h('li', {}, line))),
    notes.length > 0 && h('ul', {}, notes.map((line) => h('li', {}, line)))
  )
}
