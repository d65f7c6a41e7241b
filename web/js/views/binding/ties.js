/**
 * Which words the arcs tie, how high each arc runs, and the prompt cut into pieces that an arc can end on. Characters are counted as
 * Python counts them (code points).
 */

/** @typedef {import('./types.js').Range} Range */
/** @typedef {import('./types.js').Contrast} Contrast */
/**
 * @typedef {object} Tie
 * @property {[Range, Range]} ends from and to
 * @property {[number, number]} seats where on either word it ends, from 0 to 1
 * @property {number} level 1 is just above the words
 * @property {number[]} contrasts that tie these ends with this verdict, by their index
 * @property {import('./types.js').Outcome} verdict
 */
/** @typedef {{text: string, start: number, lift: number, end?: boolean}} Piece lift: levels above it; end: an arc ends here */

export const MAX_GROUPS = 4000
const FAR = 1e6

/** One arc for the same ends and verdict, however many contrasts say so. @param {Contrast[]} contrasts @returns {Tie[]} */
export function ties(contrasts) {
  /** @type {Map<string, Tie>} */
  const found = new Map()
  contrasts.forEach(({ arcs, verdict }, contrast) => {
    for (const { from, to } of arcs) {
      const name = [from, to, verdict].join(':')
      const tie = found.get(name) ?? { ends: [from, to], seats: [0.5, 0.5], level: 1, contrasts: [], verdict }
      tie.contrasts.push(contrast)
      found.set(name, tie)
    }
  })
  const all = [...found.values()]
  const short = [...all].sort((a, b) => length(a) - length(b))
  short.forEach((tie, k) => {
    const below = short.slice(0, k).filter((other) => reach(other)[0] < reach(tie)[1] && reach(tie)[0] < reach(other)[1])
    tie.level = 1 + Math.max(0, ...below.map(({ level }) => level))
  })
  seat(all)
  return all
}

/** From the first to the last character under an arc. @param {Tie} tie @returns {Range} */
function reach({ ends: [from, to] }) {
  return [Math.min(from[0], to[0]), Math.max(from[1], to[1])]
}

/** @param {Tie} tie */
const length = (tie) => reach(tie)[1] - reach(tie)[0]

/** Arcs that end on one word sit side by side, so that they do not cross. @param {Tie[]} all */
function seat(all) {
  /** @type {Map<string, {tie: Tie, end: 0 | 1, key: number}[]>} */
  const words = new Map()
  for (const tie of all) {
    for (const end of /** @type {(0 | 1)[]} */ ([0, 1])) {
      const name = tie.ends[end].join(':')
      const ahead = tie.ends[1 - end][0] > tie.ends[end][0]
      // From the left the nearest comes first, towards the right the nearest comes last.
      words.set(name, [...(words.get(name) ?? []), { tie, end, key: ahead ? FAR - tie.level : tie.level }])
    }
  }
  for (const sharing of words.values()) {
    const ordered = sharing.sort((a, b) => a.key - b.key)
    ordered.forEach(({ tie, end }, k) => (tie.seats[end] = (k + 1) / (ordered.length + 1)))
  }
}

/**
 * Words and the space between them, cut also where an arc's end begins or stops. Pieces of one group touch: no line breaks between them.
 *
 * @param {string} text @param {Tie[]} tied @returns {Piece[][]}
 */
export function cut(text, tied) {
  const points = Array.from(text)
  const ends = tied.flatMap((tie) => tie.ends)
  const edges = new Set(ends.flat())
  /** @type {Piece[][]} */
  const out = []
  let start = 0
  for (let at = 1; at <= points.length; at++) {
    const word = at < points.length && blank(points[at]) === blank(points[at - 1])
    if (word && !edges.has(at)) continue
    const one = piece(points.slice(start, at).join(''), start, tied, ends)
    if (start > 0 && blank(points[start]) === blank(points[start - 1])) out[out.length - 1].push(one)
    else out.push([one])
    start = at
  }
  return joined(out)
}

/** @param {string} point */
const blank = (point) => /\s/.test(point)

/** @param {string} text @param {number} start @param {Tie[]} tied @param {Range[]} ends @returns {Piece} */
function piece(text, start, tied, ends) {
  const over = blank(text[0]) ? [] : tied.filter((tie) => reach(tie)[0] <= start && start < reach(tie)[1])
  const end = over.length > 0 && ends.some(([from, to]) => from <= start && start < to)
  return { text, start, lift: Math.max(0, ...over.map(({ level }) => level)), end }
}

/** What no arc passes over is drawn in one go. @param {Piece[][]} groups */
function joined(groups) {
  /** @type {Piece[][]} */
  const out = []
  const plain = (/** @type {Piece[] | undefined} */ group) => group !== undefined && group.every(({ lift }) => !lift)
  for (const group of groups) {
    const last = out[out.length - 1]
    if (plain(group) && plain(last)) last[0].text += group.map(({ text }) => text).join('')
    else out.push(plain(group) ? [{ ...group[0], text: group.map(({ text }) => text).join('') }] : group)
  }
  return out
}
