/**
 * Draws one encoder report, and others beside it: what the encoder holds, phenomenon by phenomenon.
 */

import { h } from '../../shared/dom.js'
import { outcomeView, PARTS, streamText } from '../../shared/outcomes.js'
import { foldList, foldView, verdictView } from '../../shared/parts.js'
import { tableView } from './table.js'

/** @typedef {import('./types.js').ScoreCard} ScoreCard */
/** @typedef {import('./types.js').Score} Score */
/** @typedef {import('./table.js').Column} Column */

const ONE_VECTOR = ['pooled', 'mean']
const AS_A_SET = 'cross-attention'
const LEGEND =
  'Upper bar: how many of the suite’s contrasts got which verdict. Thin line: how much of the difference is binding, on a square-root scale; ' +
  'hatched is what encoders that bind nothing reach.'

/** @param {ScoreCard} report @returns {(HTMLElement | null)[]} */
export function scoresView(report) {
  const cards = [report, ...(report.others ?? [])]
  const scores = cards.flatMap((card) => card.scores)
  const phenomena = [...new Set(cards.flatMap((card) => card.phenomena))]
  const all = lanes(cards)
  const main = [column(scores, ONE_VECTOR), column(scores, [AS_A_SET])].filter((one) => one !== null)
  const others = rest(scores)
  return [
    h('h4', { class: 'es-title' }, report.title),
    verdictView(report.sentence, 'open'),
    keyView(cards, all),
    tableView(phenomena, all, main),
    others.length ? foldView('readouts', 'Other readouts', tableView(phenomena, all, others)) : null,
    legendView(scores),
    ...cards.map((card, k) => notesView(card, k, cards.length > 1))
  ]
}

/** A line for every stream of every card, lettered through. @param {ScoreCard[]} cards */
function lanes(cards) {
  const all = cards.flatMap((card) => card.streams.map((stream) => ({ card, stream })))
  return all.map(({ card, stream }, k) => ({ letter: letter(k), title: stream.title, card, stream, scores: card.scores.filter((score) => score.stream === stream.name) }))
}

/** @param {number} k */
const letter = (k) => (k < 26 ? String.fromCharCode(65 + k) : String(k + 1))

/** What these readouts are called, by the reports themselves. @param {Score[]} scores @param {string[]} names @returns {Column | null} */
function column(scores, names) {
  const titles = [...new Set(scores.filter(({ readout }) => names.includes(readout)).map((score) => score.readout_title))]
  if (!titles.length) return null
  return { title: titles.join(' or '), of: (own) => names.flatMap((name) => own.filter(({ readout }) => readout === name))[0] }
}

/** @param {Score[]} scores */
function rest(scores) {
  const names = [...new Set(scores.map(({ readout }) => readout))].filter((name) => !ONE_VECTOR.includes(name) && name !== AS_A_SET)
  return names.flatMap((name) => column(scores, [name]) ?? [])
}

/** Only the verdicts that occur. @param {Score[]} scores */
function legendView(scores) {
  const found = PARTS.flatMap(([name, verdict]) => (scores.some((score) => score[name] > 0) ? [outcomeView(verdict)] : []))
  return h('div', { class: 'es-legend' }, h('div', { class: 'es-legend-row' }, found), h('p', { class: 'es-quiet' }, LEGEND))
}

/** Whose lines these are. @param {ScoreCard[]} cards @param {ReturnType<typeof lanes>} all */
function keyView(cards, all) {
  const chip = (/** @type {ReturnType<typeof lanes>[0]} */ { letter: own, title, stream }) =>
    h('span', { class: 'es-chip es-fact', 'data-lane': own }, all.length > 1 && h('span', { class: 'es-letter' }, own), h('b', {}, title), ` ${streamText(stream)}`)
  const lines = cards.map((card) => {
    const chips = h('div', { class: 'es-chips' }, all.filter((lane) => lane.card === card).map(chip))
    return h('div', { class: 'es-key' }, cards.length > 1 && h('h5', {}, card.title), chips)
  })
  return h('div', { class: 'es-keys' }, lines)
}

/** @param {ScoreCard} card @param {number} k @param {boolean} several */
function notesView(card, k, several) {
  const lines = [
    ...(k ? [card.sentence] : []),
    ...card.notes,
    `Suite ${card.suite}, ${card.frames} sentences for each contrast, ${card.view}`,
    ...(card.host ? [card.host] : []),
    `Fingerprint of its answers: ${card.fingerprint}`
  ]
  return foldList(`details:${k}`, several ? `Details: ${card.title}` : 'Details', lines)
}
