/**
 * Rare inputs are folded away by Nodes 2.0. Where a workflow has set one, all are shown: nothing that counts stays hidden.
 */

import { chain, isLinked } from './attach.js'

/** Looks once a workflow has given the node its values. @param {import('./attach.js').GraphNode} node */
export function showWhatIsSet(node) {
  const folded = (node.widgets ?? []).filter((/** @type {any} */ widget) => widget.options?.advanced)
  if (!folded.length) return
  const usual = folded.map((/** @type {any} */ widget) => [widget, widget.value])
  chain(node, 'onConfigure', () => {
    const isSet = usual.some(([widget, value]) => widget.value !== value || isLinked(node, widget.name))
    if (isSet) node.showAdvanced = true
  })
}
