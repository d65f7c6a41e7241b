/**
 * Draws the verdict rows of one contrast: a bar for the share that binding has, its interval, and what blind encoders reach.
 */

import { h } from '../../shared/dom.js'
import { blindView, markView, whiskerView } from '../../shared/outcomes.js'
import { foldView } from '../../shared/parts.js'
import { attachTips } from '../../shared/row_tips.js'

/** @typedef {import('./types.js').ProbeReport} ProbeReport */
/** @typedef {import('./types.js').Bars} Bars */
/** @typedef {import('./types.js').Row} Row */

/**
 * What this model uses, then in a fold what it does not.
 *
 * @param {string} key of the fold
 * @param {ProbeReport} report
 * @param {Bars[]} bars of one contrast
 */
export function barsView(key, report, bars) {
  return bars.map((part) => (part.used ? gaugesView(report, part) : foldView(key, report.display.headings.unused, gaugesView(report, part))))
}

/** @param {ProbeReport} report @param {Bars} bars */
function gaugesView({ verdicts, display: { axis, headings } }, { groups }) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const box = h('div', { class: 'es-gauges', role: 'group', 'aria-label': headings.shares })
  for (const { title, decides, verdicts: indices } of groups) {
    box.append(h('h5', {}, title, decides && h('span', { class: 'es-strand-text' }, headings.decides)))
    for (const index of indices) {
      const bar = rowView(verdicts[index])
      tips.set(bar, verdicts[index].display.tip)
      box.append(bar)
    }
  }
  const line = axisView(axis)
  tips.set(line, axis.tip)
  box.append(line)
  attachTips(box, tips)
  return box
}

/** @param {Row} row */
function rowView({ stream, readout, readout_title: title, verdict, share, taken, counts, display }) {
  const fill = share > 0 && h('i', { class: 'es-gauge-fill', style: `width:${display.share}%` })
  const where = { 'data-stream': stream, 'data-readout': readout, 'data-taken': taken ? 'yes' : 'no', 'data-counts': counts ? 'yes' : 'no' }
  return h(
    'div',
    { class: 'es-gauge', role: 'img', ...where, 'data-verdict': verdict, 'data-share': share, 'aria-label': `${title}: ${display.name}, ${display.share_text}` },
    h('span', { class: 'es-gauge-name' }, title),
    h('span', { class: 'es-gauge-line' }, fill, blindView(display), whiskerView(display)),
    h('span', { class: 'es-gauge-value' }, display.share_text, markView(verdict))
  )
}

/** @param {import('./types.js').Axis} axis */
function axisView({ title, ticks, tip }) {
  const marks = ticks.map(({ place, text }) => h('span', { style: `left:${place}%` }, text))
  return h('div', { class: 'es-gauge es-axis', role: 'img', 'aria-label': tip[0] }, h('span', { class: 'es-gauge-name' }, title), h('span', { class: 'es-gauge-line' }, marks))
}

/** What the bars show, said once under all of them. @param {import('./types.js').LegendItem[]} items */
export function barsLegend(items) {
  return h('div', { class: 'es-legend' }, h('div', { class: 'es-legend-row' }, items.map(sample)))
}

/** @type {Record<string, () => HTMLElement>} */
const SAMPLES = {
  interval: () => h('i', { class: 'es-whisker', style: 'left:20%;width:60%' }),
  blind: () => h('i', { class: 'es-blind', 'data-blind': 'level', style: 'width:60%' })
}
const fill = () => h('i', { class: 'es-gauge-fill', style: 'width:70%' })

/** @param {import('./types.js').LegendItem} item */
function sample({ name, title }) {
  const line = h('span', { class: 'es-gauge-line es-gauge-sample', 'data-taken': name === 'unused' ? 'no' : 'yes', 'aria-hidden': 'true' }, (SAMPLES[name] ?? fill)())
  return h('span', { class: 'es-legend-item', 'data-legend': name }, line, title)
}
