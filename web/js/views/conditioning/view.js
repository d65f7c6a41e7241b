/**
 * Draws one conditioning report: a cell for every token, the pooled vector, the schedule, then the sentence, the keys and the differences.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'
import { fact, foldList, verdictView, wordsView } from '../../shared/parts.js'
import { differencesView } from './differences.js'
import { lengthText, noPooledView, numeral, percent, pooledView, sizeText, strand, stripView, WORDS } from './strips.js'
import { timelineView } from './timeline.js'

/** @typedef {import('./types.js').ConditioningReport} ConditioningReport */
/** @typedef {import('./types.js').Entry} Entry */
/** @typedef {import('./types.js').Rows} Rows */

const MAX_ENTRIES = 24

/** @param {ConditioningReport} report @returns {(HTMLElement | null)[]} */
export function conditioningView(report) {
  const { entries, timeline, differences, notes, sentence, display } = report
  if (!display) return wordsView({ sentence, notes })
  const [first, ...others] = entries
  return [
    others.length ? h('h4', { class: 'es-entry-name' }, first.display.title) : null,
    pictureView(first, 0),
    timeline.length ? timelineView(timeline) : null,
    verdictView(sentence, display.tone),
    noteList(notes),
    keysView(first),
    differences && differencesView(differences),
    ...others.slice(0, MAX_ENTRIES).map((entry, k) => lazyFold(`entry:${k + 1}`, entry.display.title, () => [pictureView(entry, k + 1), keysView(entry), detailsView(entry, k + 1)])),
    others.length > MAX_ENTRIES ? h('p', { class: 'es-more' }, `… and ${count(others.length - MAX_ENTRIES)} more entries, see the JSON`) : null,
    detailsView(first, 0)
  ]
}

/** @param {Entry} entry @param {number} index */
function pictureView({ sequence, pooled, no_pooled: without }, index) {
  const strands = sequence.rows.map((rows) => rowsView(rows, sequence))
  return h('div', { class: 'es-picture', 'data-entry': index }, strands, pooled ? pooledView(pooled) : noPooledView(without))
}

/** @param {Rows} rows @param {import('./types.js').Sequence} sequence */
function rowsView(rows, { norms, levels, shape }) {
  const { name, start, stop, zero } = rows
  const title = `${rows.title} rows`
  const cells = norms.slice(start, stop).map((norm, k) => ({
    level: levels[start + k],
    tip: [`${title.slice(0, -1)} ${k + 1} of ${stop - start}`, norm === 0 ? 'all zero' : `norm ${numeral(norm)}`, start > 0 ? `token ${start + k + 1} of the sequence` : '']
  }))
  const told = `${count(stop - start)} × ${count(shape[shape.length - 1])}, ${lengthText(zero, rows.mean_norm, WORDS.mean_norm)}`
  return strand(title, told, stripView(name, cells))
}

/** @param {string[]} notes */
function noteList(notes) {
  return notes.length ? h('ul', { class: 'es-said' }, notes.map((note) => h('li', {}, note))) : null
}

/** Every key of the dictionary, by its own name in the tooltip. @param {Entry} entry */
function keysView({ mask, keys }) {
  const facts = keys.map(({ name, title, what }) => {
    const kept = mask && name === 'attention_mask'
    return fact(`key:${name}`, kept ? `mask keeps ${count(mask.kept)} of ${count(mask.total)} tokens` : `${title}: ${what}`, { title: name })
  })
  return facts.length ? h('div', { class: 'es-chips' }, facts) : null
}

/** @param {Entry} entry @param {number} index */
function detailsView({ layout, sequence, pooled, schedule, mask }, index) {
  return foldList(`details:${index}`, 'Details', [
    ...(layout.sentence ? [layout.sentence] : []),
    `Sequence: ${sizeText(sequence)}${sequence.shape[0] > 1 && sequence.shape.length > 2 ? '; drawn is the first of the batch' : ''}`,
    ...(pooled ? [`Pooled vector: ${sizeText(pooled)}`] : []),
    ...(mask ? [`Mask: ${mask.shape.join(' × ')}`] : []),
    `Holds from ${percent(schedule.start)} to ${percent(schedule.end)} of the sampling`
  ])
}

/** Drawn when it is opened: a long schedule holds many entries. @param {string} key @param {string} title @param {() => (Node | null)[]} draw */
function lazyFold(key, title, draw) {
  const box = h('details', { class: 'es-notes', 'data-key': key }, h('summary', {}, title))
  const body = h('div', { class: 'es-body es-folded' })
  box.append(body)
  box.addEventListener('toggle', () => body.childElementCount || body.append(...draw().filter((node) => node !== null)))
  return box
}
