/**
 * What is not what it seems in the prompt: the findings of the lint, one line each, as the report says them.
 */

import { h } from '../../shared/dom.js'
import { translate } from '../../shared/translation.js'

/** @param {import("./types.js").DisplayedReport} report @returns {HTMLElement | null} */
export function findingsView(report) {
  const lines = report.display.findings ?? []
  if (!lines.length) return null
  return h(
    'details',
    { class: 'es-notes es-findings', 'data-key': 'findings', open: true },
    h('summary', {}, translate('Not what it seems'), h('span', { class: 'es-count' }, String(lines.length))),
    h('ul', {}, lines.map((line) => h('li', {}, line)))
  )
}
