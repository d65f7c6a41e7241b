/**
 * The report of what "Load Text Encoders" loaded, as far as the browser draws it. Types only.
 *
 * @typedef {import('../encoder_file/types.js').Fact} Fact
 * @typedef {import('../encoder_file/types.js').Stored} Stored
 * @typedef {{file: string, title: string, display: {facts: Fact[], dtypes: Stored[]}}} LoadedPart
 *
 * @typedef {object} LoadedReport
 * @property {string} title
 * @property {LoadedPart[]} encoders
 * @property {string[]} warnings
 * @property {string[]} notes
 * @property {{tone: 'kept' | 'open', sentence: string}} display what to draw; absent in reports of earlier versions
 */

export {}
