/**
 * Draws what "Load Text Encoders" loaded: for which family, from which files, and what to mind.
 */

import { h } from '../../shared/dom.js'
import { foldList, verdictView } from '../../shared/parts.js'
import { translate } from '../../shared/translation.js'
import { dtypesView, factsView } from '../encoder_file/weights.js'

/** @typedef {import('./types.js').LoadedReport} LoadedReport */
/** @typedef {import('./types.js').LoadedPart} LoadedPart */

/** @param {LoadedReport} report @returns {(HTMLElement | null)[]} */
export function loadedView({ title, encoders, warnings, notes, display }) {
  const drawn = display ? encoders : []
  return [
    display ? verdictView(display.sentence, display.tone) : verdictView(title, 'open'),
    ...warnings.map((warning) => verdictView(warning, 'lost')),
    ...drawn.map(part),
    foldList('notes', translate('Good to know'), notes)
  ]
}

/** @param {LoadedPart} encoder @param {number} index */
function part({ title, file, display }, index) {
  return h(
    'section',
    { class: 'es-encoder es-side', 'data-encoder': index },
    h('h4', {}, title, h('code', { dir: 'auto' }, file)),
    h('div', { class: 'es-chips' }, factsView(display.facts)),
    dtypesView(display.dtypes)
  )
}
