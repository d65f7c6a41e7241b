/**
 * Nodes whose report is a few lines of text: the loaders of the pack's own types, and "Quantize Text Encoder".
 */

import { attachCard } from '../shared/card.js'
import { textView } from '../views/text/view.js'

/** @param {string} invitation @returns {(node: import('../shared/attach.js').GraphNode, host: import('../shared/attach.js').Host) => void} */
export const attachTextReport = (invitation) => (node, host) => {
  attachCard(node, host, { key: 'text', view: textView, options: { invitation, size: [420, 340], minHeight: 130, textShare: 0.5 } })
}
