/**
 * Draws the numbers beside the margins: drawn scenes that the scorer is right on, percentages of the captions, and what all bars mean.
 */

import { h } from '../../shared/dom.js'

/** @typedef {import('./types.js').ImageReport} ImageReport */

/** A bar of the drawn scenes; guessing reaches its middle. @param {import('./types.js').Judged} contrast @param {Map<HTMLElement, string[]>} tips */
export function scenesView({ label, calibration: known, text_side: side }, tips) {
  const share = known.total ? (100 * known.right) / known.total : 0
  const line = h('span', { class: 'es-gauge-line' }, h('i', { class: 'es-gauge-fill', style: `width:${share.toFixed(3)}%` }), h('i', { class: 'es-threshold', style: 'left:50%' }))
  const row = h('div', { class: 'es-scenes', 'data-right': known.right, 'data-total': known.total }, line, h('span', { class: 'es-gauge-value' }, known.drawn ? `${known.right} of ${known.total} drawn scenes` : 'not to be drawn'))
  const percent = (/** @type {number} */ value) => Number((100 * value).toPrecision(3))
  tips.set(row, [
    label,
    known.drawn ? `Right on ${known.right} of ${known.total} drawn scenes; guessing is right on half of them.` : 'No drawn scene shows this kind of contrast: nothing is claimed.',
    known.threshold === null ? 'No margin makes it sure.' : `From ${known.threshold} × the noise on, ${known.claimed_right} of ${known.claimed} are right.`,
    `Its text side: ${side.verdict}, binding has ${percent(side.share)} % (interval ${percent(side.interval[0])} to ${percent(side.interval[1])} %); encoders that bind nothing stay below ${percent(side.null[1])} %.`
  ])
  return row
}

/** prompt, swap or unrelated. @param {string} role */
function meaning(role) {
  const first = role.split(' ', 1)[0]
  return first === 'prompt' || first === 'swap' ? first : 'unrelated'
}

/** @param {import('./types.js').Caption[]} captions @param {number[]} percentages */
export function sharesView(captions, percentages) {
  return captions.map(({ role, text }, k) =>
    h(
      'div',
      { class: 'es-share', role: 'listitem', 'data-role': role, 'data-meaning': meaning(role), 'data-percentage': percentages[k], 'aria-label': `${role}: ${text}, ${percentText(percentages[k])}` },
      h('span', { class: 'es-share-text' }, text, h('span', { class: 'es-strand-text' }, role)),
      h('span', { class: 'es-gauge-line' }, h('i', { class: 'es-share-fill', style: `width:${percentages[k]}%` })),
      h('span', { class: 'es-gauge-value' }, percentText(percentages[k]))
    )
  )
}

/** @param {number} value */
const percentText = (value) => (value > 0 && value < 0.05 ? '< 0.1 %' : `${value.toFixed(1)} %`)

/** @param {ImageReport} report @param {import('./types.js').Shot} shot @param {number} k @returns {string[]} */
export function shareTip({ captions, scorer }, { logits, percentages }, k) {
  const bias = scorer.bias ? `, bias ${scorer.bias}` : ''
  return [captions[k].text, `${captions[k].role}: ${percentages[k]} %`, `Score ${logits[k]} (cosine × ${scorer.scale}${bias})`, standing(scorer.objective)]
}

/** @param {string} objective */
function standing(objective) {
  if (objective === 'sigmoid') return 'Percentages are no part of the verdict. Here each bar stands alone: they need not add up to 100 %.'
  return 'Percentages are no part of the verdict. They are shares among the captions shown: together 100 %.'
}

/** What the bars mean, said once. Only what occurs. @param {ImageReport} report */
export function imageLegend({ images, contrasts, scorer }) {
  const seen = new Set(images.flatMap((one) => one.contrasts.map(({ shows }) => shows)))
  const fill = (/** @type {string} */ shows) => h('i', { class: 'es-margin-fill', style: 'left:0;width:100%', 'data-shows': shows })
  const items = [
    seen.has('shows the prompt') && sample('prompt', 'clear for the prompt', 'shows the prompt', fill('shows the prompt')),
    seen.has('shows the swap') && sample('swap', 'clear for the swap', 'shows the swap', fill('shows the swap')),
    seen.has('cannot tell') && sample('open', 'not clear, or not believed', 'cannot tell', fill('cannot tell')),
    seen.size > 0 && sample('noise', 'noise: what wording changes', null, h('i', { class: 'es-noise', style: 'left:0;width:100%' })),
    contrasts.some((one) => one.can_tell) && sample('threshold', 'this scorer is believed from here', null, h('i', { class: 'es-threshold', style: 'left:50%' }))
  ]
  return h('div', { class: 'es-legend' }, h('div', { class: 'es-legend-row' }, items), h('p', {}, standing(scorer.objective)))
}

/** @param {string} name @param {string} title @param {string | null} shows @param {Node} content */
function sample(name, title, shows, content) {
  const line = h('span', { class: 'es-gauge-line es-gauge-sample', 'data-shows': shows, 'aria-hidden': 'true' }, content)
  return h('span', { class: 'es-legend-item', 'data-legend': name }, line, title)
}
