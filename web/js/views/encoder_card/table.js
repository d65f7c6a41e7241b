/**
 * Draws the table of an encoder report: a row for every phenomenon, in it a line for every encoder, and a column for every readout.
 */

import { h } from '../../shared/dom.js'
import { blindView, whiskerView } from '../../shared/outcomes.js'
import { attachTips } from '../../shared/row_tips.js'

const KEY = 17

/** @param {import('./types.js').Table} table @returns {HTMLElement} */
export function tableView({ columns, lanes, rows }) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const cell = (/** @type {import('./types.js').Cell | null} */ score) => {
    if (!score) return h('span', { class: 'es-score es-score-none', role: 'cell' }, '–')
    const drawn = scoreView(score)
    tips.set(drawn, score.tip)
    return drawn
  }
  // One encoder alone needs no letter.
  const letter = (/** @type {number} */ k) => (lanes.length > 1 ? h('span', { class: 'es-letter' }, lanes[k]) : h('span'))
  const lines = rows.map(({ phenomenon, title = phenomenon, cells }) =>
    h(
      'div',
      { class: 'es-scores-row', 'data-phenomenon': phenomenon, role: 'row' },
      h('span', { class: 'es-scores-name', role: 'rowheader' }, title),
      cells.flatMap((lane, k) => [letter(k), ...lane.map(cell)])
    )
  )
  const heads = columns.map((title) => h('span', { role: 'columnheader' }, title))
  const head = h('div', { class: 'es-scores-row es-scores-head', role: 'row' }, h('span', { class: 'es-scores-name' }), h('span'), heads)
  const sizes = `--es-columns:${columns.length};--es-lanes:${lanes.length};--es-key:${lanes.length > 1 ? KEY : 0}px`
  const table = h('div', { class: 'es-scores', role: 'table', style: sizes }, head, lines)
  attachTips(table, tips)
  return table
}

/** @param {import('./types.js').Cell} score */
function scoreView(score) {
  const pieces = score.tallies.map(({ verdict, length }) => h('i', { class: 'es-tally', 'data-verdict': verdict, style: `width:${length}%` }))
  return h(
    'span',
    { class: 'es-score', role: 'cell', 'data-lane': score.lane, 'data-readout': score.readout, 'data-bound': score.bound, 'aria-label': score.spoken },
    h('span', { class: 'es-tallies' }, pieces),
    h('span', { class: 'es-score-text' }, score.bound),
    h('span', { class: 'es-gauge-line es-gauge-thin' }, blindView(score), whiskerView(score), h('i', { class: 'es-point', style: `left:${score.share}%` })),
    h('span', { class: 'es-score-text' }, score.share_text)
  )
}
