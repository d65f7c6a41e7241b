/**
 * The node "Compare Prompt Orders": draws what a Run reports, and says so when the texts have changed since.
 */

import { attachPanel, chain, isLinked, widgetOf } from './attach.js'
import { orderView } from './order_view.js'
import { watch } from './watch.js'

/** @typedef {import('./attach.js').GraphNode} GraphNode */

/** @type {import('./attach.js').PanelOptions} */
const OPTIONS = {
  invitation: 'Write a prompt in text A (and another order of it in text B, or leave B empty) and press Run.',
  size: [760, 860],
  minHeight: 400,
  textShare: 0.13
}
const STALE = 'The texts have changed since this was drawn. Press Run.'

/** @param {GraphNode} node @param {import('./attach.js').Host} host */
export function attachCompareOrder(node, host) {
  const panel = attachPanel(node, host, OPTIONS)
  let drawn = ''
  const look = () => drawn && panel.say(texts(node) === drawn ? '' : STALE)
  chain(node, 'onExecuted', (output) => {
    const order = output?.encoderscope_order?.[0]
    if (!order) return
    panel.draw(orderView(order))
    drawn = texts(node)
    panel.say('')
  })
  for (const name of ['text_a', 'text_b', 'family']) {
    const widget = widgetOf(node, name)
    if (widget) chain(widget, 'callback', look)
  }
  chain(node, 'onRemoved', watch(look))
}

/** What the picture was drawn from, as far as this node knows it. @param {GraphNode} node */
function texts(node) {
  return JSON.stringify(['text_a', 'text_b', 'family'].map((name) => (isLinked(node, name) ? null : widgetOf(node, name)?.value)))
}
