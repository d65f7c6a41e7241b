/**
 * The report of the Prompt Doctor (`docs/report-doctor.md`), as far as the browser reads it. Types only.
 *
 * @typedef {'passed' | 'lost' | 'part' | 'unsure' | 'unseen' | 'after'} LampName
 * @typedef {{name: LampName, sign: string, title: string, tip: string[]}} Lamp
 * @typedef {{text: string, display: {lamps: Lamp[], tone: 'lost' | 'kept' | 'open', certainty: string}}} Row a phrase, or several that fared alike
 * @typedef {{lamp: LampName, sign: string, label: string, where: string, text: string}} Line
 *
 * @typedef {object} DoctorDisplay
 * @property {'lost' | 'kept' | 'open'} tone
 * @property {{title: string, text: string, seen: boolean}[]} stations
 * @property {Row[]} [rows] of a long prompt; absent in reports of older versions
 * @property {number[]} seen phrases by their index
 * @property {number[]} folded
 * @property {string} more
 * @property {{name: LampName, sign: string, title: string}[]} legend
 * @property {Line[]} lines
 * @property {boolean} suggests
 * @property {{sentence: string, titles: string[]} | null} verification
 * @property {string} spoken
 * @property {Record<string, string>} [titles] absent in reports of older versions
 *
 * @typedef {object} DoctorReport
 * @property {string} sentence
 * @property {string | null} family_title
 * @property {Row[]} phrases
 * @property {string | null} suggested_prompt
 * @property {string[]} changes
 * @property {string[]} notes
 * @property {{before?: string, after?: string} | null} [thumbs]
 * @property {DoctorDisplay} display
 */

export {}
