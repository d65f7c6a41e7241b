/**
 * Rare inputs are folded away. Where a workflow has set one, all are shown: nothing that counts stays hidden.
 */

import { chain, isLinked } from './attach.js'

/**
 * Nodes 2.0 folds what the schema calls advanced; the classic canvas only what is marked here. Comes before the panel, which takes the
 * room that is left.
 *
 * @param {import('./attach.js').GraphNode} node
 */
export function foldRareInputs(node) {
  const folded = (node.widgets ?? []).filter((/** @type {any} */ widget) => widget.options?.advanced)
  if (!folded.length) return
  const usual = folded.map((/** @type {any} */ widget) => [widget, widget.value])
  for (const widget of folded) widget.advanced = true
  node.setSize?.([node.size[0], node.computeSize()[1]])
  chain(node, 'onConfigure', () => {
    const isSet = usual.some(([widget, value]) => widget.value !== value || isLinked(node, widget.name))
    if (isSet) node.showAdvanced = true
  })
}
