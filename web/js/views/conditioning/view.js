/**
 * Draws one conditioning report: the sentence, the differences, a cell for every token, the pooled vector, the schedule and the keys.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'
import { fact, foldList, verdictView, wordsView } from '../../shared/parts.js'
import { filled } from '../../shared/translation.js'
import { differencesView } from './differences.js'
import { lengthText, noPooledView, percent, pooledView, sizeText, strand, stripView, WORDS } from './strips.js'
import { timelineView } from './timeline.js'

/** @typedef {import('./types.js').ConditioningReport} ConditioningReport */
/** @typedef {import('./types.js').Entry} Entry */
/** @typedef {import('./types.js').Rows} Rows */
/** @typedef {import('./types.js').ConditioningWords} Words */

const MAX_ENTRIES = 24

/** Of reports of earlier versions, which are English. @type {Words} */
const OLDER = {
  ...WORDS,
  no_pooled: 'none',
  rows: '{owner} rows',
  row: '{owner} row {number} of {count}',
  place: 'token {number} of the sequence',
  mask_keeps: 'mask keeps {kept} of {count} tokens',
  details: 'Details',
  sequence_size: 'Sequence: {size}',
  first_of_batch: 'Sequence: {size}; drawn is the first of the batch',
  pooled_size: 'Pooled vector: {size}',
  mask_size: 'Mask: {size}',
  holds: 'Holds from {start} to {end} of the sampling',
  more_entries: '… and {count} more entries, see the JSON',
  timeline: 'When each part holds',
  first_to_last: 'first step to last',
  more_tracks: '… and {rest} more, see the JSON',
  compared: 'Compared with the other conditioning',
  change_of_rows: 'Change of the {owner} rows',
  change: 'Change of the rows',
  identical: '{count} of {total} identical',
  owners_row: '{owner} {number} of {count}',
  any_row: 'Row {number} of {count}',
  no_distance: 'distance unknown: one of them holds no numbers',
  no_cosine: 'no cosine: one of them is zero',
  cosine: 'cosine {cosine}',
  unchanged: 'identical or zero in both',
  changed: 'change {change} of the longer one',
  pooled_change: 'Pooled vector: cosine {cosine} · change {change}'
}

/** @param {ConditioningReport} report @returns {(HTMLElement | null)[]} */
export function conditioningView(report) {
  const { entries, timeline, differences, notes, sentence, display } = report
  if (!display) return wordsView({ sentence, notes })
  const words = display.words ?? OLDER
  const [first, ...others] = entries
  return [
    verdictView(sentence, display.tone),
    noteList(notes),
    differences && differencesView(differences, words),
    others.length ? h('h4', { class: 'es-entry-name' }, first.display.title) : null,
    pictureView(first, 0, words),
    timeline.length ? timelineView(timeline, words) : null,
    keysView(first, words),
    ...others.slice(0, MAX_ENTRIES).map((entry, k) => lazyFold(`entry:${k + 1}`, entry.display.title, () => [pictureView(entry, k + 1, words), keysView(entry, words), detailsView(entry, k + 1, words)])),
    others.length > MAX_ENTRIES ? h('p', { class: 'es-more' }, filled(words.more_entries, { count: count(others.length - MAX_ENTRIES) })) : null,
    detailsView(first, 0, words)
  ]
}

/** @param {Entry} entry @param {number} index @param {Words} words */
function pictureView({ sequence, pooled, no_pooled: without }, index, words) {
  const strands = sequence.rows.map((rows) => rowsView(rows, sequence, words))
  return h('div', { class: 'es-picture', 'data-entry': index }, strands, pooled ? pooledView(pooled, words) : noPooledView(without, words))
}

/** @param {Rows} rows @param {import('./types.js').Sequence} sequence @param {Words} words */
function rowsView(rows, { norms, levels, shape }, words) {
  const { name, title: owner, start, stop, zero } = rows
  const cells = norms.slice(start, stop).map((norm, k) => ({
    level: levels[start + k],
    tip: [filled(words.row, { owner, number: k + 1, count: stop - start }), lengthText(norm === 0, norm, words.norm, words), start > 0 ? filled(words.place, { number: start + k + 1 }) : '']
  }))
  const told = `${count(stop - start)} × ${count(shape[shape.length - 1])}, ${lengthText(zero, rows.mean_norm, words.mean_norm, words)}`
  return strand(filled(words.rows, { owner }), told, stripView(name, cells, { words }))
}

/** @param {string[]} notes */
function noteList(notes) {
  return notes.length ? h('ul', { class: 'es-said' }, notes.map((note) => h('li', {}, note))) : null
}

/** Every key of the dictionary, by its own name in the tooltip. @param {Entry} entry @param {Words} words */
function keysView({ mask, keys }, words) {
  const facts = keys.map(({ name, title, what }) => {
    const kept = mask && name === 'attention_mask'
    return fact(`key:${name}`, kept ? filled(words.mask_keeps, { kept: count(mask.kept), count: count(mask.total) }) : `${title}: ${what}`, { title: name })
  })
  return facts.length ? h('div', { class: 'es-chips' }, facts) : null
}

/** @param {Entry} entry @param {number} index @param {Words} words */
function detailsView({ layout, sequence, pooled, schedule, mask }, index, words) {
  const several = sequence.shape[0] > 1 && sequence.shape.length > 2
  return foldList(`details:${index}`, words.details, [
    ...(layout.sentence ? [layout.sentence] : []),
    filled(several ? words.first_of_batch : words.sequence_size, { size: sizeText(sequence) }),
    ...(pooled ? [filled(words.pooled_size, { size: sizeText(pooled) })] : []),
    ...(mask ? [filled(words.mask_size, { size: mask.shape.join(' × ') })] : []),
    filled(words.holds, { start: percent(schedule.start), end: percent(schedule.end) })
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
