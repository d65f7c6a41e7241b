/**
 * Draws what "Load Text Encoders" loaded: for which family, from which files, and what to mind.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'
import { fact, foldList, verdictView } from '../../shared/parts.js'
import { dtypesView, shape } from '../encoder_file/weights.js'

/** @typedef {import('./types.js').LoadedReport} LoadedReport */
/** @typedef {import('./types.js').LoadedPart} LoadedPart */

/** @param {LoadedReport} report @returns {(HTMLElement | null)[]} */
export function loadedView(report) {
  return [
    report.family === null ? verdictView(report.title, 'open') : verdictView(`CLIP for ${report.title}`, 'kept'),
    ...report.warnings.map((warning) => verdictView(warning, 'lost')),
    ...report.encoders.map(part),
    foldList('notes', 'Good to know', report.notes)
  ]
}

/** @param {LoadedPart} encoder @param {number} index */
function part(encoder, index) {
  const stored = Object.entries(encoder.dtypes).map(([dtype, bytes]) => ({ dtype, bytes }))
  stored.sort((a, b) => b.bytes - a.bytes)
  return h(
    'section',
    { class: 'es-encoder es-side', 'data-encoder': index },
    h('h4', {}, encoder.title, h('code', { dir: 'auto' }, encoder.file)),
    h(
      'div',
      { class: 'es-chips' },
      fact('role', encoder.role && `read as ${encoder.role}`),
      fact('shape', shape(encoder)),
      fact('positions', encoder.positions && `${count(encoder.positions)} positions`),
      fact('precision', encoder.quantisation === 'none' ? null : `packed: ${encoder.quantisation}`),
      fact('tokenizer', encoder.tokenizer && `tokenizer: ${encoder.tokenizer}`)
    ),
    dtypesView(stored)
  )
}
