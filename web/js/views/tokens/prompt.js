/**
 * Draws the prompt as typed, read once, with one thin lane under each word for every readout.
 */

import { h } from '../../shared/dom.js'
import { hue, laneView, stateTitle } from './lanes.js'
import { MAX_WORDS, pieces } from './pieces.js'
import { attachWordTips } from './word_tips.js'

/** @typedef {import('./types.js').Report} Report */
/** @typedef {import('./types.js').Word} Word */
/** @typedef {import('./types.js').Edge} Edge */
/** @typedef {import('./pieces.js').Piece} Piece */

const MAX_TIGHT = 32

/**
 * @param {Report} report
 * @param {Map<number, string>} [changes] what changed about a word, by its index: these words are outlined
 * @returns {HTMLElement}
 */
export function promptView(report, changes = new Map()) {
  const prompt = h('div', { class: 'es-prompt', dir: 'auto', role: 'list', 'aria-label': label(report) })
  for (const group of tightGroups(pieces(report))) {
    if (group[0].gap) prompt.append(group[0].gap)
    if (group[0].edges.length) prompt.append(edgeView(group[0].edges))
    const drawn = group.filter(({ word }) => word !== null).map((piece) => pieceView(report, piece, changes))
    prompt.append(...(drawn.length > 1 ? [h('span', { class: 'es-tight' }, drawn)] : drawn))
  }
  prompt.querySelector('.es-word')?.setAttribute('tabindex', '0')
  attachWordTips(prompt, report, changes)
  const left = report.words.length - MAX_WORDS
  return left > 0 ? h('div', {}, prompt, moreView(left)) : prompt
}

/** @param {Report} report */
function label(report) {
  return `The prompt word by word. Lanes from top to bottom: ${report.readouts.map(({ title }) => title).join('; ') || 'none'}.`
}

/** @param {number} left */
function moreView(left) {
  return h('p', { class: 'es-more' }, `… and ${left.toLocaleString('en')} more in the node's JSON output`)
}

/**
 * Pieces that touch as typed ("dog,") stay on one line, unless together they are long (Chinese and Japanese break anywhere).
 *
 * @param {Piece[]} all
 * @returns {Piece[][]}
 */
function tightGroups(all) {
  /** @type {Piece[][]} */
  const groups = []
  let length = 0
  for (const piece of all) {
    length += piece.text.length
    const loose = piece.gap || piece.edges.length || piece.word === null || length > MAX_TIGHT
    if (groups.length && !loose) groups[groups.length - 1].push(piece)
    else {
      groups.push([piece])
      length = piece.text.length
    }
  }
  return groups
}

/**
 * @param {Report} report
 * @param {Piece} piece
 * @param {Map<number, string>} changes
 */
function pieceView(report, piece, changes) {
  const index = /** @type {number} */ (piece.word)
  const word = report.words[index]
  const classes = ['es-word', `es-kind-${word.kind}`, ...word.marks.map((mark) => `es-mark-${mark}`)]
  if (word.lost && !word.marks.includes('lost')) classes.push('es-mark-lost')
  if (changes.has(index)) classes.push('es-changed')
  return h(
    'span',
    { class: classes.join(' '), role: 'listitem', tabindex: '-1', 'data-word': index, 'data-part': piece.part, 'aria-label': spoken(report, word) },
    h('span', { class: 'es-text' }, piece.text),
    h('span', { class: 'es-lanes', 'aria-hidden': 'true' }, word.lanes.map((state, k) => laneView(state, hue(k))))
  )
}

/** What a screen reader says of a word. @param {Report} report @param {Word} word */
function spoken(report, word) {
  const lanes = word.kind === 'syntax' ? ['weight syntax'] : word.lanes.map((state, k) => `${report.readouts[k]?.title ?? ''}: ${stateTitle(report, state)}`)
  return [word.text, word.lost && 'lost', ...lanes].filter(Boolean).join(', ')
}

const INSIDE = { word: 'inside a word', phrase: 'inside a phrase', between: '' }

/** @param {Edge[]} edges */
function edgeView(edges) {
  const labels = edges.map((edge) => {
    const where = INSIDE[edge.inside] ?? ''
    return h('span', { class: 'es-edge-label', 'data-edge': `${edge.stream}:${edge.window}` }, edge.title, where && h('em', {}, ` · ${where}`))
  })
  const rough = edges.some(({ inside }) => inside !== 'between')
  return h('span', { class: `es-edge${rough ? ' es-edge-rough' : ''}`, role: 'separator', dir: 'ltr' }, h('span', { class: 'es-edge-labels' }, labels))
}
