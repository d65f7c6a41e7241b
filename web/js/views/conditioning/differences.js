/**
 * Draws how one CONDITIONING differs from another: the sentence, and a cell for each token that is the fuller the more it changed.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'
import { filled } from '../../shared/translation.js'
import { strand, stripView } from './strips.js'

/** @typedef {import('./types.js').Pair} Pair */
/** @typedef {import('./types.js').ComparedPart} ComparedPart */
/** @typedef {import('./types.js').ConditioningWords} Words */

/** @param {{sentence: string, shown: number, pairs: Pair[]}} differences @param {Words} words */
export function differencesView({ sentence, shown, pairs }, words) {
  const pair = pairs[shown]
  return h(
    'section',
    { class: 'es-side es-differences' },
    h('h4', {}, words.compared),
    h('p', { class: 'es-differences-said' }, sentence),
    pair.sequence.parts.filter(({ compared }) => compared).map((part) => partView(part, pair, words)),
    pooledFacts(pair, words)
  )
}

/** @param {ComparedPart} part @param {Pair} pair @param {Words} words */
function partView({ name, title: owner, start, compared, identical }, { sequence: { cosines, changes, levels } }, words) {
  if (identical === compared) return null // the sentence says so
  const cells = changes.slice(start, start + compared).map((change, k) => ({
    level: levels[start + k],
    tip: [filled(owner ? words.owners_row : words.any_row, { owner, number: k + 1, count: compared }), ...distance(change, cosines[start + k], words)]
  }))
  const title = filled(owner ? words.change_of_rows : words.change, { owner })
  const same = filled(words.identical, { count: count(identical), total: count(compared) })
  return h('div', { 'data-compared': name }, strand(title, same, stripView('change', cells, { words })))
}

/** @param {number | null} change @param {number | null} cosine @param {Words} words */
function distance(change, cosine, words) {
  if (change === null) return [words.no_distance]
  const angle = cosine === null ? words.no_cosine : filled(words.cosine, { cosine })
  return [change === 0 ? words.unchanged : filled(words.changed, { change }), angle]
}

/** @param {Pair} pair @param {Words} words */
function pooledFacts({ pooled }, words) {
  if (pooled.why_not || pooled.identical) return null
  const values = { cosine: pooled.cosine ?? words.no_pooled, change: pooled.change ?? words.no_number }
  return h('p', { class: 'es-more' }, filled(words.pooled_change, values))
}
