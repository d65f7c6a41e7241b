/**
 * Draws the table of an encoder report: a row for every phenomenon, in it a line for every encoder, and a column for every readout.
 */

import { h } from '../../shared/dom.js'
import { blindText, blindView, gaugePosition, PARTS, rangeText, shareText, whiskerView } from '../../shared/outcomes.js'
import { attachTips } from '../../shared/row_tips.js'

/** @typedef {import('./types.js').Score} Score */
/** @typedef {{letter: string, title: string, scores: Score[]}} Lane one stream of one card */
/** @typedef {{title: string, of: (scores: Score[]) => Score | undefined}} Column */

const KEY = 17

/** @param {string[]} phenomena @param {Lane[]} lanes @param {Column[]} columns @returns {HTMLElement} */
export function tableView(phenomena, lanes, columns) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const cell = (/** @type {string} */ phenomenon, /** @type {Lane} */ lane, /** @type {Column} */ column) => {
    const score = column.of(lane.scores.filter((one) => one.phenomenon === phenomenon))
    if (!score) return h('span', { class: 'es-score es-score-none', role: 'cell' }, '–')
    const drawn = scoreView(score, lane)
    tips.set(drawn, tip(score, lane))
    return drawn
  }
  const rows = phenomena.map((phenomenon) =>
    h(
      'div',
      { class: 'es-scores-row', 'data-phenomenon': phenomenon, role: 'row' },
      h('span', { class: 'es-scores-name', role: 'rowheader' }, phenomenon),
      lanes.map((lane) => [letterView(lane, lanes), ...columns.map((column) => cell(phenomenon, lane, column))]).flat()
    )
  )
  const heads = columns.map(({ title }) => h('span', { role: 'columnheader' }, title))
  const head = h('div', { class: 'es-scores-row es-scores-head', role: 'row' }, h('span', { class: 'es-scores-name' }), h('span'), heads)
  const table = h('div', { class: 'es-scores', role: 'table', style: `--es-columns:${columns.length};--es-lanes:${lanes.length};--es-key:${lanes.length > 1 ? KEY : 0}px` }, head, rows)
  attachTips(table, tips)
  return table
}

/** Which encoder a line is about; one alone needs no letter. @param {Lane} lane @param {Lane[]} lanes */
const letterView = ({ letter }, lanes) => (lanes.length > 1 ? h('span', { class: 'es-letter' }, letter) : h('span'))

/** @param {Score} score @param {Lane} lane */
function scoreView(score, { letter }) {
  const pieces = PARTS.map(([name, verdict]) => score[name] > 0 && h('i', { class: 'es-tally', 'data-verdict': verdict, style: `width:${(100 * score[name]) / score.total}%` }))
  return h(
    'span',
    { class: 'es-score', role: 'cell', 'data-lane': letter, 'data-readout': score.readout, 'data-bound': `${score.bound}/${score.total}`, 'aria-label': spoken(score) },
    h('span', { class: 'es-tallies' }, pieces),
    h('span', { class: 'es-score-text' }, `${score.bound}/${score.total}`),
    h('span', { class: 'es-gauge-line es-gauge-thin' }, blindView(score.null), whiskerView(score.interval), h('i', { class: 'es-point', style: `left:${gaugePosition(score.share)}%` })),
    h('span', { class: 'es-score-text' }, shareText(score.share))
  )
}

/** @param {Score} score */
const spoken = ({ bound, total, share }) => `${bound} of ${total} bound, ${shareText(share)}`

/** @param {Score} score @param {Lane} lane */
function tip(score, { title }) {
  const tally = PARTS.filter(([name]) => score[name] > 0).map(([name, verdict]) => `${score[name]} ${verdict}`)
  return [
    `${score.phenomenon}: ${title}, ${score.readout_title}`,
    `${tally.join(', ')} of ${score.total}`,
    `Binding has ${shareText(score.share)} on average (interval ${rangeText(score.interval)}), kappa ${score.kappa}`,
    `${blindText(score.null)}. The thin line is drawn on a square-root scale.`
  ]
}
