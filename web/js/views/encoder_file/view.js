/**
 * Draws one encoder report: what the file is, its numbers, who takes it, and what is wrong with it. The report says it all.
 */

import { h } from '../../shared/dom.js'
import { foldList, verdictView } from '../../shared/parts.js'
import { fitsView } from './fits.js'
import { dtypesView, factsView } from './weights.js'

/** @typedef {import('./types.js').EncoderReport} EncoderReport */
/** @typedef {import('./types.js').Encoder} Encoder */

/** Of reports of older versions, which are English. @type {import('./types.js').Labels} */
const LABELS = {
  notes: 'Good to know',
  near: 'Does not fit',
  others: 'Take no encoder of this kind',
  serious: 'Key problems',
  harmless: 'Harmless keys'
}

/** @param {EncoderReport} report @returns {(HTMLElement | null)[]} */
export function encoderView({ verdict, encoders, kind, notes, files, display }) {
  if (!display) return [verdictView(verdict, 'open'), foldList('notes', LABELS.notes, notes)]
  const labels = display.labels ?? LABELS
  const alone = encoders.length === 1 ? encoders[0] : null
  return [
    h('h3', { class: 'es-title', dir: 'auto' }, display.title),
    verdictView(verdict, display.tone),
    h('div', { class: 'es-chips' }, alone && factsView(alone.display.facts), factsView(display.facts)),
    ...encoders.map((encoder, k) => encoderSection(encoder, k, !alone, labels)),
    kind === 'encoder' ? null : foldList('notes', labels.notes, notes),
    hashesView(files)
  ]
}

/** @param {Encoder} encoder @param {number} index @param {boolean} titled one of several: with a title and facts of its own @param {import('./types.js').Labels} labels */
function encoderSection({ name, title, prefix, notes, display }, index, titled, labels) {
  const key = `${prefix}${name}`
  return h(
    'section',
    { class: titled ? 'es-encoder es-side' : 'es-encoder', 'data-encoder': index },
    titled && h('h4', {}, title, prefix && h('code', {}, prefix)),
    titled && h('div', { class: 'es-chips' }, factsView(display.facts)),
    fitsView(display.fits, labels, key),
    dtypesView(display.dtypes),
    problems(`${key}:serious`, labels.serious, display.serious, 'warn'),
    problems(`${key}:harmless`, labels.harmless, display.harmless),
    foldList(`${key}:notes`, labels.notes, notes)
  )
}

/** @param {string} key @param {string} title @param {import('./types.js').KeyGroup[]} groups @param {string} [tone] */
function problems(key, title, groups, tone) {
  return foldList(key, title, groups.map(({ keys, text }) => h('span', {}, h('code', {}, keys), text)), tone)
}

/** @param {EncoderReport['files']} files */
function hashesView(files) {
  const lines = files.flatMap(({ name, sha256 }) => (sha256 ? [h('span', {}, `${name}: `, h('code', {}, sha256))] : []))
  return foldList('hashes', 'SHA-256', lines)
}
