/**
 * Draws a report that is nothing but lines of text: the first is the verdict.
 */

import { h } from '../../shared/dom.js'
import { verdictView } from '../../shared/parts.js'

/** @param {string} text @returns {HTMLElement[]} */
export function textView(text) {
  const [first, ...rest] = text.split('\n').filter((line) => line.trim())
  return [verdictView(first ?? '', 'open'), ...rest.map((line) => h('p', { class: 'es-quiet' }, line))]
}
