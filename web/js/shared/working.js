/**
 * What a card says while its node runs: that it runs, and what the server tells of the work meanwhile.
 */

/** The event {node, text} by which the server tells it. */
export const WORKING = 'encoderscope_working'
const RUNNING = 'Running …'

/**
 * @param {import('./attach.js').GraphNode} node
 * @param {import('./attach.js').Host} host
 * @param {import('./panel.js').Panel} panel
 * @returns {() => void} stops following
 */
export function followWork(node, host, panel) {
  const isOwn = (/** @type {unknown} */ id) => String(id ?? '').split(':').at(-1) === String(node.id)
  const rest = () => panel.showWork('')
  const stops = [
    host.listen('executing', (id) => panel.showWork(isOwn(id) ? RUNNING : '')),
    host.listen(WORKING, (message) => isOwn(message?.node) && panel.showWork(String(message.text || RUNNING))),
    host.listen('execution_error', rest),
    host.listen('execution_interrupted', rest)
  ]
  return () => stops.forEach((stop) => stop())
}
