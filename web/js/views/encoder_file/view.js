/**
 * Draws one encoder report: what the file is, its numbers, who takes it, and what is wrong with it. The report says it all.
 */

import { h } from '../../shared/dom.js'
import { foldList, verdictView } from '../../shared/parts.js'
import { fitsView } from './fits.js'
import { dtypesView, factsView } from './weights.js'

/** @typedef {import('./types.js').EncoderReport} EncoderReport */
/** @typedef {import('./types.js').Encoder} Encoder */

/** @param {EncoderReport} report @returns {(HTMLElement | null)[]} */
export function encoderView({ verdict, encoders, kind, notes, files, display }) {
  if (!display) return [verdictView(verdict, 'open'), foldList('notes', 'Good to know', notes)]
  const alone = encoders.length === 1 ? encoders[0] : null
  return [
    h('h3', { class: 'es-title', dir: 'auto' }, display.title),
    verdictView(verdict, display.tone),
    h('div', { class: 'es-chips' }, alone && factsView(alone.display.facts), factsView(display.facts)),
    ...encoders.map((encoder, k) => encoderSection(encoder, k, !alone)),
    kind === 'encoder' ? null : foldList('notes', 'Good to know', notes),
    hashesView(files)
  ]
}

/** @param {Encoder} encoder @param {number} index @param {boolean} titled one of several: with a title and facts of its own */
function encoderSection({ name, title, prefix, notes, display }, index, titled) {
  const key = `${prefix}${name}`
  return h(
    'section',
    { class: titled ? 'es-encoder es-side' : 'es-encoder', 'data-encoder': index },
    titled && h('h4', {}, title, prefix && h('code', {}, prefix)),
    titled && h('div', { class: 'es-chips' }, factsView(display.facts)),
    fitsView(display.fits, key),
    dtypesView(display.dtypes),
    problems(`${key}:serious`, 'Key problems', display.serious, 'warn'),
    problems(`${key}:harmless`, 'Harmless keys', display.harmless),
    foldList(`${key}:notes`, 'Good to know', notes)
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
