/**
 * Draws what "Load Text Encoders" loaded: for which family, from which files, and what to mind.
 */

import { h } from './dom.js'
import { count, dtypesView, fact, fold, shape } from './encoder_parts.js'
import { verdictView } from './report_view.js'

/** @typedef {import('./encoder_types.js').LoadedReport} LoadedReport */
/** @typedef {import('./encoder_types.js').LoadedPart} LoadedPart */

/** @param {LoadedReport} report @returns {(HTMLElement | null)[]} */
export function loadedView(report) {
  return [
    report.family === null ? verdictView(report.title, 'open') : verdictView(`CLIP for ${report.title}`, 'kept'),
    ...report.warnings.map((warning) => verdictView(warning, 'lost')),
    ...report.encoders.map(part),
    fold('notes', 'Good to know', report.notes)
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
