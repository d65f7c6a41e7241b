/**
 * Draws one benchmark report: for every question its bars, margins and comparisons; then whether margins foretell failures.
 */

import { h } from '../../shared/dom.js'
import { foldList, verdictView, wordsView } from '../../shared/parts.js'
import { attachTips } from '../../shared/row_tips.js'
import { histogramsView } from './margins.js'

/** @typedef {import('./types.js').BenchReport} BenchReport */
/** @typedef {import('./types.js').Bar} Bar */

/** Of reports of earlier versions. */
const ENGLISH = { notes: 'Good to know', details: 'Details' }

/** @param {BenchReport} report @returns {(HTMLElement | null)[]} */
export function benchmarkView(report) {
  const { sentence, encoders, notes, display } = report
  if (!display) return wordsView(report)
  const { tone, title, details, legend, questions, predictions, headings = ENGLISH } = display
  const chip = (/** @type {{letter: string, title: string}} */ { letter, title: name }) => h('span', { class: 'es-chip es-fact', 'data-encoder': letter }, h('span', { class: 'es-letter' }, letter), h('b', {}, name))
  return [
    h('h4', { class: 'es-title' }, title),
    verdictView(sentence, tone),
    h('div', { class: 'es-chips' }, encoders.map(chip)),
    ...questions.map((question) => questionView(question, legend)),
    predictions.rows.length ? predictionsView(predictions) : null,
    foldList('notes', headings.notes, notes),
    foldList('details', headings.details, details)
  ]
}

/** @param {import('./types.js').Question} question @param {{name: string, title: string}[]} legend */
function questionView({ name, title, asks, rows, margins, comparisons }, legend) {
  const lines = comparisons.map(({ better, sentence }) => h('li', { 'data-better': better ?? 'none' }, sentence))
  return h(
    'section',
    { class: 'es-bench', 'data-question': name },
    h('h5', {}, title),
    h('p', { class: 'es-quiet' }, asks),
    barsView(rows),
    h('div', { class: 'es-legend' }, h('div', { class: 'es-legend-row' }, legend.map(sample))),
    histogramsView(margins),
    lines.length > 0 && h('ul', { class: 'es-bench-said' }, lines)
  )
}

/** A row for each kind, in it a bar for each encoder. @param {import('./types.js').Row[]} rows */
function barsView(rows) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const lines = rows.map(({ kind, title, bars }) => {
    const drawn = bars.map((bar) => {
      const line = barView(bar)
      tips.set(line, bar.tip)
      return line
    })
    return h('div', { class: 'es-bench-row', 'data-kind': kind }, h('span', { class: 'es-bench-name' }, title), h('div', { class: 'es-bench-bars' }, drawn))
  })
  const box = h('div', { class: 'es-bench-table' }, lines)
  attachTips(box, tips)
  return box
}

/** @param {import('./types.js').Stretch} stretch */
const whisker = ({ left, width }) => h('i', { class: 'es-whisker', style: `left:${left}%;width:${width}%` })

/** @param {Bar} bar */
function barView({ encoder, guessing, share, length, interval, count, share_text: text, spoken }) {
  const line = h('span', { class: 'es-gauge-line' }, share > 0 && h('i', { class: 'es-gauge-fill', style: `width:${length}%` }), h('i', { class: 'es-half' }), whisker(interval))
  const figures = h('span', { class: 'es-bench-figures' }, count, h('b', {}, text))
  return h('div', { class: 'es-bench-bar', role: 'img', 'data-encoder': encoder, 'data-guessing': guessing, 'data-share': share, 'aria-label': spoken }, h('span', { class: 'es-letter' }, encoder), line, figures)
}

/** @type {Record<string, () => HTMLElement>} */
const SAMPLES = {
  interval: () => whisker({ left: 20, width: 60 }),
  half: () => h('i', { class: 'es-half' })
}
const fill = () => h('i', { class: 'es-gauge-fill', style: 'width:70%' })

/** @param {{name: string, title: string}} item */
function sample({ name, title }) {
  const guessing = name in SAMPLES ? null : name
  return h('span', { class: 'es-legend-item', 'data-guessing': guessing }, h('span', { class: 'es-gauge-line es-gauge-sample', 'aria-hidden': 'true' }, (SAMPLES[name] ?? fill)()), title)
}

/** @param {import('./types.js').BenchDisplay['predictions']} predictions */
function predictionsView({ title, rows }) {
  const lines = rows.map(({ encoder, title: name, auc, sentence }) => {
    const line = auc && h('span', { class: 'es-gauge-line' }, h('i', { class: 'es-half' }), whisker(auc.interval), h('i', { class: 'es-point', style: `left:${auc.place}%` }))
    return h('div', { class: 'es-bench-row', 'data-foretold': encoder }, h('span', { class: 'es-bench-name' }, name), h('div', { class: 'es-bench-bars' }, line, h('p', { class: 'es-quiet' }, sentence)))
  })
  return h('section', { class: 'es-bench' }, h('h5', {}, title), lines)
}
