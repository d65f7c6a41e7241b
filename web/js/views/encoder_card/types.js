/**
 * The report of the Encoder Report (`docs/report-encoder-report.md`), as far as the browser reads it. Types only.
 *
 * @typedef {import('../binding/types.js').Outcome} Outcome
 * @typedef {import('../binding/types.js').Gauge} Gauge
 * @typedef {{lane: string, readout: string, bound: string, spoken: string, tallies: {verdict: Outcome, length: number}[], tip: string[]}} Counted
 * @typedef {Counted & Gauge} Cell
 * @typedef {{phenomenon: string, title?: string, cells: (Cell | null)[][]}} Row cells by lane, then by column
 * @typedef {{columns: string[], lanes: string[], rows: Row[]}} Table
 * @typedef {{letter: string, title: string, text: string}} Stream
 * @typedef {{title: string, heading?: string, details: string[], streams: Stream[]}} Card heading: absent in reports of earlier versions, as all words that are not in English there
 *
 * @typedef {object} CardDisplay
 * @property {'lost' | 'kept' | 'open'} tone
 * @property {string} [sentence] what all of them bind; absent in reports of earlier versions
 * @property {Card[]} cards
 * @property {Table} table
 * @property {Table} other_readouts
 * @property {{text: string, verdicts: Outcome[], names?: string[]}} legend
 * @property {string} [readouts_heading]
 *
 * @typedef {object} ScoreCard
 * @property {string} title
 * @property {string} sentence
 * @property {string[]} notes
 * @property {CardDisplay} display what to draw; absent in reports of earlier versions
 */

export {}
