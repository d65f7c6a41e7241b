/**
 * The nodes "Cached Encode" and "Save Conditioning": whether a result came from disk, was stored, or why not.
 */

import { attachCard } from './card.js'
import { h } from './dom.js'
import { verdictView } from './report_view.js'

/** @typedef {import('./attach.js').GraphNode} GraphNode */
/** @typedef {import('./attach.js').Host} Host */
/** @typedef {import('./card.js').Card} Card */
/** @typedef {{state: 'hit' | 'stored' | 'not stored', lines: string[]}} CacheReport */

/** @param {CacheReport} report @returns {HTMLElement[]} */
export function cacheView(report) {
  const [first, ...rest] = report.lines
  return [verdictView(first ?? '', report.state === 'not stored' ? 'open' : 'kept'), ...rest.map((line) => h('p', { class: 'es-quiet' }, line))]
}

/** @param {string} invitation @param {string[]} chosen @param {number} height @returns {Card} */
function card(invitation, chosen, height) {
  return { key: 'encoderscope_cache', view: cacheView, chosen, options: { invitation, size: [420, height], minHeight: 110, textShare: 0.5 } }
}

const CACHED = card('Press Run twice: the second time it comes from disk, and no text encoder is loaded.', ['text'], 340)
const SAVED = card('Press Run to write the file.', ['filename_prefix'], 200)

/** @param {GraphNode} node @param {Host} host */
export const attachCachedEncode = (node, host) => attachCard(node, host, CACHED)

/** @param {GraphNode} node @param {Host} host */
export const attachSaveConditioning = (node, host) => attachCard(node, host, SAVED)
