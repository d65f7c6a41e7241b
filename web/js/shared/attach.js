/**
 * What every node with a panel shares: the DOM widget, its first size, and listening to the node without taking anyone's place.
 */

import { createPanel } from './panel.js'

/** @typedef {any} GraphNode */

/**
 * @typedef {object} Host the host's front end, as far as we use it
 * @property {import('./pointer.js').Canvas} canvas
 * @property {() => boolean} isLive
 * @property {(question: import('./live.js').Question, signal: AbortSignal) => Promise<import('./live.js').Answer>} ask
 * @property {(event: string, listener: (message: any) => void) => () => void} listen to what the server sends by itself; the result stops it
 */

/**
 * @typedef {object} PanelOptions
 * @property {string} invitation text of the empty state
 * @property {[number, number]} size of the new node
 * @property {number} minHeight of the panel: Nodes 2.0 of front end 1.32.9 gives no more, so the verdict and the first picture fit in
 * @property {number} textShare how much of the node's height its text boxes may take on the classic canvas
 */

const WIDGET = 'encoderscope'
const TEXT_MIN = 60

/**
 * Gives a node its panel. The size is asked for only here, at creation: loading a workflow sets the saved one afterwards.
 *
 * @param {GraphNode} node
 * @param {Host} host
 * @param {PanelOptions} options
 * @returns {import('./panel.js').Panel}
 */
export function attachPanel(node, host, { invitation, size, minHeight, textShare }) {
  const panel = createPanel(invitation, host.canvas)
  panel.root.style.setProperty('--es-min-height', `${minHeight - 20}px`)
  const widget = node.addDOMWidget(WIDGET, WIDGET, panel.root, { serialize: false, hideOnZoom: false, getMinHeight: () => minHeight })
  widget.serialize = false
  leaveRoom(node, textShare)
  node.setSize?.([Math.max(node.size[0], size[0]), Math.max(node.size[1], size[1])])
  chain(node, 'onRemoved', panel.remove)
  return panel
}

/** Text boxes share the node's height with the panel on the classic canvas: they keep the smaller part. */
function leaveRoom(/** @type {GraphNode} */ node, /** @type {number} */ share) {
  for (const box of node.widgets) {
    if (box.element && box.name.startsWith('text')) box.options.getMaxHeight = () => Math.max(TEXT_MIN, node.size[1] * share)
  }
}

/** Calls `extra` after whatever the node or another extension has in this place. */
export function chain(/** @type {any} */ object, /** @type {string} */ method, /** @type {(...args: any[]) => void} */ extra) {
  const before = object[method]
  object[method] = function (/** @type {any[]} */ ...args) {
    const result = before?.apply(this, args)
    extra(...args)
    return result
  }
}

/** @param {GraphNode} node @param {string} name */
export function widgetOf(node, name) {
  return node.widgets?.find((/** @type {any} */ widget) => widget.name === name)
}

/** True when a link feeds this value, so that the widget's own value says nothing. @param {GraphNode} node @param {string} name */
export function isLinked(node, name) {
  return !!node.inputs?.some((/** @type {any} */ input) => (input.widget?.name ?? input.name) === name && input.link != null)
}
