/**
 * Draws the prompt with an arc from each property to its thing. The words wrap as text does; the arcs lie over them and are measured
 * again whenever the words may have moved.
 */

import { h } from '../../shared/dom.js'
import { attachTips } from '../../shared/row_tips.js'

/** @typedef {import('./types.js').ProbeReport} ProbeReport */
/** @typedef {import('./types.js').Tie} Tie */
/** @typedef {import('./types.js').Piece} Piece */
/** @typedef {{x: number, line: number, top: number}} End where an arc meets a word, in pixels of the prompt */

const STEP = 9
const GAP = 3
const BEND = 9
const SPACE = 'http://www.w3.org/2000/svg'

/** @param {ProbeReport['display']} display @returns {HTMLElement} */
export function arcsView({ ties, groups, complete, spoken, headings }) {
  /** @type {Map<number, HTMLElement>} */
  const words = new Map()
  const content = groups.map(({ tight, pieces }) => {
    const drawn = pieces.map((piece) => pieceView(piece, words))
    return tight ? [h('span', { class: 'es-tight' }, drawn)] : drawn
  })
  const overlay = svg('svg', { class: 'es-arcs', 'aria-hidden': 'true' })
  const prompt = h('div', { class: 'es-prompt es-probed', dir: 'auto', role: 'group', 'aria-label': spoken }, content.flat(), /** @type {any} */ (overlay))
  follow(prompt, overlay, ties, words)
  attachTips(prompt, new Map(groups.flatMap(({ pieces }) => pieces.flatMap(({ start, tip }) => (tip ? [[wordAt(words, start), tip]] : [])))))
  return complete ? prompt : h('div', {}, prompt, h('p', { class: 'es-more' }, headings.more))
}

/** @param {Piece} piece @param {Map<number, HTMLElement>} words by their first character */
function pieceView({ text, start, lift, tip }, words) {
  if (!lift) return text
  const word = h('span', { class: 'es-tied', 'data-end': tip !== null, style: `--es-lift:${lift}` }, text)
  words.set(start, word)
  return word
}

/** @param {Map<number, HTMLElement>} words @param {number} start */
const wordAt = (words, start) => /** @type {HTMLElement} */ (words.get(start))

/** The words of a range. @param {[number, number]} range @param {Map<number, HTMLElement>} words */
function within([start, end], words) {
  return [...words].flatMap(([at, word]) => (at >= start && at < end ? [word] : []))
}

/** Draws the arcs now and whenever the words get another place: also when a hidden card is shown. */
function follow(/** @type {HTMLElement} */ prompt, /** @type {SVGElement} */ overlay, /** @type {Tie[]} */ tied, /** @type {Map<number, HTMLElement>} */ words) {
  if (!tied.length) return
  const sizes = new ResizeObserver(() => {
    if (!prompt.clientWidth) return
    overlay.replaceChildren(...tied.flatMap((tie) => tieView(tie, prompt, words)))
  })
  for (const element of [prompt, ...[...words.values()].filter((word) => word.dataset.end !== undefined)]) sizes.observe(element)
}

/** @param {Tie} tie @param {HTMLElement} prompt @param {Map<number, HTMLElement>} words */
function tieView({ from: start, to: stop, seats, level, contrasts, verdict }, prompt, words) {
  const found = [start, stop].map((range, k) => endOf(within(range, words), seats[k]))
  if (found.some((end) => end === null)) return []
  const [from, to] = /** @type {[End, End]} */ (found)
  const lines = [...new Map([...words.values()].map((word) => [bottom(word), textTop(word)]))].sort(([a], [b]) => a - b)
  const marks = [svg('circle', { cx: from.x, cy: from.top - GAP, r: 2.2 }), svg('path', { class: 'es-arrow', d: `M${to.x - 3.5} ${to.top - GAP - 4}h7l-3.5 5z` })]
  const path = svg('path', { class: 'es-arc', d: route(from, to, level, prompt.clientWidth, lines) })
  return [svg('g', { 'data-contrasts': contrasts.join(' '), 'data-verdict': verdict, 'data-lines': from.line === to.line ? 1 : 2 }, path, ...marks)]
}

/** Where on its word an arc ends: several arcs share a word by seats. @param {HTMLElement[]} words @param {number} seat @returns {End | null} */
function endOf(words, seat) {
  const [first] = words
  if (!first) return null
  const row = words.filter((word) => bottom(word) === bottom(first))
  const left = Math.min(...row.map((word) => word.offsetLeft))
  const right = Math.max(...row.map((word) => word.offsetLeft + word.offsetWidth))
  return { x: left + (right - left) * seat, line: bottom(first), top: textTop(first) }
}

/** @param {HTMLElement} word */
const bottom = (word) => word.offsetTop + word.offsetHeight

/** @param {HTMLElement} word */
const textTop = (word) => word.offsetTop + parseFloat(getComputedStyle(word).paddingTop)

/** Up, across and down; over several lines it runs out at one margin and comes back in at the other. */
function route(/** @type {End} */ from, /** @type {End} */ to, /** @type {number} */ level, /** @type {number} */ width, /** @type {[number, number][]} */ lines) {
  const rise = GAP + 2 + STEP * level
  const [first, last] = from.line < to.line || (from.line === to.line && from.x <= to.x) ? [from, to] : [to, from]
  const same = first.line === last.line
  const bend = same ? Math.min(BEND, (last.x - first.x) / 2) : BEND
  const [out, back] = [first.top - rise, last.top - rise]
  const up = `M${first.x} ${first.top - GAP}V${out + BEND}Q${first.x} ${out} ${first.x + bend} ${out}`
  const down = `H${last.x - bend}Q${last.x} ${back} ${last.x} ${back + BEND}V${last.top - GAP}`
  if (same) return up + down
  const between = lines.flatMap(([line, top]) => (line > first.line && line < last.line ? [`M0 ${top - rise}H${width}`] : []))
  return `${up}H${width}${between.join('')}M0 ${back}${down}`
}

/** @param {string} tag @param {Record<string, unknown>} attributes @param {...SVGElement} children */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SPACE, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return /** @type {SVGElement} */ (element)
}
