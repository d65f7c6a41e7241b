/**
 * The nodes "What Is This File?" and "Load Text Encoders": a card of what a Run found, and a line when something was chosen since.
 */

import { attachPanel, chain, isLinked, widgetOf } from './attach.js'
import { loadedView } from './encoder_loaded.js'
import { encoderView } from './encoder_view.js'
import { watch } from './watch.js'

/** @typedef {import('./attach.js').GraphNode} GraphNode */
/** @typedef {import('./attach.js').Host} Host */
/** @typedef {{key: string, view: (report: any) => (Node | null)[], chosen: string[], options: import('./attach.js').PanelOptions}} Card */

const STALE = 'The choice has changed since this was drawn. Press Run.'

/** @type {Card} */
const FILE = {
  key: 'encoderscope_encoder',
  view: encoderView,
  chosen: ['file'],
  options: {
    invitation: 'Choose a file and press Run: what it is, and which image models take it. Only its header is read.',
    size: [540, 640],
    minHeight: 480,
    textShare: 0.2
  }
}

/** @type {Card} */
const LOADED = {
  key: 'encoderscope_loaded',
  view: loadedView,
  chosen: ['file_1', 'file_2', 'file_3', 'file_4', 'family', 'precision'],
  options: {
    invitation: 'Choose the text encoders of one image model, connect the CLIP, and press Run.',
    size: [520, 720],
    minHeight: 400,
    textShare: 0.2
  }
}

/** @param {GraphNode} node @param {Host} host */
export const attachEncoderCard = (node, host) => attach(node, host, FILE)

/** @param {GraphNode} node @param {Host} host */
export const attachLoadedCard = (node, host) => attach(node, host, LOADED)

/** @param {GraphNode} node @param {Host} host @param {Card} card */
function attach(node, host, { key, view, chosen, options }) {
  const panel = attachPanel(node, host, options)
  let drawn = ''
  const look = () => drawn && panel.say(choice(node, chosen) === drawn ? '' : STALE)
  chain(node, 'onExecuted', (output) => {
    const report = output?.[key]?.[0]
    if (!report) return
    panel.draw(view(report))
    drawn = choice(node, chosen)
    panel.say('')
  })
  for (const name of chosen) {
    const widget = widgetOf(node, name)
    if (widget) chain(widget, 'callback', look)
  }
  chain(node, 'onRemoved', watch(look))
}

/** What the card was drawn from, as far as this node knows it. @param {GraphNode} node @param {string[]} names */
function choice(node, names) {
  return JSON.stringify(names.map((name) => (isLinked(node, name) ? null : widgetOf(node, name)?.value)))
}
