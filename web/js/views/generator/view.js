/**
 * Draws one Ignored Words report: the prompt in the ink of its influence, the sentence, then a bar for each phrase, and binding at the
 * text encoder beside binding at the image model.
 */

import { h } from '../../shared/dom.js'
import { fact, listView, verdictView, wordsView } from '../../shared/parts.js'
import { bindingView, partsView } from './bars.js'
import { inkedView } from './inked.js'
import { whereView } from './where.js'

/** @typedef {import('./types.js').GeneratorReport} GeneratorReport */
/** @typedef {import('./types.js').GeneratorDisplay} GeneratorDisplay */

/** @param {GeneratorReport} report @returns {(HTMLElement | null)[]} */
export function generatorView(report) {
  const { sentence, phrases, binding, display } = report
  if (!display) return wordsView(report)
  return [
    inkedView(report),
    verdictView(sentence, display.tone),
    phrases.length ? partsView(report) : null,
    binding.length ? bindingView(report) : null,
    whereView(report),
    h('p', { class: 'es-quiet', 'data-list': 'how' }, display.how),
    listView('notes', display.titles?.notes ?? 'Notes', display.notes),
    h('div', { class: 'es-chips' }, display.facts.map(({ name, text }, k) => (k ? fact(name, text) : h('span', { class: 'es-chip es-chip-family' }, text)))),
    display.legend.length ? legendView(display) : null
  ]
}

/** @param {GeneratorDisplay} display */
function legendView({ legend }) {
  const items = legend.map(({ name, title }) => h('span', { class: 'es-legend-item', 'data-legend': name }, sampleView(name), title))
  return h('div', { class: 'es-legend' }, h('div', { class: 'es-legend-row' }, items))
}

/** @param {string} state @param {number} ink @param {string} text */
const letters = (state, ink, text) => h('span', { class: 'es-ink', 'data-state': state, 'data-ink': ink }, text)

/** @type {Record<string, () => (HTMLElement | string)[]>} */
const LETTERS = {
  used: () => [letters('used', 1, 'a'), ' ', letters('used', 4, 'b')],
  ignored: () => [letters('ignored', 0, 'abc')],
  'cannot tell': () => [letters('cannot tell', 1, 'abc')],
  'cut off': () => [letters('cut off', 0, 'abc')]
}
/** @type {Record<string, () => HTMLElement>} */
const LINES = {
  own: () => h('i', { class: 'es-part-own', style: 'width:70%' }),
  other: () => h('i', { class: 'es-part-fill', style: 'width:70%' }),
  interval: () => h('i', { class: 'es-whisker', style: 'left:20%;width:60%' })
}
const band = () => h('i', { class: 'es-blind', 'data-blind': 'level', style: 'width:60%' })

/** @param {string} name */
function sampleView(name) {
  const sample = LETTERS[name]
  if (sample) return h('span', { class: 'es-ink-sample', 'aria-hidden': 'true' }, sample())
  return h('span', { class: 'es-gauge-line es-gauge-sample', 'data-state': 'used', 'aria-hidden': 'true' }, (LINES[name] ?? band)())
}
