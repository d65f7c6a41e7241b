/**
 * Draws one encoder report, and others beside it: what the encoder holds, phenomenon by phenomenon.
 */

import { h } from '../../shared/dom.js'
import { outcomeView } from '../../shared/outcomes.js'
import { foldList, foldView, verdictView, wordsView } from '../../shared/parts.js'
import { tableView } from './table.js'

/** @typedef {import('./types.js').CardDisplay} CardDisplay */

/** @param {import('./types.js').ScoreCard} report @returns {(HTMLElement | null)[]} */
export function scoresView(report) {
  const { title, sentence, display } = report
  if (!display) return wordsView(report)
  const { tone, cards, table, other_readouts: others, legend } = display
  return [
    h('h4', { class: 'es-title' }, title),
    verdictView(display.sentence ?? sentence, tone),
    keyView(display),
    tableView(table),
    others.columns.length ? foldView('readouts', display.readouts_heading ?? 'Other readouts', tableView(others)) : null,
    h('div', { class: 'es-legend' }, h('div', { class: 'es-legend-row' }, legend.verdicts.map((verdict, k) => outcomeView(verdict, legend.names?.[k]))), h('p', { class: 'es-quiet' }, legend.text)),
    ...cards.map((card, k) => foldList(`details:${k}`, card.heading ?? `Details: ${card.title}`, card.details))
  ]
}

/** Whose lines these are. @param {CardDisplay} display */
function keyView({ cards, table: { lanes } }) {
  const chip = (/** @type {import('./types.js').Stream} */ { letter, title, text }) =>
    h('span', { class: 'es-chip es-fact', 'data-lane': letter }, lanes.length > 1 && h('span', { class: 'es-letter' }, letter), h('b', {}, title), ` ${text}`)
  const lines = cards.map(({ title, streams }) => h('div', { class: 'es-key' }, cards.length > 1 && h('h5', {}, title), h('div', { class: 'es-chips' }, streams.map(chip))))
  return h('div', { class: 'es-keys' }, lines)
}
