/**
 * Draws the numbers beside the margins: drawn scenes that the scorer is right on, percentages of the captions, and what all bars mean.
 */

import { h } from '../../shared/dom.js'

/** A bar of the drawn scenes; guessing reaches its middle. @param {import('./types.js').Judged} contrast */
export function scenesView({ calibration: { right, total }, display: { scenes } }) {
  const line = h('span', { class: 'es-gauge-line' }, h('i', { class: 'es-gauge-fill', style: `width:${scenes.share}%` }), h('i', { class: 'es-threshold', style: 'left:50%' }))
  return h('div', { class: 'es-scenes', 'data-right': right, 'data-total': total }, line, h('span', { class: 'es-gauge-value' }, scenes.text))
}

/** @param {import('./types.js').Caption[]} captions @param {import('./types.js').Shot} shot */
export function sharesView(captions, { percentages, display }) {
  return captions.map(({ role, text }, k) => {
    const { meaning, text: figure, role: words = role } = display.captions[k]
    return h(
      'div',
      { class: 'es-share', role: 'listitem', 'data-role': role, 'data-meaning': meaning, 'data-percentage': percentages[k], 'aria-label': `${words}: ${text}, ${figure}` },
      h('span', { class: 'es-share-text' }, text, h('span', { class: 'es-strand-text' }, words)),
      h('span', { class: 'es-gauge-line' }, h('i', { class: 'es-share-fill', style: `width:${percentages[k] ?? 0}%` })),
      h('span', { class: 'es-gauge-value' }, figure)
    )
  })
}

/** What the bars mean, said once. Only what occurs. @param {import('./types.js').ImageDisplay} display */
export function imageLegend({ legend, standing }) {
  return h('div', { class: 'es-legend' }, h('div', { class: 'es-legend-row' }, legend.map(sample)), h('p', {}, standing))
}

/** @type {Record<string, () => HTMLElement>} */
const SAMPLES = {
  noise: () => h('i', { class: 'es-noise', style: 'left:0;width:100%' }),
  threshold: () => h('i', { class: 'es-threshold', style: 'left:50%' })
}
/** @type {Record<string, string>} */
const NAMES = { 'shows the prompt': 'prompt', 'shows the swap': 'swap', 'cannot tell': 'open' }

/** @param {{name: string, title: string}} item */
function sample({ name, title }) {
  const shows = name in NAMES ? name : null
  const fill = () => h('i', { class: 'es-margin-fill', style: 'left:0;width:100%', 'data-shows': shows })
  const line = h('span', { class: 'es-gauge-line es-gauge-sample', 'data-shows': shows, 'aria-hidden': 'true' }, (SAMPLES[name] ?? fill)())
  return h('span', { class: 'es-legend-item', 'data-legend': NAMES[name] ?? name }, line, title)
}
