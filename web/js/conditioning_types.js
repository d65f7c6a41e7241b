/**
 * The parts of the conditioning and states reports (`docs/report-conditioning.md`, `docs/report-states.md`) that the browser draws.
 * Types only.
 *
 * @typedef {{name: string, title: string, start: number, stop: number, mean_norm: number | null, zero: boolean}} Rows
 * @typedef {{shape: number[], dtype: string, bad: string}} Numbers
 * @typedef {Numbers & {rows: Rows[], norms: (number | null)[], levels: (number | null)[]}} Sequence
 * @typedef {{name: string, title: string, start: number, stop: number, norm: number | null, zero: boolean}} PooledPart
 * @typedef {Numbers & {norm: number | null, zero: boolean, parts: PooledPart[]}} Pooled
 * @typedef {{name: string, title: string, what: string}} Key
 * @typedef {{layout: {name: string | null, title: string, how: string, sentence: string}, sequence: Sequence, pooled: Pooled | null,
 *   no_pooled: string, mask: {shape: number[], kept: number, total: number} | null, schedule: {start: number, end: number},
 *   keys: Key[]}} Entry
 * @typedef {{part: string, title: string, text: string, empty: boolean, spans: {start: number, end: number, entry: number}[]}} Track
 * @typedef {{name: string, title: string, start: number, stop: number, compared: number, identical: number}} ComparedPart
 * @typedef {{a: number, b: number,
 *   sequence: {why_not: string, parts: ComparedPart[], cosines: (number | null)[], changes: (number | null)[], levels: (number | null)[]},
 *   pooled: {cosine: number | null, change: number | null, identical: boolean, why_not: string}}} Pair
 * @typedef {{format: string, version: number, title: string, sentence: string, usable: boolean, notes: string[], entries: Entry[],
 *   timeline: Track[], differences: {sentence: string, shown: number, pairs: Pair[], uncompared: number} | null}} ConditioningReport
 * @typedef {{label: string, kind: string, weight: number}} StateToken
 * @typedef {{name: string, title: string, part: string, use: string, taken: {sequence: boolean | null, pooled: boolean | null},
 *   text: string, windows: number[], tokens: StateToken[] | null,
 *   sequence: Numbers & {norms: (number | null)[], levels: (number | null)[], mean_norm: number | null, zero: boolean},
 *   pooled: Pooled | null, extra: Key[]}} StateStream
 * @typedef {{format: string, version: number, family: string, family_title: string, sentence: string, usable: boolean, notes: string[],
 *   streams: StateStream[], steps: {start: number, end: number, keys: Key[]}[]}} StatesReport
 */

export {}
