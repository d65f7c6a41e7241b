/**
 * The parts of the conditioning report (`docs/report-conditioning.md`) that the browser draws. Types only.
 *
 * @typedef {{name: string, title: string, start: number, stop: number, mean_norm: number | null, zero: boolean, zero_rows?: [number, number][]}} Rows
 * @typedef {{shape: number[], dtype: string, bad: string}} Numbers
 * @typedef {Numbers & {rows: Rows[], norms: (number | null)[], levels: (number | null)[]}} Sequence
 * @typedef {{name: string, title: string, start: number, stop: number, norm: number | null, zero: boolean}} PooledPart
 * @typedef {Numbers & {norm: number | null, zero: boolean, parts: PooledPart[]}} Pooled
 * @typedef {{name: string, title: string, what: string}} Key
 * @typedef {{layout: {name: string | null, title: string, how: string, sentence: string}, sequence: Sequence, pooled: Pooled | null,
 *   no_pooled: string, mask: {shape: number[], kept: number, total: number} | null, schedule: {start: number, end: number},
 *   keys: Key[], display: {title: string}}} Entry
 * @typedef {{part: string, title: string, text: string, empty: boolean, display: {title: string, spans: {left: number, width: number}[]}}} Track
 * @typedef {{name: string, title: string, start: number, stop: number, compared: number, identical: number}} ComparedPart
 * @typedef {{a: number, b: number,
 *   sequence: {why_not: string, parts: ComparedPart[], cosines: (number | null)[], changes: (number | null)[], levels: (number | null)[]},
 *   pooled: {cosine: number | null, change: number | null, identical: boolean, why_not: string}}} Pair
 * @typedef {import('./strips.js').Words & Record<'no_pooled' | 'rows' | 'row' | 'place' | 'mask_keeps' | 'details' | 'sequence_size' |
 *   'first_of_batch' | 'pooled_size' | 'mask_size' | 'holds' | 'more_entries' | 'timeline' | 'first_to_last' | 'more_tracks' |
 *   'compared' | 'change_of_rows' | 'change' | 'identical' | 'owners_row' | 'any_row' | 'no_distance' | 'no_cosine' | 'cosine' |
 *   'unchanged' | 'changed' | 'pooled_change', string>} ConditioningWords
 * @typedef {{format: string, version: number, title: string, sentence: string, usable: boolean, notes: string[], entries: Entry[],
 *   timeline: Track[], differences: {sentence: string, shown: number, pairs: Pair[], uncompared: number} | null,
 *   display: {tone: 'lost' | 'kept' | 'open', words?: ConditioningWords}}} ConditioningReport what to draw; absent in reports of earlier versions
 */

export {}
