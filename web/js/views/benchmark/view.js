/**
 * Draws one benchmark report: for every question its bars, margins and comparisons; then whether margins foretell failures.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'
import { foldList, verdictView } from '../../shared/parts.js'
import { attachTips } from '../../shared/row_tips.js'
import { histogramsView } from './margins.js'

/** @typedef {import('./types.js').BenchReport} BenchReport */
/** @typedef {import('./types.js').BenchScore} BenchScore */
/** @typedef {import('./types.js').Contestant} Contestant */
/** @typedef {import('./types.js').Question} Question */
/** @typedef {import('./types.js').Range} Range */

/** @type {Record<string, string>} */
const GUESSING = { above: 'Surely more than guessing wins.', alike: 'Guessing could win as many.', below: 'Surely fewer than guessing wins.', tied: 'It gives caption and swap the same cosine in every pair.' }

/** @param {BenchReport} report @returns {(HTMLElement | null)[]} */
export function benchmarkView(report) {
  const { dataset, encoders, questions, predictions, notes, host } = report
  const chip = ({ letter, title }) => h('span', { class: 'es-chip es-fact', 'data-encoder': letter }, h('span', { class: 'es-letter' }, letter), h('b', {}, title))
  const details = [`Fingerprint of the pictures and sentences: ${dataset.fingerprint}`, ...encoders.map((one) => `Fingerprint of ${one.letter}: ${one.fingerprint}`), ...(host ? [host] : [])]
  return [
    h('h4', { class: 'es-title' }, `${dataset.title}, ${count(dataset.pairs)} ${dataset.pairs === 1 ? 'pair' : 'pairs'}`),
    verdictView(report.sentence, 'open'),
    h('div', { class: 'es-chips' }, encoders.map(chip)),
    ...questions.map((question) => questionView(report, question)),
    predictions.length ? foretoldView(predictions) : null,
    foldList('notes', 'Good to know', notes),
    foldList('details', 'Details', details)
  ]
}

/** @param {BenchReport} report @param {Question} question */
function questionView({ dataset, encoders, scores, comparisons }, question) {
  const mine = encoders.filter((one) => one.question === question.name)
  const letters = mine.map(({ letter }) => letter)
  const own = scores.filter(({ encoder }) => letters.includes(encoder))
  const said = comparisons.filter((one) => one.question === question.name)
  return h(
    'section',
    { class: 'es-bench', 'data-question': question.name },
    h('h5', {}, question.title),
    h('p', { class: 'es-quiet' }, question.asks),
    barsView(own, mine, [null, ...dataset.kinds]),
    legendView(),
    histogramsView(own.filter(({ kind }) => kind === null), question.bins),
    said.length > 0 && h('ul', { class: 'es-bench-said' }, said.map((one) => h('li', { 'data-better': one.better ?? 'none' }, one.sentence)))
  )
}

/** A row for each kind, in it a bar for each encoder. @param {BenchScore[]} scores @param {Contestant[]} encoders @param {(string | null)[]} kinds */
function barsView(scores, encoders, kinds) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const titles = new Map(encoders.map(({ letter, title }) => [letter, title]))
  const rows = kinds.flatMap((kind) => {
    const own = scores.filter((one) => one.kind === kind)
    const bars = own.map((score) => {
      const bar = barView(score)
      tips.set(bar, tip(score, titles.get(score.encoder) ?? score.encoder))
      return bar
    })
    return own.length ? [h('div', { class: 'es-bench-row', 'data-kind': kind ?? '' }, h('span', { class: 'es-bench-name' }, name(kind)), h('div', { class: 'es-bench-bars' }, bars))] : []
  })
  const box = h('div', { class: 'es-bench-table' }, rows)
  attachTips(box, tips)
  return box
}

/** @param {string | null} kind */
const name = (kind) => kind ?? 'all pairs'

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`

/** @param {Range} range */
const between = ([low, high]) => `${(100 * low).toFixed(1)} to ${percent(high)}`

/** @param {Range} interval */
const whisker = ([low, high]) => h('i', { class: 'es-whisker', style: `left:${100 * low}%;width:${(100 * (high - low)).toFixed(3)}%` })

/** @param {BenchScore} score */
function barView(score) {
  const { encoder, share, interval, wins, pairs, guessing } = score
  const line = h('span', { class: 'es-gauge-line' }, share > 0 && h('i', { class: 'es-gauge-fill', style: `width:${100 * share}%` }), h('i', { class: 'es-half' }), whisker(interval))
  const figures = h('span', { class: 'es-bench-figures' }, `${count(wins)}/${count(pairs)}`, h('b', {}, percent(share)))
  return h('div', { class: 'es-bench-bar', 'data-encoder': encoder, 'data-guessing': guessing, 'data-share': share, 'aria-label': `${encoder}, ${name(score.kind)}: ${percent(share)}` }, h('span', { class: 'es-letter' }, encoder), line, figures)
}

/** @param {BenchScore} score @param {string} title */
function tip({ kind, wins, pairs, ties, share, interval, guessing, margin }, title) {
  const [low, , middle, , high] = margin.quantiles
  return [
    `${name(kind)}: ${title}`,
    `${count(wins)} of ${count(pairs)} won, ${percent(share)} (95 % interval ${between(interval)})${ties ? `, ${count(ties)} tied` : ''}`,
    GUESSING[guessing] ?? '',
    `Margin: ${middle} in the middle, ${low} to ${high} for nine pairs of ten`
  ]
}

function legendView() {
  const sample = (/** @type {string} */ title, /** @type {Record<string, string>} */ attributes, /** @type {Node} */ content) =>
    h('span', { class: 'es-legend-item', ...attributes }, h('span', { class: 'es-gauge-line es-gauge-sample', 'aria-hidden': 'true' }, content), title)
  const fill = () => h('i', { class: 'es-gauge-fill', style: 'width:70%' })
  const items = [
    sample('won, surely more than guessing', { 'data-guessing': 'above' }, fill()),
    sample('won, not surely more', { 'data-guessing': 'alike' }, fill()),
    sample('95 % interval', {}, whisker([0.2, 0.8])),
    sample('guessing wins half', {}, h('i', { class: 'es-half' }))
  ]
  return h('div', { class: 'es-legend' }, h('div', { class: 'es-legend-row' }, items))
}

/** @param {import('./types.js').Prediction[]} predictions */
function foretoldView(predictions) {
  const rows = predictions.map(({ encoder, auc, sentence }) => {
    const line = auc && h('span', { class: 'es-gauge-line' }, h('i', { class: 'es-half' }), whisker(auc.interval), h('i', { class: 'es-point', style: `left:${100 * auc.value}%` }))
    return h('div', { class: 'es-bench-row', 'data-foretold': encoder }, h('span', { class: 'es-bench-name' }, `AUC of ${encoder}`), h('div', { class: 'es-bench-bars' }, line, h('p', { class: 'es-quiet' }, sentence)))
  })
  return h('section', { class: 'es-bench' }, h('h5', {}, 'Do margins foretell failures?'), rows)
}
