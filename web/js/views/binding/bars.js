/**
 * Draws the verdict rows of one contrast: a bar for the share that binding has, its interval, and what blind encoders reach.
 */

import { h } from '../../shared/dom.js'
import { blindText, blindView, gaugePosition, markView, rangeText, shareText, whiskerView } from '../../shared/outcomes.js'
import { foldView } from '../../shared/parts.js'
import { attachTips } from '../../shared/row_tips.js'

/** @typedef {import('./types.js').Row} Row */

const TICKS = [0, 0.01, 0.1, 0.5, 1]
const AXIS = [
  'Share of binding, on a square-root scale',
  'Of all that changes between the four sentences, how much tells which belongs to which.',
  'The scale is wider near 0, so that small shares can be seen: 1 % stands at a tenth of the length, 25 % in its middle.'
]

/**
 * What this model uses, then in a fold what it does not.
 *
 * @param {string} key of the fold
 * @param {Row[]} rows of one contrast
 * @returns {(HTMLElement | null)[]}
 */
export function barsView(key, rows) {
  const used = rows.filter(({ taken }) => taken)
  const unused = rows.filter(({ taken }) => !taken)
  return [used.length ? gaugesView(used) : null, unused.length ? foldView(key, 'What this model does not use', gaugesView(unused)) : null]
}

/** @param {Row[]} rows */
function gaugesView(rows) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const box = h('div', { class: 'es-gauges', role: 'list' })
  for (const [title, group] of groups(rows)) {
    const decides = group[0].counts && rows.some(({ counts }) => !counts)
    box.append(h('h5', {}, title, decides && h('span', { class: 'es-strand-text' }, 'decides')))
    for (const row of group) {
      const bar = rowView(row)
      tips.set(bar, tip(row))
      box.append(bar)
    }
  }
  const axis = axisView()
  tips.set(axis, AXIS)
  box.append(axis)
  attachTips(box, tips)
  return box
}

/** By what was read, that which decides first. @param {Row[]} rows */
function groups(rows) {
  /** @type {Map<string, Row[]>} */
  const found = new Map()
  for (const row of [...rows.filter(({ counts }) => counts), ...rows.filter(({ counts }) => !counts)]) found.set(row.title, [...(found.get(row.title) ?? []), row])
  return found
}

/** @param {Row} row */
function rowView({ stream, readout, readout_title: title, verdict, share, interval, null: blind, taken, counts }) {
  const line = h(
    'span',
    { class: 'es-gauge-line' },
    share > 0 && h('i', { class: 'es-gauge-fill', style: `width:${gaugePosition(share)}%` }),
    blindView(blind),
    whiskerView(interval)
  )
  const where = { 'data-stream': stream, 'data-readout': readout, 'data-taken': taken ? 'yes' : 'no', 'data-counts': counts ? 'yes' : 'no' }
  return h(
    'div',
    { class: 'es-gauge', role: 'listitem', ...where, 'data-verdict': verdict, 'data-share': share, 'aria-label': `${title}: ${verdict}, ${shareText(share)}` },
    h('span', { class: 'es-gauge-name' }, title),
    line,
    h('span', { class: 'es-gauge-value' }, shareText(share), markView(verdict))
  )
}

/** @param {Row} row */
function tip(row) {
  const { order_of_things: things, order_of_modifiers: modifiers, binding } = row.parts
  return [
    `${row.title}: ${row.readout_title}`,
    `${row.verdict}: binding has ${shareText(row.share)} (95 % interval ${rangeText(row.interval)})`,
    blindText(row.null),
    `p = ${row.p} (signs flipped over the sentences), kappa ${row.kappa}`,
    things + modifiers + binding > 0 ? `The cells differ by the order of things ${shareText(things)}, the order of properties ${shareText(modifiers)}, binding ${shareText(binding)}` : '',
    row.in_prompt === null ? '' : `In the prompt itself: ${shareText(row.in_prompt)}`,
    row.lost_in_prompt ? 'In the prompt itself the rival cannot be told from what is asked.' : '',
    row.taken ? '' : 'This model does not use it.'
  ]
}

function axisView() {
  const ticks = TICKS.map((tick) => h('span', { style: `left:${gaugePosition(tick)}%` }, String(100 * tick)))
  return h('div', { class: 'es-gauge es-axis', 'aria-label': AXIS[0] }, h('span', { class: 'es-gauge-name' }, 'share of binding, %'), h('span', { class: 'es-gauge-line' }, ticks))
}

/** What the bars show, said once under all of them. @param {boolean} unused */
export function barsLegend(unused) {
  const fill = h('i', { class: 'es-gauge-fill', style: 'width:70%' })
  const items = [
    sample('share', 'how much of the difference is binding', fill),
    sample('interval', 'how sure that is', h('i', { class: 'es-whisker', style: 'left:20%;width:60%' })),
    sample('blind', 'what encoders that bind nothing reach', h('i', { class: 'es-blind', 'data-blind': 'level', style: 'width:60%' })),
    unused && sample('unused', 'not used by this model', fill.cloneNode())
  ]
  return h('div', { class: 'es-legend' }, h('div', { class: 'es-legend-row' }, items))
}

/** @param {string} name @param {string} title @param {Node} content */
function sample(name, title, content) {
  const line = h('span', { class: 'es-gauge-line es-gauge-sample', 'data-taken': name === 'unused' ? 'no' : 'yes', 'aria-hidden': 'true' }, content)
  return h('span', { class: 'es-legend-item', 'data-legend': name }, line, title)
}
