/**
 * Rare inputs are folded away. Nodes 2.0 of newer front ends does so by itself; on the classic canvas we ask for it, and add the row that
 * unfolds them. Where a workflow has set one, all are shown: nothing that counts stays hidden.
 */

import { chain, isLinked } from './attach.js'
import { translate } from './translation.js'

/** @typedef {import('./attach.js').GraphNode} GraphNode */

/** A size that leaves no gap: the canvas keeps 4 pixels between widgets, hidden or not. */
const NO_ROOM = [0, -4]

/** Looks once a workflow has given the node its values. @param {GraphNode} node @param {import('./attach.js').Host} host */
export function foldAdvanced(node, host) {
  const folded = (node.widgets ?? []).filter((/** @type {any} */ widget) => widget.options?.advanced)
  if (!folded.length) return
  const usual = folded.map((/** @type {any} */ widget) => [widget, widget.value])
  const follow = host.canvas.dom() ? () => {} : foldOnCanvas(node, folded)
  chain(node, 'onConfigure', () => {
    const isSet = usual.some(([widget, value]) => widget.value !== value || isLinked(node, widget.name))
    if (isSet) node.showAdvanced = true
    follow()
  })
}

/**
 * Folds what takes more room than the row that unfolds it: two inputs, or a text box.
 *
 * @param {GraphNode} node
 * @param {any[]} folded
 * @returns {() => void} to be called when what is shown has changed
 */
function foldOnCanvas(node, folded) {
  if (folded.length === 1 && !folded[0].element) return () => {}
  const usualSizes = folded.map((widget) => widget.computeSize)
  const row = node.addWidget('button', 'advanced', null, () => node.toggleAdvanced(), { serialize: false, canvasOnly: true })
  row.serialize = false
  const follow = () => {
    row.label = node.showAdvanced ? translate('Hide advanced inputs') : translate('Show advanced inputs')
    for (const [place, widget] of folded.entries()) {
      widget.advanced = true
      widget.computeSize = node.showAdvanced ? usualSizes[place] : () => NO_ROOM
    }
  }
  follow()
  chain(node, 'toggleAdvanced', () => {
    follow()
    node.expandToFitContent()
  })
  return follow
}
