/**
 * The parts of the encoder report (`docs/report-encoder.md`) that the browser draws. Types only.
 *
 * @typedef {{family: string, title: string, stream: string, wants: string, fits: boolean, why: string}} Fit
 * @typedef {{why: string, count: number, keys: string[]}} KeyGroup
 * @typedef {{dtype: string, bytes: number, tensors?: number}} Stored
 * @typedef {{name: string, title: string, architecture: string, prefix: string, width: number | null, layers: number | null,
 *   heads: number | null, vocabulary: number | null, positions: number | null, buckets: number | null, parameters: number | null,
 *   tokenizer: {kind: string, where: string}, dtypes: Stored[], quantisation: {format: string, title: string}, assumed: string[],
 *   notes: string[], host_takes_it_for: string, fits: Fit[],
 *   keys: {checked: boolean, harmless: KeyGroup[], serious: KeyGroup[]}}} Encoder
 * @typedef {{format: string, version: number, name: string, container: string, bytes: number, tensors: number,
 *   files: {name: string, bytes: number, sha256: string | null}[], kind: string, architecture: string, title: string,
 *   verdict: string, usable: boolean, notes: string[], encoders: Encoder[]}} EncoderReport
 */

export {}
