/**
 * Draws one encoder report: what the file is, its numbers, who takes it, and what is wrong with it. The report says it all.
 */

import { h } from '../../shared/dom.js'
import { count, size, tensors } from '../../shared/numbers.js'
import { fact, foldList, verdictView } from '../../shared/parts.js'
import { fitsView } from './fits.js'
import { dtypesView, shape } from './weights.js'

/** @typedef {import('./types.js').EncoderReport} EncoderReport */
/** @typedef {import('./types.js').Encoder} Encoder */
/** @typedef {import('./types.js').KeyGroup} KeyGroup */

const SHOWN = 3 // keys of one reason
const ARCHITECTURES = { clip: 'CLIP', siglip: 'SigLIP', t5: 'T5', bert: 'BERT', llm: 'language model' }
const WHERE = {
  file: 'stored beside the weights',
  folder: "in the model's folder",
  host: 'ComfyUI has it',
  missing: 'not here',
  unknown: 'of a kind that EncoderScope does not know'
}

/** @param {EncoderReport} report @returns {(HTMLElement | null)[]} */
export function encoderView(report) {
  const alone = report.encoders.length === 1 ? report.encoders[0] : null
  return [
    h('h3', { class: 'es-title', dir: 'auto' }, report.title || report.name),
    verdictView(report.verdict, tone(report)),
    h('div', { class: 'es-chips' }, alone && encoderFacts(alone), fileFacts(report)),
    ...report.encoders.map((encoder, k) => encoderSection(encoder, k, !alone)),
    report.kind === 'encoder' ? null : foldList('notes', 'Good to know', report.notes),
    hashesView(report)
  ]
}

/** Whole, and some image model takes it: green. Whole, but for none of them: blue. @param {EncoderReport} report */
function tone(report) {
  if (!report.usable || report.kind === 'other') return 'lost'
  return report.encoders.some((encoder) => encoder.fits.some((fit) => fit.fits)) ? 'kept' : 'open'
}

/** @param {Encoder} encoder @param {number} index @param {boolean} titled one of several: with a title and facts of its own */
function encoderSection(encoder, index, titled) {
  const key = `${encoder.prefix}${encoder.name}`
  return h(
    'section',
    { class: titled ? 'es-encoder es-side' : 'es-encoder', 'data-encoder': index },
    titled && h('h4', {}, encoder.title, encoder.prefix && h('code', {}, encoder.prefix)),
    titled && h('div', { class: 'es-chips' }, encoderFacts(encoder)),
    fitsView(encoder.fits, key, encoder.keys.serious.length > 0),
    dtypesView(encoder.dtypes),
    problems(`${key}:serious`, 'Key problems', encoder.keys.serious, 'warn'),
    problems(`${key}:harmless`, 'Harmless keys', encoder.keys.harmless),
    foldList(`${key}:notes`, 'Good to know', encoder.notes)
  )
}

/** @param {Encoder} encoder */
function encoderFacts(encoder) {
  const { tokenizer, quantisation, assumed } = encoder
  const usual = assumed.length ? `Not in the file, taken from the usual model of this size: ${assumed.join(', ')}` : null
  const packed = quantisation.format !== 'none'
  return [
    fact('architecture', ARCHITECTURES[/** @type {keyof ARCHITECTURES} */ (encoder.architecture)] ?? encoder.architecture),
    fact('shape', shape(encoder), { title: assumed.includes('heads') ? usual : null }),
    fact('vocabulary', encoder.vocabulary && `${count(encoder.vocabulary)} tokens in the vocabulary`),
    fact('positions', positions(encoder)),
    fact('parameters', encoder.parameters && `${parameters(encoder.parameters)} parameters`),
    fact('precision', packed ? quantisation.title || quantisation.format : encoder.dtypes.map((one) => one.dtype).join(' + ')),
    fact('tokenizer', `${tokenizer.kind ? `${tokenizer.kind} ` : ''}tokenizer: ${WHERE[/** @type {keyof WHERE} */ (tokenizer.where)] ?? tokenizer.where}`, { tone: tokenizer.where === 'missing' ? 'warn' : '' }),
    fact('host', encoder.host_takes_it_for && `ComfyUI takes it for ${encoder.host_takes_it_for}`, { tone: 'warn' })
  ]
}

/** @param {Encoder} encoder */
function positions({ positions, buckets }) {
  if (positions) return `${count(positions)} positions`
  return buckets ? `relative positions, ${buckets} buckets` : null
}

/** @param {number} value */
function parameters(value) {
  return value >= 1e9 ? `${(value / 1e9).toFixed(2)} billion` : `${(value / 1e6).toFixed(1)} million`
}

/** @param {EncoderReport} report */
function fileFacts(report) {
  const { bytes, files, container } = report
  const several = files.length > 1 ? ` in ${count(files.length)} files` : ''
  return [fact('bytes', `${size(bytes)} on disk`, { title: `${count(bytes)} bytes` }), fact('container', `${container}, ${tensors(report.tensors)}${several}`)]
}

/** @param {string} key @param {string} title @param {KeyGroup[]} groups @param {string} [tone] */
function problems(key, title, groups, tone) {
  const lines = groups.map(({ why, count: all, keys }) => {
    const more = all > SHOWN ? ` and ${count(all - SHOWN)} more` : ''
    return h('span', {}, h('code', {}, keys.slice(0, SHOWN).join(', ')), `${more}: ${why}`)
  })
  return foldList(key, title, lines, tone)
}

/** @param {EncoderReport} report */
function hashesView({ files }) {
  const lines = files.flatMap(({ name, sha256 }) => (sha256 ? [h('span', {}, `${name}: `, h('code', {}, sha256))] : []))
  return foldList('hashes', 'SHA-256', lines)
}
