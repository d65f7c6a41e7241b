/**
 * Draws what a cache or a file did with a result: it came from disk, was stored, or why not. The first line is the verdict.
 */

import { h } from '../../shared/dom.js'
import { quoteView, verdictView } from '../../shared/parts.js'

/** @typedef {{state: 'hit' | 'stored' | 'not stored', lines: string[], text?: string, language?: string}} CacheReport text: the prompt, where the node has one */

/** @param {CacheReport} report @returns {(HTMLElement | null)[]} */
export function cacheView(report) {
  const [first, ...rest] = report.lines
  return [verdictView(first ?? '', report.state === 'not stored' ? 'open' : 'kept'), quoteView(report.text), ...rest.map((line) => h('p', { class: 'es-quiet' }, line))]
}
