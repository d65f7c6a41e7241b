/**
 * The report of the Image Probe (`docs/report-image.md`), as far as the browser reads it.
 *
 * @typedef {'shows the prompt' | 'shows the swap' | 'cannot tell' | 'nothing to test'} Shows
 * @typedef {{shows: Shows, why: string, margin: number, noise: number, clear: number, present: number | null}} Seen one contrast in one picture
 * @typedef {{role: string, text: string}} Caption
 * @typedef {{drawn: boolean, right: number, total: number, threshold: number | null, claimed: number, claimed_right: number, present: number | null}} Known
 * @typedef {{verdict: import('../binding/types.js').Outcome, share: number, interval: [number, number], null: [number, number]}} TextSide
 * @typedef {{kind: string, label: string, stock: boolean, frames: number, text_side: TextSide, calibration: Known, can_tell: boolean, sentence: string}} Judged
 *
 * @typedef {object} Shot
 * @property {number} index
 * @property {Shows} shows
 * @property {number[]} logits one for each caption
 * @property {number[]} percentages one for each caption
 * @property {Seen[]} contrasts one for each contrast
 * @property {string} [thumb] the picture, small, as a link that holds it; on the node only
 *
 * @typedef {object} ImageReport
 * @property {string} text
 * @property {string} sentence
 * @property {string | null} host
 * @property {{title: string, objective: 'softmax' | 'sigmoid', scale: number, bias: number, notes: string[]}} scorer
 * @property {Caption[]} captions
 * @property {Judged[]} contrasts
 * @property {Shot[]} images
 * @property {string[]} skipped
 * @property {string[]} unread
 * @property {string[]} notes
 */

export {}
