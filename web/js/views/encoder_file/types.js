/**
 * The parts of the encoder report (`docs/report-encoder.md`) that the browser draws. Types only.
 *
 * @typedef {{name: string, text: string, title: string, tone: string}} Fact
 * @typedef {{dtype: string, share: number, text: string}} Stored share: of the bytes, from 0 to 1
 * @typedef {{family: string, fits: boolean, text: string, tip: string[]}} Fit
 * @typedef {{title: string, broken: boolean, fitting: Fit[], near: Fit[], others: Fit[]}} Fits
 * @typedef {{keys: string, text: string}} KeyGroup
 * @typedef {{facts: Fact[], dtypes: Stored[], fits: Fits, serious: KeyGroup[], harmless: KeyGroup[]}} EncoderDisplay
 * @typedef {{name: string, title: string, prefix: string, notes: string[], display: EncoderDisplay}} Encoder
 *
 * @typedef {{notes: string, near: string, others: string, serious: string, harmless: string}} Labels headings
 *
 * @typedef {object} EncoderReport
 * @property {{name: string, sha256: string | null}[]} files
 * @property {string} kind
 * @property {string} verdict
 * @property {string[]} notes
 * @property {Encoder[]} encoders
 * @property {{title: string, tone: 'lost' | 'kept' | 'open', facts: Fact[], labels?: Labels}} display what to draw; absent in reports of earlier versions
 */

export {}
