/**
 * A card: what a Run found, drawn on the node, a line when something was chosen since, and what the node does while it runs.
 */

import { attachPanel, chain, isLinked, widgetOf } from './attach.js'
import { inLanguageOf, translatable, translate } from './translation.js'
import { watch } from './watch.js'
import { followWork } from './working.js'

/** @typedef {import('./attach.js').GraphNode} GraphNode */
/** @typedef {import('./attach.js').Host} Host */
/**
 * @typedef {object} Card
 * @property {string} key of the Run's output that holds the report
 * @property {(report: any) => (Node | null)[]} view
 * @property {string[]} [chosen] the widgets that the report depends on; without a list, all that the node has
 * @property {string} [stale] the line when one of them has changed since
 * @property {import('./attach.js').PanelOptions} options
 */

const STALE = translatable('The choice has changed since this was drawn. Press Run.')

/** @param {GraphNode} node @param {Host} host @param {Card} card @returns {import('./panel.js').Panel} */
export function attachCard(node, host, { key, view, chosen, stale = STALE, options }) {
  const names = chosen ?? (node.widgets ?? []).map((/** @type {any} */ widget) => widget.name)
  const panel = attachPanel(node, host, options)
  let drawn = ''
  const checkStale = () => drawn && panel.showMessage(choices(node, names) === drawn ? '' : translate(stale))
  chain(node, 'onExecuted', (output) => {
    panel.showWork('')
    const report = output?.[key]?.[0]
    if (!report) return
    panel.draw(inLanguageOf(report, () => view(report)))
    drawn = choices(node, names)
    panel.showMessage('')
  })
  for (const name of names) {
    const widget = widgetOf(node, name)
    if (widget) chain(widget, 'callback', checkStale)
  }
  chain(node, 'onRemoved', watch(checkStale))
  chain(node, 'onRemoved', followWork(node, host, panel))
  return panel
}

/** The values of the widgets that the card was drawn from; null where a link feeds one. @param {GraphNode} node @param {string[]} names */
function choices(node, names) {
  return JSON.stringify(names.map((name) => (isLinked(node, name) ? null : widgetOf(node, name)?.value)))
}
