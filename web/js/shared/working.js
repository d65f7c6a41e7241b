/**
 * What a card says while its node runs: that it runs, and what the server tells of the work meanwhile.
 */

import { translate } from './translation.js'

/** The event {node, text} by which the server tells it. */
export const WORKING = 'encoderscope_working'

/**
 * @param {import('./attach.js').GraphNode} node
 * @param {import('./attach.js').Host} host
 * @param {import('./panel.js').Panel} panel
 * @returns {() => void} stops following
 */
export function followWork(node, host, panel) {
  const isOwn = (/** @type {unknown} */ id) => String(id ?? '').split(':').at(-1) === String(node.id)
  const running = () => translate('Running …')
  const rest = () => panel.showWork('')
  const stops = [
    host.listen('executing', (id) => panel.showWork(isOwn(id) ? running() : '')),
    host.listen(WORKING, (message) => isOwn(message?.node) && panel.showWork(String(message.text || running()))),
    host.listen('execution_error', rest),
    host.listen('execution_interrupted', rest)
  ]
  return () => stops.forEach((stop) => stop())
}
