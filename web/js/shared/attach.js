/**
 * What every node with a panel shares: the DOM widget, its first size, and listening to the node without taking anyone's place.
 */

import { createPanel } from './panel.js'
import { translate } from './translation.js'

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
 * @property {string} invitation the empty state: one line that says the next step
 * @property {[number, number]} size the node grows to this when it is drawn first, unless the artist has sized it
 * @property {number} minHeight of the drawn panel: Nodes 2.0 of front end 1.32.9 gives no more, so the verdict and the first picture fit in
 * @property {number} textShare how much of the node's height its text boxes may take on the classic canvas
 */

const WIDGET = 'encoderscope'
const TEXT_MIN = 100
const SLACK = 3
/** A new node is this wide, and its panel this high: room for the inputs and one line. */
const START = { width: 420, minHeight: 78 }
/** What the canvas reckons for a widget that Nodes 2.0 folds. */
const FOLDED_ROW = 24
/** What a new node gives each of its text boxes beyond the host's least. */
const PROMPT_ROOM = 50

/**
 * Gives a node its panel. The size is asked for only here, at creation: loading a workflow sets the saved one afterwards.
 *
 * @param {GraphNode} node
 * @param {Host} host
 * @param {PanelOptions} options
 * @returns {import('./panel.js').Panel}
 */
export function attachPanel(node, host, { invitation, size, minHeight, textShare }) {
  const panel = createPanel(translate(invitation), host.canvas)
  let least = START.minHeight
  const need = (/** @type {number} */ height) => {
    least = height
    panel.root.style.setProperty('--es-min-height', `${height - 20}px`)
  }
  need(least)
  const widget = node.addDOMWidget(WIDGET, WIDGET, panel.root, { serialize: false, hideOnZoom: false, getMinHeight: () => least })
  widget.serialize = false
  leaveRoom(node, textShare)
  const atLeast = (/** @type {[number, number]} */ [width, height]) => node.setSize?.([Math.max(node.size[0], width), Math.max(node.size[1], height)])
  const folded = host.canvas.dom() ? FOLDED_ROW * node.widgets.filter((/** @type {any} */ box) => box.options?.advanced).length : 0
  node.setSize?.([Math.max(node.size[0], START.width), leastHeight(node) - folded + PROMPT_ROOM * textBoxes(node).length])
  chain(node, 'onRemoved', panel.remove)
  growOnce(node, panel, () => need(host.canvas.dom() ? minHeight : START.minHeight), () => {
    const inputs = leastHeight(node) - least + PROMPT_ROOM * allTextBoxes(node).length
    atLeast([size[0], Math.max(size[1], inputs + minHeight)])
  })
  return panel
}

/** The first drawing asks for the room of a report. A node that was made larger, by the artist or by a workflow, keeps its size. */
function growOnce(/** @type {GraphNode} */ node, /** @type {import('./panel.js').Panel} */ panel, /** @type {() => void} */ need, /** @type {() => void} */ enlarge) {
  const [width, height] = node.size
  const { draw } = panel
  let isDrawn = false
  panel.draw = (content) => {
    const room = Math.max(height, leastHeight(node))
    const untouched = node.size[0] <= width + SLACK && node.size[1] <= room + SLACK
    need()
    if (!isDrawn && untouched) enlarge()
    isDrawn = true
    node.setDirtyCanvas?.(true, true)
    draw(content)
  }
}

/** The host's own least height of a node with its widgets. @param {GraphNode} node @returns {number} */
const leastHeight = (node) => node.computeSize?.()[1] ?? 0

/** @param {GraphNode} node @returns {any[]} */
const allTextBoxes = (node) => (node.widgets ?? []).filter((/** @type {any} */ box) => box.element && box.name !== WIDGET)

/** Those of the common case. @param {GraphNode} node @returns {any[]} */
const textBoxes = (node) => allTextBoxes(node).filter((box) => !box.options?.advanced)

/** Text boxes share the node's height with the panel on the classic canvas: they keep the smaller part. */
function leaveRoom(/** @type {GraphNode} */ node, /** @type {number} */ share) {
  for (const box of allTextBoxes(node)) box.options.getMaxHeight = () => Math.max(TEXT_MIN, node.size[1] * share)
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

/** A new node starts with a fixed seed: with another one at every Run all would be measured anew. A workflow sets its own choice afterwards. @param {GraphNode} node */
export function fixSeed(node) {
  const control = widgetOf(node, 'control_after_generate')
  if (control) control.value = 'fixed'
}

/** True when a link feeds this value, so that the widget's own value says nothing. @param {GraphNode} node @param {string} name */
export function isLinked(node, name) {
  return !!node.inputs?.some((/** @type {any} */ input) => (input.widget?.name ?? input.name) === name && input.link != null)
}
