/**
 * Draws one probe report: the prompt with its arcs, the sentence, then for every contrast its verdict, bars, and what to do.
 */

import { h } from '../../shared/dom.js'
import { outcomeView } from '../../shared/outcomes.js'
import { fact, foldView, listView, verdictView, wordsView } from '../../shared/parts.js'
import { arcsView } from './arcs.js'
import { barsLegend, barsView } from './bars.js'
import { cellsView, cosineRuleView, selectivityView } from './evidence.js'

/** @typedef {import('./types.js').ProbeReport} ProbeReport */
/** @typedef {import('./types.js').Lint} Lint */

/** @param {ProbeReport} report @returns {(HTMLElement | null)[]} */
export function probeView(report) {
  const { compare } = report
  if (!report.display?.headings) return wordsView(report)
  const reports = compare ? [report, compare] : [report]
  const legend = reports.flatMap(({ verdicts, display }) => (verdicts.length ? display.legend : []))
  const items = [...new Map(legend.map((item) => [item.name, item])).values()]
  const below = items.length ? barsLegend(items) : null
  if (!compare) return [...partsView(report, 'a'), below]
  return [h('div', { class: 'es-pair es-probe-pair' }, sideView('A', report), sideView('B', compare)), below]
}

/** @param {string} letter @param {ProbeReport} report */
function sideView(letter, report) {
  const head = h('h4', {}, h('span', { class: 'es-letter' }, letter), h('b', {}, report.display.title))
  return h('section', { class: 'es-side', 'data-side': letter.toLowerCase() }, head, partsView(report, letter.toLowerCase()))
}

/** @param {ProbeReport} report @param {string} side @returns {(HTMLElement | null)[]} */
function partsView(report, side) {
  const { sentence, contrasts, lint, skipped, notes, display } = report
  const { headings } = display
  return [
    arcsView(display),
    verdictView(sentence, display.tone),
    ...contrasts.map((_, k) => contrastView(report, k, `${side}:${k}`)),
    lintView(lint, headings.lint),
    listView('unread', headings.unread, display.unread),
    listView('skipped', headings.skipped, skipped),
    listView('notes', headings.notes, notes),
    chipsView(report)
  ]
}

/** @param {ProbeReport} report @param {number} k @param {string} key */
function contrastView(report, k, key) {
  const { label, stock, verdict, sentence, remedy, source, note, display } = report.contrasts[k]
  const { headings } = report.display
  return h(
    'section',
    { class: 'es-contrast', 'data-contrast': k, 'data-verdict': verdict },
    h('h4', { class: 'es-contrast-head' }, outcomeView(verdict, display.name), h('b', {}, label), stock && h('span', { class: 'es-strand-text' }, headings.rival_added)),
    barsView(`unused:${key}`, report, display.bars),
    h('div', { class: 'es-advice' }, h('p', {}, sentence), h('p', { class: 'es-remedy' }, remedy), note && h('p', { class: 'es-quiet' }, note)),
    selectivityView(display.selectivity),
    source && foldView(`source:${key}`, headings.source, h('p', { class: 'es-quiet' }, source)),
    cosineRuleView(`textbook:${key}`, display.cosine_rule),
    cellsView(`cells:${key}`, headings.cells, display)
  )
}

/** @param {Lint[]} lint @param {string} heading */
function lintView(lint, heading) {
  if (!lint.length) return null
  const lines = lint.map(({ kind, text, remedy }) => h('li', { 'data-lint': kind }, text, ' ', h('b', {}, remedy)))
  return h('section', { class: 'es-lint' }, h('h4', {}, heading), h('ul', { class: 'es-said' }, lines))
}

/** @param {ProbeReport} report */
function chipsView({ family_title: family, generator, display: { streams, view } }) {
  return h(
    'div',
    { class: 'es-chips' },
    family && h('span', { class: 'es-chip es-chip-family' }, family),
    fact('generator', generator),
    streams.map(({ name, title, text }) => h('span', { class: 'es-chip es-fact', 'data-fact': `stream:${name}` }, h('b', {}, title), ` ${text}`)),
    fact('view', view)
  )
}
