/**
 * What the cards of a CONDITIONING and of the encoders' states have in common: strips with a cell for each token, and the pooled bar.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'
import { attachTips } from '../../shared/row_tips.js'
import { filled } from '../../shared/translation.js'

/** @typedef {import('./types.js').Pooled} Pooled */
/** @typedef {{level: number | null, tip: string[]}} Cell */

const MAX_CELLS = 2048 // the page stays quick whatever the conditioning

/** @typedef {Record<'all_zero' | 'norm' | 'mean_norm' | 'no_number' | 'more' | 'pooled' | 'numbers', string>} Words */

/** Of reports that bring no words of their own. @type {Words} */
export const WORDS = {
  all_zero: 'all zero',
  norm: 'norm {norm}',
  mean_norm: 'mean norm {norm}',
  no_number: 'not a number',
  more: '… and {count} more tokens, see the JSON',
  pooled: 'Pooled vector',
  numbers: '{count} numbers'
}

/**
 * @param {string} part whose colour: 'clip', 't5', 'change' or 'unknown'
 * @param {Cell[]} cells
 * @param {{unused?: boolean, words?: Words}} [more] unused: the generator does not read these tokens
 * @returns {HTMLElement}
 */
export function stripView(part, cells, { unused, words = WORDS } = {}) {
  const tips = new Map(cells.slice(0, MAX_CELLS).map(({ level, tip }) => [cellView(level), tip]))
  const strip = h('div', { class: 'es-strip', 'data-part': part, 'data-unused': unused, role: 'list' }, [...tips.keys()])
  attachTips(strip, tips)
  const left = cells.length - tips.size
  return left > 0 ? h('div', {}, strip, h('p', { class: 'es-more' }, filled(words.more, { count: count(left) }))) : strip
}

/** A level tells how strong the colour is; 0 is hollow, and what is no number is crossed out. @param {number | null} level */
function cellView(level) {
  return h('i', { class: 'es-cell', role: 'listitem', 'data-level': level ?? 'none', style: level ? `--es-level:${level}` : null })
}

/** @param {string} title @param {string} text @param {...(Node | null)} content */
export function strand(title, text, ...content) {
  return h('section', { class: 'es-strand' }, h('h4', {}, title, h('span', { class: 'es-strand-text' }, text)), ...content)
}

/** A bar as long as the vector, a piece for each encoder's columns. @param {Pooled} pooled @param {Words} [words] @returns {HTMLElement} */
export function pooledView(pooled, words = WORDS) {
  const parts = pooled.parts.length ? pooled.parts : [{ name: '', title: '', start: 0, stop: columns(pooled), norm: pooled.norm, zero: pooled.zero }]
  const pieces = parts.map(({ name, title, start, stop, norm, zero }) =>
    h(
      'div',
      { class: 'es-pooled-part', 'data-pooled': name, 'data-zero': zero, style: `flex-grow:${stop - start}` },
      h('span', {}, [title, `${count(stop - start)}`, lengthText(zero, norm, words.norm, words)].filter(Boolean).join(' · '))
    )
  )
  const numbers = filled(words.numbers, { count: count(columns(pooled)) })
  return strand(words.pooled, `${numbers}, ${lengthText(pooled.zero, pooled.norm, words.norm, words)}`, h('div', { class: 'es-pooled' }, pieces))
}

/** @param {string} why @param {Words & {no_pooled: string}} words */
export const noPooledView = (why, words) => strand(words.pooled, words.no_pooled, h('p', { class: 'es-absent', 'data-pooled': 'none' }, why))

/** @param {Pooled} pooled */
const columns = ({ shape }) => shape[shape.length - 1]

/** @param {boolean} zero @param {number | null} norm @param {string} [template] with the norm in it @param {Words} [words] */
export const lengthText = (zero, norm, template = WORDS.norm, words = WORDS) => (zero ? words.all_zero : filled(template, { norm: norm ?? words.no_number }))

/** '1 × 231 × 4096, float32'. @param {{shape: number[], dtype: string, bad: string}} of */
export const sizeText = ({ shape, dtype, bad }) => `${shape.join(' × ')}, ${dtype}${bad ? ` (${bad})` : ''}`

/** '25 %'. @param {number} share */
export const percent = (share) => `${Number((100 * share).toPrecision(4))} %`
