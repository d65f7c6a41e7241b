/**
 * The parts of the token report (`docs/report-tokens.md`) that the browser draws. Types only: this module holds no code.
 *
 * @typedef {{name: string, kind: 'pooled' | 'sequence', title: string, streams: string[]}} Readout
 * @typedef {{id: number | null, span: [number, number] | null, word: number | null, kind?: string}} Token
 * @typedef {{name: string, title: string, status: string, use?: string, tokens: number, capacity: number | null,
 *   trained_length: {tokens: number, source: string} | null, windows: Token[][]}} Stream
 * @typedef {{text: string, span: [number, number], kind: string, lost: boolean, lanes: string[], marks: string[], tip: string[]}} Word
 * @typedef {{stream: string, window: number, word: number, inside: 'word' | 'phrase' | 'between', title: string}} Edge
 * @typedef {{type: 'lane' | 'mark', state: string, title: string}} LegendItem
 * @typedef {{format: string, version: number, family: string, family_title?: string, layout: string, text: string, lost: boolean,
 *   verdict: string, remedies: string[], notes: string[], readouts: Readout[], streams: Stream[], words: Word[], edges: Edge[],
 *   legend: LegendItem[], display?: Display}} Report
 * @typedef {Record<'suggested' | 'copy' | 'copied' | 'select' | 'changes', string>} OrderHeadings
 * @typedef {{word: number | null, part: number, text: string, gap: string, edges: number[], tight: boolean}} Piece
 * @typedef {{tone: 'lost' | 'kept' | 'open', label: string, hues: number[], streams: {amount: string, readouts: number[], tip: string[]}[],
 *   edges: string[], words: string[], pieces: Piece[], more: string, advice?: string, findings?: string[]}} Display absent in reports of older versions
 * @typedef {Report & {display: Display}} DisplayedReport
 * @typedef {{word: string, change: string, a: number, b: number}} Change a and b: index of the word in either report
 * @typedef {{format: string, version: number, verdict: string, suggested: string, a: Report, b: Report, changes: Change[],
 *   display?: {tone: 'kept' | 'open', titles: {a: string, b: string}, suggested_is_b: boolean, legend: LegendItem[], headings?: OrderHeadings}}} Order
 */

export {}
