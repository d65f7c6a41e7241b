/**
 * Finds the loader that a node's CLIP comes from: through LoRAs and other nodes that pass a CLIP on, reroutes, bypassed nodes,
 * and in and out of subgraphs. Reads the graph only.
 */

import { translate } from './translation.js'

/** @typedef {any} Graph */
/** @typedef {any} GraphNode */
/** @typedef {{type: string, files: number}} Loader */
/** @typedef {{loader: Loader | null, signature: string | null, reason?: string}} Source signature: which loader with which settings */

const MUTED = 2
const BYPASSED = 4
const FROM_SUBGRAPH_INPUT = -10
const MAX_STEPS = 200

/** Loaders that are told the family: files they load, and the family where there is no `type` widget. */
const LOADERS = [
  { name: /^CLIPLoader/, files: 1 },
  { name: /^DualCLIPLoader/, files: 2 },
  { name: /^TripleCLIPLoader/, files: 3, type: 'sd3' },
  { name: /^QuadrupleCLIPLoader/, files: 4, type: 'hidream' }
]

/** @type {Source} */
const NOTHING = { loader: null, signature: null }

/** @param {GraphNode} node @returns {Source} */
export function clipSource(node) {
  const input = node.inputs?.find((/** @type {any} */ { name }) => name === 'clip')
  return input?.link == null ? NOTHING : follow(node.graph, linkOf(node.graph, input.link), { left: MAX_STEPS })
}

/** @param {Graph} graph @param {number | null | undefined} id */
function linkOf(graph, id) {
  return id == null ? null : (graph?.getLink?.(id) ?? graph?.links?.get?.(id) ?? graph?.links?.[id] ?? null)
}

/** @param {Graph} graph @param {any} link @param {{left: number}} steps @returns {Source} */
function follow(graph, link, steps) {
  if (!graph || !link || steps.left-- <= 0) return NOTHING
  if (Number(link.origin_id) === FROM_SUBGRAPH_INPUT) return outward(graph, link.origin_slot, steps)
  const node = graph.getNodeById(link.origin_id)
  if (!node) return NOTHING
  if (node.mode === MUTED) return { ...NOTHING, reason: translate('“{node}” is muted, so no CLIP arrives.', { node: node.title }) }
  if (node.mode === BYPASSED) return through(node, steps)
  if (node.subgraph) return inward(node.subgraph, link.origin_slot, steps)
  if (node.isVirtualNode && node.getInputLink) {
    const next = node.getInputLink(link.origin_slot)
    return next ? follow(next.graph ?? graph, next, steps) : NOTHING
  }
  return fromLoader(node) ?? (clipInputs(node).length ? through(node, steps) : { loader: null, signature: signature(node) })
}

/** @param {GraphNode} node @returns {Source | null} */
function fromLoader(node) {
  const kind = LOADERS.find(({ name }) => name.test(node.comfyClass ?? node.type))
  if (!kind) return null
  const linked = node.inputs?.some((/** @type {any} */ input) => input.name === 'type' && input.link != null)
  const type = kind.type ?? node.widgets?.find((/** @type {any} */ { name }) => name === 'type')?.value
  return { loader: linked || typeof type !== 'string' ? null : { type, files: kind.files }, signature: signature(node) }
}

/** A node that takes CLIPs and gives one: all that arrive must come from the same kind of loader. @returns {Source} */
function through(/** @type {GraphNode} */ node, /** @type {{left: number}} */ steps) {
  return agreed(clipInputs(node).map(({ link }) => follow(node.graph, linkOf(node.graph, link), steps)))
}

/** @param {GraphNode} node @returns {any[]} */
function clipInputs(node) {
  const isReroute = node.type === 'Reroute'
  return (node.inputs ?? []).filter((/** @type {any} */ { type, link }) => link != null && (type === 'CLIP' || isReroute))
}

/** Into a subgraph, by the output that the link leaves. @param {Graph} subgraph @param {number} slot @param {{left: number}} steps */
function inward(subgraph, slot, steps) {
  const [id] = subgraph.outputs?.[slot]?.linkIds ?? []
  return follow(subgraph, linkOf(subgraph, id), steps)
}

/** Out of a subgraph: it may stand in several places, which then have to agree. @returns {Source} */
function outward(/** @type {Graph} */ subgraph, /** @type {number} */ slot, /** @type {{left: number}} */ steps) {
  const name = subgraph.inputs?.[slot]?.name
  const places = instances(subgraph).map((node) => {
    const input = node.inputs?.find((/** @type {any} */ each) => each.name === name) ?? node.inputs?.[slot]
    return follow(node.graph, linkOf(node.graph, input?.link), steps)
  })
  return agreed(places)
}

/** The nodes that stand for this subgraph, anywhere in the workflow. @param {Graph} subgraph @returns {GraphNode[]} */
function instances(subgraph) {
  const root = subgraph.rootGraph ?? subgraph
  const graphs = [root, ...(root.subgraphs?.values?.() ?? [])]
  return graphs.flatMap((graph) => (graph.nodes ?? []).filter((/** @type {GraphNode} */ node) => node.subgraph === subgraph))
}

/** @param {Source[]} sources @returns {Source} */
function agreed(sources) {
  const [first, ...others] = sources
  if (!first) return NOTHING
  const same = others.every(({ loader, signature }) => signature === first.signature || (loader && JSON.stringify(loader) === JSON.stringify(first.loader)))
  return same ? first : NOTHING
}

/** A short fingerprint of a loader, all that feeds it, and their settings. @param {GraphNode} node */
function signature(node) {
  const seen = new Set()
  const queue = [node]
  while (queue.length && seen.size < MAX_STEPS) {
    const next = queue.shift()
    if (!next || seen.has(next)) continue
    seen.add(next)
    for (const { link } of next.inputs ?? []) queue.push(next.graph?.getNodeById?.(linkOf(next.graph, link)?.origin_id))
  }
  return fingerprint(JSON.stringify([...seen].map((each) => [each.type, each.mode, ...settings(each)])))
}

/** @param {GraphNode} node */
function settings(node) {
  return (node.widgets ?? []).filter((/** @type {any} */ { serialize, type }) => serialize !== false && type !== 'button').map((/** @type {any} */ { name, value }) => [name, value])
}

/** FNV-1a over UTF-16 units: short enough to be saved with the workflow, and nothing can be read from it. @param {string} text */
function fingerprint(text) {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
