/**
 * What stands behind a verdict: who hears whom, the textbook's cosines, and the four sentences.
 */

import { h } from '../../shared/dom.js'
import { fact, foldView } from '../../shared/parts.js'

/** @typedef {import('./types.js').Contrast} Contrast */
/** @typedef {import('./types.js').Hearing} Hearing */
/** @typedef {Map<string, string>} Titles stream -> title */

const LEAST = 0.001

/** A pair of bars for every word that listens. @param {Hearing[]} all @param {Titles} titles @returns {(HTMLElement | null)[]} */
export function hearingsView(all, titles) {
  const streams = [...new Set(all.map(({ stream }) => stream))]
  return streams.map((stream) => {
    const own = all.filter((one) => one.stream === stream)
    const most = Math.max(...own.flatMap(({ hears }) => hears.map(({ strength }) => strength)))
    const title = streams.length > 1 ? `Which word hears which, in ${titles.get(stream) ?? stream}` : 'Which word hears which'
    return h('section', { class: 'es-hearings', 'data-stream': stream }, h('h5', {}, title), h('div', { class: 'es-hearing-row' }, own.map((one) => hearingView(one, most))))
  })
}

/** @param {Hearing} hearing @param {number} most the strongest of its encoder: bars are measured against it */
function hearingView({ listener, hears, sentence }, most) {
  const bars = hears.map(({ text, strength }, k) => [
    h('span', { class: 'es-hears-name' }, text),
    h('span', { class: 'es-hears-line' }, h('i', { class: 'es-hears', 'data-hue': k, 'data-strength': strength, style: `width:${most > 0 ? (100 * strength) / most : 0}%` })),
    h('span', { class: 'es-gauge-value' }, strengthText(strength))
  ])
  return h('div', { class: 'es-hearing', 'data-listener': listener }, h('b', {}, listener), h('div', { class: 'es-hears-grid' }, bars.flat()), h('p', {}, sentence))
}

/** @param {number} value */
const strengthText = (value) => (value > 0 && value < LEAST ? `< ${LEAST}` : String(Number(value.toPrecision(2))))

/** @param {string} key @param {Contrast} contrast @param {number} threshold @param {Titles} titles */
export function textbookView(key, { textbook }, threshold, titles) {
  if (!textbook.length) return null
  const rows = textbook.map(({ stream, swap, commuted, unrelated, margin, flagged }) =>
    h(
      'div',
      { class: 'es-chips', 'data-textbook': stream, 'data-flagged': flagged ? 'yes' : 'no' },
      h('span', { class: 'es-textbook-name' }, titles.get(stream) ?? stream),
      fact('swap', `the rival ${cosine(swap)}`),
      fact('commuted', `the same, said in the other order ${cosine(commuted)}`),
      fact('unrelated', `something else ${cosine(unrelated)}`),
      fact('margin', `margin ${cosine(margin)}`),
      fact('flagged', flagged ? `flagged: the rival is above ${threshold}` : `not flagged: the rival is not above ${threshold}`, { tone: flagged ? 'warn' : undefined })
    )
  )
  const said = `The textbook's rule, not our verdict: a rival with a cosine above ${threshold} counts as confused. Such a cosine says little about binding; nothing above follows from it.`
  return foldView(key, 'Textbook’s cosines', h('p', { class: 'es-quiet' }, said), ...rows)
}

/** @param {number} value */
const cosine = (value) => value.toFixed(3)

const CELLS = { asked: 'asked', rival: 'rival', asked_again: 'asked, other order', rival_again: 'rival, other order' }

/** @param {string} key @param {Contrast} contrast */
export function cellsView(key, { cells, frames }) {
  const lines = Object.entries(CELLS).map(([name, title]) => [h('dt', {}, title), h('dd', { 'data-cell': name }, cells[/** @type {keyof typeof CELLS} */ (name)])])
  return foldView(key, 'The four sentences', h('dl', { class: 'es-cells' }, lines.flat()), h('p', { class: 'es-quiet' }, `The first of ${frames} ways in which they were said.`))
}
