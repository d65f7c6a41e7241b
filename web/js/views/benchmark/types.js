/**
 * The report of the Binding Benchmark (`docs/report-benchmark.md`), as far as the browser reads it.
 *
 * @typedef {[number, number]} Range
 * @typedef {{name: string, title: string, pairs: number, pictures: number, kinds: string[], fingerprint: string}} BenchData
 * @typedef {{name: 'image' | 'text', title: string, asks: string, bins: number[]}} Question
 * @typedef {{letter: string, title: string, question: string, fingerprint: string}} Contestant
 * @typedef {{mean: number, quantiles: number[]}} Margin
 * @typedef {{encoder: string, kind: string | null, pairs: number, wins: number, ties: number}} Won
 * @typedef {Won & {share: number, interval: Range, guessing: string, margin: Margin, histogram: number[]}} BenchScore
 * @typedef {{a: string, b: string, question: string, both: number, only_a: number, only_b: number, neither: number, tied: number}} Table
 * @typedef {Table & {p: number, p_corrected: number, better: string | null, sentence: string}} Comparison
 * @typedef {{value: number, interval: Range}} Estimate
 * @typedef {{encoder: string, judged: number, correct: number, spearman: Estimate | null, auc: Estimate | null, sentence: string}} Prediction
 *
 * @typedef {object} BenchReport
 * @property {string | null} host
 * @property {string} sentence
 * @property {BenchData} dataset
 * @property {Question[]} questions
 * @property {Contestant[]} encoders
 * @property {BenchScore[]} scores
 * @property {Comparison[]} comparisons
 * @property {Prediction[]} predictions
 * @property {string[]} notes
 */

export {}
