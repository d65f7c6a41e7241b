/**
 * The report of the Encoder Report, as far as the browser reads it. Types only.
 *
 * @typedef {import('../binding/types.js').Range} Range
 * @typedef {import('../binding/types.js').ProbeStream} ProbeStream
 * @typedef {{bound: number, order_only: number, collapsed: number, undecided: number, total: number}} Tally
 * @typedef {{stream: string, readout: string, readout_title: string, phenomenon: string}} Asked
 * @typedef {Asked & Tally & {share: number, interval: Range, kappa: number, null: Range}} Score
 *
 * @typedef {object} ScoreCard
 * @property {string} title
 * @property {string} fingerprint equal encoders have equal ones
 * @property {string | null} host
 * @property {number} suite
 * @property {string} view
 * @property {number} frames
 * @property {string} sentence
 * @property {ProbeStream[]} streams
 * @property {string[]} phenomena
 * @property {Score[]} scores
 * @property {string[]} notes
 * @property {ScoreCard[]} [others]
 */

export {}
