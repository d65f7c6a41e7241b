/**
 * The report of the Image Probe (`docs/report-image.md`), as far as the browser reads it. Types only.
 *
 * @typedef {'shows the prompt' | 'shows the swap' | 'does not show the prompt' | 'cannot tell' | 'nothing to test'} Shows
 * @typedef {{shows: Shows, why: string, clear: number}} Seen one contrast in one picture
 * @typedef {{role: string, text: string}} Caption
 * @typedef {{thresholds: number[], verdict?: string, scenes: {share: number, text: string, tip: string[]}}} JudgedDisplay
 * @typedef {{verdict: import('../binding/types.js').Outcome}} TextSide
 * @typedef {{label: string, stock: boolean, text_side: TextSide, calibration: {right: number, total: number}, can_tell: boolean, sentence: string, display: JudgedDisplay}} Judged
 *
 * @typedef {{left: number, width: number, beyond: 'prompt' | 'swap' | null, sign: string, text: string, clear_text: string, tip: string[]}} MarginDisplay
 * @typedef {{meaning: 'prompt' | 'swap' | 'unrelated', role?: string, text: string, tip: string[]}} CaptionDisplay
 * @typedef {{title: string, shows?: string, sign: string, contrasts: MarginDisplay[], captions: CaptionDisplay[], judged?: AnswerDisplay[], judged_title?: string}} ShotDisplay
 * @typedef {{scorer: string, judge: string, text_side: string, stock: string, unread: string, skipped: string, notes: string}} Headings
 * @typedef {{judge: string, width: number, text: string, believed: boolean}} AnswerBar the probability of the prompt's answer, in percent of the bar
 * @typedef {{label: string, question: string, sign: string, tone: 'kept' | 'lost' | 'open', text: string, bars: AnswerBar[], tip: string[]}} AnswerDisplay one question
 *
 * @typedef {object} Shot
 * @property {number} index
 * @property {Shows} shows
 * @property {(number | null)[]} percentages one for each caption; null where none is known
 * @property {Seen[]} contrasts one for each contrast
 * @property {{shows: string} | null} [judged] what all judges say together; null without one
 * @property {ShotDisplay} display
 * @property {string} [thumb] the picture, small, as a link that holds it; on the node only
 *
 * @typedef {object} ImageDisplay places in percent of a gauge
 * @property {'lost' | 'kept' | 'open'} tone
 * @property {string} pictures
 * @property {number} first pictures beyond these are in a fold
 * @property {string} more its title
 * @property {Headings} [headings] absent in reports of earlier versions, as all words that are not in English there
 * @property {string} how
 * @property {boolean} all_can_tell
 * @property {string} standing
 * @property {string} [shares_title] absent in reports of earlier versions
 * @property {string[]} unread
 * @property {string} [judged_heading]
 * @property {string[]} [seers] the scorer and the judges
 * @property {{left: number, width: number}} noise
 * @property {{place: number, text: string}[]} ticks
 * @property {[string, string, string]} ends
 * @property {{name: string, title: string}[]} legend
 *
 * @typedef {object} ImageReport
 * @property {string} text
 * @property {string} sentence
 * @property {{title: string, notes: string[]}} scorer
 * @property {Caption[]} captions
 * @property {Judged[]} contrasts
 * @property {{title: string, sentence: string}[]} [judges]
 * @property {Shot[]} images
 * @property {string[]} skipped
 * @property {string[]} notes
 * @property {ImageDisplay} display what to draw; absent in reports of earlier versions
 */

export {}
