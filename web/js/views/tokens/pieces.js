/**
 * Cuts the prompt as typed into what is drawn in one go: words, parts of words that a window's edge cuts, and the text between.
 * Spans count Unicode code points, JavaScript strings count UTF-16 units: `slicer` bridges the two.
 */

/** @typedef {import('./types.js').Report} Report */
/** @typedef {import('./types.js').Edge} Edge */

/**
 * @typedef {object} Piece
 * @property {number | null} word index into `words`; null for text that no word claims
 * @property {number} part 0 for a whole word or its first part
 * @property {string} text
 * @property {string} gap text between the piece before and this one: white space as typed
 * @property {Edge[]} edges window edges just before this piece
 */

export const MAX_WORDS = 1500

/** @param {string} text @returns {(start: number, end?: number) => string} */
export function slicer(text) {
  if (!/[\ud800-\udbff]/.test(text)) return (start, end) => text.slice(start, end)
  const points = Array.from(text)
  return (start, end) => points.slice(start, end).join('')
}

/** @param {Report} report @param {number} [limit] @returns {Piece[]} */
export function pieces(report, limit = MAX_WORDS) {
  const slice = slicer(report.text)
  const edges = edgesByWord(report)
  /** @type {Piece[]} */
  const out = []
  let at = 0
  report.words.slice(0, limit).forEach((word, index) => {
    const [start, end] = word.span
    const gap = start > at ? slice(at, start) : ''
    cut(report, index, edges.get(index) ?? []).forEach(({ from, to, before }, part) => {
      out.push({ word: index, part, text: slice(start + from, start + to), gap: part ? '' : gap, edges: before })
    })
    at = Math.max(at, end)
  })
  const rest = report.words.length <= limit ? slice(at) : ''
  const behind = report.words.length <= limit ? report.edges.filter((edge) => edge.word >= report.words.length) : []
  if (rest || behind.length) out.push({ word: null, part: 0, text: '', gap: rest, edges: behind })
  return out
}

/** @param {Report} report */
function edgesByWord(report) {
  /** @type {Map<number, Edge[]>} */
  const found = new Map()
  for (const edge of report.edges) found.set(edge.word, [...(found.get(edge.word) ?? []), edge])
  return found
}

/**
 * The parts of one word, each with the edges that stand before it.
 *
 * @param {Report} report
 * @param {number} index
 * @param {Edge[]} edges
 * @returns {{from: number, to: number, before: Edge[]}[]}
 */
function cut(report, index, edges) {
  const [start, end] = report.words[index].span
  /** @type {Map<number, Edge[]>} */
  const places = new Map([[0, []]])
  for (const edge of edges) {
    const place = edge.inside === 'word' ? offsetInside(report, edge) : 0
    places.set(place, [...(places.get(place) ?? []), edge])
  }
  const starts = [...places.keys()].sort((a, b) => a - b)
  return starts.map((from, k) => ({ from, to: starts[k + 1] ?? end - start, before: places.get(from) ?? [] }))
}

/**
 * Where inside its word an edge falls: at the first of the word's tokens that stand in the next window.
 *
 * @param {Report} report
 * @param {Edge} edge
 */
function offsetInside(report, edge) {
  const [start, end] = report.words[edge.word].span
  const stream = report.streams.find(({ name }) => name === edge.stream)
  const next = stream?.windows[edge.window] ?? []
  const first = next.find((token) => token.word === edge.word && token.span)
  const offset = first?.span ? first.span[0] - start : 0
  // Tokens may share one character, and then no place inside the word is truer than its middle.
  return offset > 0 && offset < end - start ? offset : Math.floor((end - start) / 2)
}
