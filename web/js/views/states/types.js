/**
 * The parts of the states report (`docs/report-states.md`) that the browser draws. Types only.
 *
 * @typedef {import('../conditioning/types.js').Key} Key
 * @typedef {import('../conditioning/types.js').Numbers} Numbers
 * @typedef {import('../conditioning/types.js').Pooled} Pooled
 * @typedef {{label: string, kind: string, weight: number | null}} StateToken
 * @typedef {{name: string, title: string, part: string, use: string, taken: {sequence: boolean | null, pooled: boolean | null},
 *   text: string, windows: number[], tokens: StateToken[] | null,
 *   sequence: Numbers & {norms: (number | null)[], levels: (number | null)[], mean_norm: number | null, zero: boolean},
 *   pooled: Pooled | null, extra: Key[]}} StateStream
 * @typedef {Record<string, string> & import('../conditioning/strips.js').Words} StatesWords with places in braces to fill in
 * @typedef {{format: string, version: number, family: string, family_title: string, sentence: string, usable: boolean, notes: string[],
 *   streams: StateStream[], steps: {start: number, end: number, keys: Key[]}[],
 *   display?: {words: StatesWords}}} StatesReport display: absent in reports of earlier versions
 */

export {}
