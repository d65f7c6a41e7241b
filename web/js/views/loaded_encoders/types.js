/**
 * The report of what "Load Text Encoders" loaded, as far as the browser draws it. Types only.
 *
 * @typedef {{file: string, role: string | null, name: string, title: string, width: number | null, layers: number | null,
 *   heads: number | null, positions: number | null, quantisation: string, dtypes: Record<string, number>, tokenizer: string}} LoadedPart
 * @typedef {{format: string, version: number, family: string | null, title: string, precision: string, encoders: LoadedPart[],
 *   warnings: string[], notes: string[]}} LoadedReport
 */

export {}
