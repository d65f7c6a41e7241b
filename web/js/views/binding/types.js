/**
 * The report of the Binding Probe (`docs/report-probe.md`), as far as the browser reads it. Types only.
 *
 * @typedef {'BOUND' | 'ORDER ONLY' | 'COLLAPSED' | 'UNDECIDED'} Outcome
 * @typedef {[number, number]} Range
 * @typedef {{name: string, title: string, kind: string, width: number, layers: number, causal: boolean}} ProbeStream
 * @typedef {{from: Range, to: Range}} Arc characters of the prompt, counted as Python counts them
 * @typedef {{order_of_things: number, order_of_modifiers: number, binding: number}} Parts
 * @typedef {{stream: string, title: string, readout: string, readout_title: string, counts: boolean, taken: boolean}} Place
 * @typedef {{pair: number, verdict: Outcome, share: number, interval: Range, kappa: number, p: number, null: Range}} Measured
 * @typedef {Place & Measured & {parts: Parts, in_prompt: number | null, lost_in_prompt: boolean}} Row
 * @typedef {{stream: string, listener: string, hears: {text: string, strength: number}[], sentence: string}} Hearing
 * @typedef {{stream: string, swap: number, commuted: number, unrelated: number, margin: number, flagged: boolean}} Textbook
 * @typedef {{asked: string, rival: string, asked_again: string, rival_again: string}} Cells
 * @typedef {{sentence: string, remedy: string, source: string, note: string}} Advice
 * @typedef {{label: string, stock: boolean, verdict: Outcome, frames: number, cells: Cells, arcs: Arc[]}} Tested
 * @typedef {Tested & Advice & {selectivity: Hearing[], textbook: Textbook[]}} Contrast
 * @typedef {{kind: string, text: string, remedy: string}} Lint
 *
 * @typedef {object} ProbeReport
 * @property {string} text
 * @property {string} sentence
 * @property {boolean | null} bound
 * @property {string | null} family_title
 * @property {string | null} generator
 * @property {string} view
 * @property {number} threshold the textbook's
 * @property {ProbeStream[]} streams
 * @property {Contrast[]} contrasts
 * @property {Row[]} verdicts
 * @property {Lint[]} lint
 * @property {string[]} skipped
 * @property {string[]} unread
 * @property {string[]} notes
 * @property {ProbeReport | null} compare
 */

export {}
