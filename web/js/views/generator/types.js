/**
 * The report of Ignored Words (`docs/report-generator.md`), as far as the browser reads it. Types only.
 *
 * @typedef {{left: number, width: number}} Stretch in percent of a bar
 * @typedef {'used' | 'ignored' | 'cannot tell' | 'cut off'} State
 *
 * @typedef {object} PhraseDisplay
 * @property {State} state
 * @property {string} state_text
 * @property {string} sign
 * @property {number} ink 0: struck through, to 4: the strongest
 * @property {number} width of the bar
 * @property {number | null} own of it through its own words; null: not split
 * @property {Stretch} interval
 * @property {boolean} beyond the bar goes on at its end
 * @property {string} share_text
 * @property {string} route by which way it acts, where that is not by its own words
 * @property {string} said
 * @property {string[]} tip
 *
 * @typedef {{text: string, share: number, display: PhraseDisplay}} Phrase
 * @typedef {{share: number, share_text: string, text: string}} Measured
 * @typedef {Measured & {interval: Stretch, null: [number, number], beyond: boolean}} Judged
 * @typedef {{label: string, sentence: string, display: {encoder: Measured | null, generator: Judged, tip: string[]}}} Binding
 * @typedef {{title: string, ticks: {place: number, text: string}[], tip: string[]}} Axis
 * @typedef {{width: number, interval: Stretch, text: string, share_text: string, tip: string[]}} Floor
 *
 * @typedef {object} GeneratorDisplay
 * @property {'lost' | 'kept' | 'open'} tone
 * @property {{text: string, phrase: number | null}[]} pieces
 * @property {boolean} complete
 * @property {number[]} seen phrases by their index
 * @property {number[]} folded
 * @property {string} more
 * @property {Record<string, string>} [titles] absent in reports of older versions
 * @property {Floor} floor
 * @property {Axis} axis
 * @property {Axis} binding_axis
 * @property {{title: string, text: string, maps: {title: string, text: string, tip: string[]}[]} | null} where
 * @property {string} how
 * @property {{name: string, text: string}[]} facts
 * @property {string[]} notes
 * @property {string} spoken
 * @property {{name: string, title: string}[]} legend
 *
 * @typedef {object} GeneratorReport
 * @property {string} sentence
 * @property {Phrase[]} phrases
 * @property {Binding[]} binding
 * @property {{maps: {thumb?: string}[]} | null} [where]
 * @property {GeneratorDisplay} display
 */

export {}
