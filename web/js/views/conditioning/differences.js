/**
 * Draws how one CONDITIONING differs from another: the sentence, and a cell for each token that is the fuller the more it changed.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'
import { numeral, strand, stripView } from './strips.js'

/** @typedef {import('./types.js').Pair} Pair */
/** @typedef {import('./types.js').ComparedPart} ComparedPart */

/** @param {{sentence: string, shown: number, pairs: Pair[]}} differences */
export function differencesView({ sentence, shown, pairs }) {
  const pair = pairs[shown]
  return h(
    'section',
    { class: 'es-side es-differences' },
    h('h4', {}, 'Compared with the other conditioning'),
    h('p', { class: 'es-differences-said' }, sentence),
    pair.sequence.parts.filter(({ compared }) => compared).map((part) => partView(part, pair)),
    pooledFacts(pair)
  )
}

/** @param {ComparedPart} part @param {Pair} pair */
function partView({ name, title, start, compared, identical }, { sequence: { cosines, changes, levels } }) {
  if (identical === compared) return null // the sentence says so
  const cells = changes.slice(start, start + compared).map((change, k) => ({
    level: levels[start + k],
    tip: [`${title || 'Row'} ${k + 1} of ${compared}`, ...distance(change, cosines[start + k])]
  }))
  return h('div', { 'data-compared': name }, strand(title ? `Change of the ${title} rows` : 'Change of the rows', `${count(identical)} of ${count(compared)} identical`, stripView('change', cells)))
}

/** @param {number | null} change @param {number | null} cosine */
function distance(change, cosine) {
  if (change === null) return ['distance unknown: one of them holds no numbers']
  const angle = cosine === null ? 'no cosine: one of them is zero' : `cosine ${cosine}`
  return [change === 0 ? 'identical or zero in both' : `change ${numeral(change)} of the longer one`, angle]
}

/** @param {Pair} pair */
function pooledFacts({ pooled }) {
  if (pooled.why_not || pooled.identical) return null
  const told = [`cosine ${pooled.cosine ?? 'none'}`, `change ${numeral(pooled.change)}`].join(' · ')
  return h('p', { class: 'es-more' }, `Pooled vector: ${told}`)
}
