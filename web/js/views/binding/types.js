/**
 * The report of the Binding Probe (`docs/report-probe.md`), as far as the browser reads it. Types only.
 *
 * @typedef {'BOUND' | 'ORDER ONLY' | 'COLLAPSED' | 'UNDECIDED'} Outcome
 * @typedef {[number, number]} Range
 * @typedef {{share: number, share_text: string, interval: {left: number, width: number}, null: Range}} Gauge places in percent of a bar
 * @typedef {{stream: string, readout: string, readout_title: string, verdict: Outcome, share: number}} Measured
 * @typedef {Measured & {counts: boolean, taken: boolean, display: Gauge & {name: string, tip: string[]}}} Row name: the verdict's, for people
 *
 * @typedef {{used: boolean, groups: {title: string, decides: boolean, verdicts: number[]}[]}} Bars verdicts by their index
 * @typedef {{text: string, strength: number, length: number, strength_text: string}} Strength
 * @typedef {{listener: string, sentence: string, bars: Strength[]}} Word
 * @typedef {{stream: string, title: string, words: Word[]}} Selectivity
 * @typedef {{stream: string, title: string, facts: {name: string, text: string}[], flagged: boolean}} Cosines
 * @typedef {{title: string, text: string, rows: Cosines[]}} CosineRule
 * @typedef {{name: string, title: string, text: string}} Cell
 * @typedef {{name: string, bars: Bars[], selectivity: Selectivity[], cosine_rule: CosineRule, cells: Cell[], frames: string}} ContrastDisplay
 * @typedef {{sentence: string, remedy: string, source: string, note: string}} Advice
 * @typedef {Advice & {label: string, stock: boolean, verdict: Outcome, display: ContrastDisplay}} Contrast
 * @typedef {{kind: string, text: string, remedy: string}} Lint
 *
 * @typedef {object} Tie an arc over the prompt; characters are counted as Python counts them
 * @property {Range} from
 * @property {Range} to
 * @property {Outcome} verdict
 * @property {number[]} contrasts that say so, by their index
 * @property {number} level 1 is just above the words
 * @property {[number, number]} seats where on either word it ends, from 0 to 1
 *
 * @typedef {{text: string, start: number, lift: number, tip: string[] | null}} Piece lift: levels above it; tip: an arc ends here
 * @typedef {{tight: boolean, pieces: Piece[]}} Group pieces that touch
 * @typedef {{title: string, ticks: {place: number, text: string}[], tip: string[]}} Axis
 * @typedef {{name: string, title: string}} LegendItem
 *
 * @typedef {Record<'more' | 'unread' | 'skipped' | 'notes' | 'lint' | 'rival_added' | 'source' | 'unused' | 'shares' | 'decides' | 'cells', string>} Headings
 *
 * @typedef {object} ProbeDisplay
 * @property {'lost' | 'kept' | 'open'} tone
 * @property {string} view
 * @property {string} title
 * @property {string} spoken
 * @property {{name: string, title: string, text: string}[]} streams
 * @property {string[]} unread
 * @property {Axis} axis
 * @property {Headings} headings absent in reports of earlier versions
 * @property {LegendItem[]} legend
 * @property {Tie[]} ties
 * @property {Group[]} groups
 * @property {boolean} complete
 *
 * @typedef {object} ProbeReport
 * @property {string} sentence
 * @property {string | null} family_title
 * @property {string | null} generator
 * @property {Contrast[]} contrasts
 * @property {Row[]} verdicts
 * @property {Lint[]} lint
 * @property {string[]} skipped
 * @property {string[]} notes
 * @property {ProbeReport | null} compare
 * @property {ProbeDisplay} display what to draw; absent in reports of earlier versions
 */

export {}
