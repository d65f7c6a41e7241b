/**
 * Draws the bars: what each phrase decides, with its interval and what swapping filler words does; and binding at the text encoder
 * beside binding at the image model.
 */

import { h } from '../../shared/dom.js'
import { whiskerView } from '../../shared/outcomes.js'
import { foldView } from '../../shared/parts.js'
import { attachTips } from '../../shared/row_tips.js'

/** @typedef {import('./types.js').GeneratorReport} GeneratorReport */
/** @typedef {import('./types.js').Phrase} Phrase */
/** @typedef {import('./types.js').Measured} Measured */
/** @typedef {import('./types.js').Judged} Judged */
/** @typedef {Map<HTMLElement, string[]>} Tips */

/** @param {GeneratorReport} report */
export function partsView({ phrases, display: { seen, folded, more, floor, axis, titles } }) {
  /** @type {Tips} */
  const tips = new Map()
  const list = (/** @type {number[]} */ indices) => h('div', { class: 'es-parts', role: 'list' }, indices.map((index) => phraseView(phrases[index], index, floor, tips)))
  const first = list(seen)
  const filler = floorView(floor)
  const line = axisView(axis)
  tips.set(filler, floor.tip)
  tips.set(line, axis.tip)
  const rest = folded.length ? foldView('phrases', more, list(folded)) : null
  const box = h('section', { class: 'es-contrast' }, h('h4', {}, titles?.bars ?? 'How much of the picture each phrase decides'), first, filler, line, rest)
  attachTips(box, tips)
  return box
}

/** @param {Phrase} phrase @param {number} index @param {import('./types.js').Floor} floor @param {Tips} tips */
function phraseView({ text, display }, index, floor, tips) {
  const { state, state_text: words, sign, share_text: share, route, said, tip } = display
  const row = h(
    'div',
    { class: 'es-part', 'data-state': state, 'data-phrase': index, role: 'img', 'aria-label': `${text}: ${words}, ${share}` },
    h('span', { class: 'es-part-name' }, text),
    h('span', { class: 'es-gauge-line' }, fillView(display), bandView(floor.width), whiskerView(display)),
    h('span', { class: 'es-gauge-value' }, share),
    h('span', { class: 'es-part-state' }, h('b', { class: 'es-part-sign', 'aria-hidden': 'true' }, sign), route || words)
  )
  tips.set(row, tip)
  return h('div', { role: 'listitem' }, row, said && h('p', { class: 'es-quiet es-part-said' }, said))
}

/** Hollow as far as it acts, filled as far as its own words do. @param {import('./types.js').PhraseDisplay} display */
function fillView({ width, own, beyond }) {
  if (!width) return null
  return [h('i', { class: 'es-part-fill', style: `width:${width}%`, 'data-beyond': beyond }), h('i', { class: 'es-part-own', style: `width:${own ?? width}%`, 'data-beyond': beyond && own === null })]
}

/** @param {number} width */
const bandView = (width) => h('i', { class: 'es-blind', 'data-blind': 'level', style: `width:${width}%` })

/** @param {import('./types.js').Floor} floor */
function floorView({ width, interval, text, share_text: share, tip }) {
  const line = h('span', { class: 'es-gauge-line' }, bandView(width), whiskerView({ interval }))
  return h('div', { class: 'es-part es-part-floor', role: 'img', 'aria-label': `${tip[0]}: ${share}` }, h('span', { class: 'es-part-name' }, text), line, h('span', { class: 'es-gauge-value' }, share))
}

/** @param {import('./types.js').Axis} axis */
function axisView({ title, ticks, tip }) {
  const marks = ticks.map(({ place, text }) => h('span', { style: `left:${place}%` }, text))
  return h('div', { class: 'es-part es-axis', role: 'img', 'aria-label': tip[0] }, h('span', { class: 'es-part-name' }, title), h('span', { class: 'es-gauge-line' }, marks))
}

/** @param {GeneratorReport} report */
export function bindingView({ binding, display: { binding_axis: axis, titles } }) {
  /** @type {Tips} */
  const tips = new Map()
  const entries = binding.map(({ label, sentence, display: { encoder, generator, tip } }) => {
    const rows = [encoder && rowView(titles?.encoder ?? 'text encoder', encoder, 'encoder', solidView(encoder)), rowView(titles?.generator ?? 'image model', generator, generator.beyond ? 'bound' : 'lost', judgedView(generator))]
    for (const row of rows) if (row) tips.set(row, tip)
    return h('div', { class: 'es-parts es-bound', 'data-beyond': generator.beyond ? 'yes' : 'no' }, h('b', {}, label), rows, h('p', { class: 'es-quiet es-part-said' }, sentence))
  })
  const line = axisView(axis)
  tips.set(line, axis.tip)
  const box = h('section', { class: 'es-contrast' }, h('h4', {}, titles?.binding ?? 'Which belongs to which: text encoder and image model'), entries, line)
  attachTips(box, tips)
  return box
}

/** @param {string} name @param {Measured} measured @param {string} side @param {(Node | null)[]} line */
function rowView(name, { share_text: share, text }, side, line) {
  return h(
    'div',
    { class: 'es-part', 'data-side': side, role: 'img', 'aria-label': `${name}: ${share}, ${text}` },
    h('span', { class: 'es-part-name' }, name),
    h('span', { class: 'es-gauge-line' }, line),
    h('span', { class: 'es-gauge-value' }, share),
    h('span', { class: 'es-part-state' }, text)
  )
}

/** @param {Measured} measured */
const solidView = ({ share }) => [h('i', { class: 'es-part-own', style: `width:${share}%` })]

/** Hollow where it does not leave the band of what binds nothing. @param {Judged} judged */
function judgedView({ share, beyond, null: [, level], interval }) {
  return [h('i', { class: beyond ? 'es-part-own' : 'es-part-fill', style: `width:${share}%` }), bandView(level), whiskerView({ interval })]
}
