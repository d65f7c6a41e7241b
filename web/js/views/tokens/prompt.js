/**
 * Draws the prompt as typed, read once, with one thin lane under each word for every readout.
 */

import { h } from '../../shared/dom.js'
import { laneView } from './lanes.js'
import { attachWordTips } from './word_tips.js'

/** @typedef {import('./types.js').DisplayedReport} Report */
/** @typedef {import('./types.js').Piece} Piece */

/**
 * @param {Report} report
 * @param {Map<number, string>} [changes] what changed about a word, by its index: these words are outlined
 * @returns {HTMLElement}
 */
export function promptView(report, changes = new Map()) {
  const { label, more } = report.display
  const prompt = h('div', { class: 'es-prompt', dir: 'auto', role: 'list', 'aria-label': label })
  for (const group of tightGroups(report.display.pieces)) {
    const [first] = group
    prompt.append(first.gap)
    if (first.edges.length) prompt.append(edgeView(report, first.edges))
    const drawn = group.map((piece) => pieceView(report, piece, changes))
    prompt.append(...(drawn.length > 1 ? [h('span', { class: 'es-tight' }, drawn)] : drawn))
  }
  prompt.querySelector('.es-word')?.setAttribute('tabindex', '0')
  attachWordTips(prompt, report, changes)
  return more ? h('div', {}, prompt, h('p', { class: 'es-more' }, more)) : prompt
}

/** @param {Piece[]} pieces @returns {Piece[][]} */
function tightGroups(pieces) {
  /** @type {Piece[][]} */
  const groups = []
  for (const piece of pieces) {
    if (piece.tight) groups[groups.length - 1].push(piece)
    else groups.push([piece])
  }
  return groups
}

/**
 * @param {Report} report
 * @param {Piece} piece
 * @param {Map<number, string>} changes
 * @returns {HTMLElement | string}
 */
function pieceView(report, piece, changes) {
  if (piece.word === null) return piece.text
  const word = report.words[piece.word]
  const classes = ['es-word', `es-kind-${word.kind}`, ...word.marks.map((mark) => `es-mark-${mark}`)]
  if (changes.has(piece.word)) classes.push('es-changed')
  return h(
    'span',
    { class: classes.join(' '), role: 'listitem', tabindex: '-1', 'data-word': piece.word, 'data-part': piece.part, 'aria-label': report.display.words[piece.word] },
    h('span', { class: 'es-text' }, piece.text),
    h('span', { class: 'es-lanes', 'aria-hidden': 'true' }, word.lanes.map((state, k) => laneView(state, report.display.hues[k])))
  )
}

/** @param {Report} report @param {number[]} edges */
function edgeView(report, edges) {
  const labels = edges.map((index) => {
    const { stream, window, title } = report.edges[index]
    const inside = report.display.edges[index]
    return h('span', { class: 'es-edge-label', 'data-edge': `${stream}:${window}` }, title, inside && h('em', {}, ` · ${inside}`))
  })
  const rough = edges.some((index) => report.display.edges[index])
  return h('span', { class: `es-edge${rough ? ' es-edge-rough' : ''}`, role: 'separator', dir: 'ltr' }, h('span', { class: 'es-edge-labels' }, labels))
}
