/**
 * The report of the Binding Benchmark (`docs/report-benchmark.md`), as far as the browser reads it. Types only.
 *
 * @typedef {{left: number, width: number}} Stretch in percent of a bar, as all places here
 * @typedef {{encoder: string, guessing: string, share: number, length: number, interval: Stretch, count: string, share_text: string, spoken: string, tip: string[]}} Bar
 * @typedef {{kind: string, title: string, bars: Bar[]}} Row kind: empty for all pairs
 * @typedef {{won: boolean, count: number, height: number, title: string}} Column
 * @typedef {{encoder: string, title: string, ties: string, columns: Column[], ends: string[]}} Histogram
 * @typedef {{better: string | null, sentence: string}} Comparison
 * @typedef {{name: string, title: string, asks: string, rows: Row[], margins: {text: string, rows: Histogram[]}, comparisons: Comparison[]}} Question
 * @typedef {{encoder: string, title: string, auc: {place: number, interval: Stretch} | null, sentence: string}} Prediction
 *
 * @typedef {object} BenchDisplay
 * @property {'lost' | 'kept' | 'open'} tone
 * @property {string} title
 * @property {{notes: string, details: string}} [headings] absent in reports of earlier versions
 * @property {string[]} details
 * @property {{name: string, title: string}[]} legend
 * @property {Question[]} questions
 * @property {{title: string, rows: Prediction[]}} predictions
 *
 * @typedef {object} BenchReport
 * @property {string} sentence
 * @property {{letter: string, title: string}[]} encoders
 * @property {string[]} notes
 * @property {BenchDisplay} display what to draw; absent in reports of earlier versions
 */

export {}
