/**
 * Draws one probe report: the prompt with its arcs, the sentence, then for every contrast its verdict, bars, and what to do.
 */

import { h } from '../../shared/dom.js'
import { outcomeView, streamText } from '../../shared/outcomes.js'
import { fact, foldView, listView, verdictView } from '../../shared/parts.js'
import { arcsView } from './arcs.js'
import { barsLegend, barsView } from './bars.js'
import { cellsView, hearingsView, textbookView } from './evidence.js'

/** @typedef {import('./types.js').ProbeReport} ProbeReport */
/** @typedef {import('./types.js').Lint} Lint */

/** @param {ProbeReport} report @returns {(HTMLElement | null)[]} */
export function probeView(report) {
  const { compare } = report
  const rows = [report, ...(compare ? [compare] : [])].flatMap(({ verdicts }) => verdicts)
  const legend = rows.length ? barsLegend(rows.some(({ taken }) => !taken)) : null
  if (!compare) return [...partsView(report, 'a'), legend]
  return [h('div', { class: 'es-pair es-probe-pair' }, sideView('A', report), sideView('B', compare)), legend]
}

/** @param {string} letter @param {ProbeReport} report */
function sideView(letter, report) {
  const title = report.family_title ?? report.streams.map((stream) => stream.title).join(' + ')
  return h('section', { class: 'es-side', 'data-side': letter.toLowerCase() }, h('h4', {}, h('span', { class: 'es-letter' }, letter), h('b', {}, title)), partsView(report, letter.toLowerCase()))
}

/** @param {ProbeReport} report @param {string} side @returns {(HTMLElement | null)[]} */
function partsView(report, side) {
  const { sentence, bound, contrasts, lint, skipped, unread, notes } = report
  const told = unread.filter((line) => !sentence.includes(line))
  return [
    arcsView(report),
    verdictView(sentence, bound === null ? 'open' : bound ? 'kept' : 'lost'),
    ...contrasts.map((_, k) => contrastView(report, k, `${side}:${k}`)),
    lintView(lint),
    listView('unread', 'Could not be read', told),
    listView('skipped', 'Not put to the test', skipped),
    listView('notes', 'Notes', notes),
    chipsView(report)
  ]
}

/** @param {ProbeReport} report @param {number} k @param {string} key */
function contrastView({ contrasts, verdicts, threshold, streams }, k, key) {
  const contrast = contrasts[k]
  const titles = new Map(streams.map(({ name, title }) => [name, title]))
  return h(
    'section',
    { class: 'es-contrast', 'data-contrast': k, 'data-verdict': contrast.verdict },
    h('h4', { class: 'es-contrast-head' }, outcomeView(contrast.verdict), h('b', {}, contrast.label), contrast.stock && h('span', { class: 'es-strand-text' }, 'rival added')),
    barsView(`unused:${key}`, verdicts.filter(({ pair }) => pair === k)),
    h('div', { class: 'es-advice' }, h('p', {}, contrast.sentence), h('p', { class: 'es-remedy' }, contrast.remedy), contrast.note && h('p', { class: 'es-quiet' }, contrast.note)),
    hearingsView(contrast.selectivity, titles),
    contrast.source && foldView(`source:${key}`, 'Source', h('p', { class: 'es-quiet' }, contrast.source)),
    textbookView(`textbook:${key}`, contrast, threshold, titles),
    cellsView(`cells:${key}`, contrast)
  )
}

/** @param {Lint[]} lint */
function lintView(lint) {
  if (!lint.length) return null
  const lines = lint.map(({ kind, text, remedy }) => h('li', { 'data-lint': kind }, text, ' ', h('b', {}, remedy)))
  return h('section', { class: 'es-lint' }, h('h4', {}, 'From the words alone'), h('ul', { class: 'es-said' }, lines))
}

/** @param {ProbeReport} report */
function chipsView({ family_title: family, generator, view, streams }) {
  return h(
    'div',
    { class: 'es-chips' },
    family && h('span', { class: 'es-chip es-chip-family' }, family),
    fact('generator', generator),
    streams.map((stream) => h('span', { class: 'es-chip es-fact', 'data-fact': `stream:${stream.name}` }, h('b', {}, stream.title), ` ${streamText(stream)}`)),
    fact('view', view)
  )
}
