/**
 * Draws one image report: how far the scorer can be believed, then every picture with its verdict, its margins and the percentages.
 */

import { h } from '../../shared/dom.js'
import { outcomeView } from '../../shared/outcomes.js'
import { fact, foldView, listView, verdictView } from '../../shared/parts.js'
import { attachTips } from '../../shared/row_tips.js'
import { marginsView, marginTip, reach, shownView } from './gauges.js'
import { imageLegend, scenesView, sharesView, shareTip } from './shares.js'

/** @typedef {import('./types.js').ImageReport} ImageReport */
/** @typedef {import('./types.js').Shot} Shot */

/** Pictures beyond these are in a fold. */
const MOST = 12
const HOW = 'Only where its own text side tells the two meanings apart, and where it is right on drawn scenes whose truth is known.'

/** @param {ImageReport} report @returns {(HTMLElement | null)[]} */
export function imageView(report) {
  const { text, sentence, images, contrasts, skipped, unread, notes, scorer } = report
  const rest = images.slice(MOST)
  return [
    h('p', { class: 'es-given' }, text),
    verdictView(sentence, tone(images)),
    contrasts.length ? believedView(report) : null,
    ...images.slice(0, MOST).map((one) => shotView(report, one)),
    rest.length ? foldView('more', `${rest.length} more pictures`, ...rest.map((one) => shotView(report, one))) : null,
    listView('unread', 'Could not be read', unread.filter((line) => !sentence.includes(line))),
    listView('skipped', 'Not put to the test', skipped),
    listView('notes', 'Notes', [...notes, ...scorer.notes]),
    h('div', { class: 'es-chips' }, h('span', { class: 'es-chip es-chip-family' }, scorer.title), fact('pictures', images.length === 1 ? '1 picture' : `${images.length} pictures`)),
    images.length ? imageLegend(report) : null
  ]
}

/** Amber as soon as one picture shows the swap, green only where all show the prompt. @param {Shot[]} images */
function tone(images) {
  if (images.some(({ shows }) => shows === 'shows the swap')) return 'lost'
  return images.length && images.every(({ shows }) => shows === 'shows the prompt') ? 'kept' : 'open'
}

/** @param {ImageReport} report */
function believedView({ contrasts }) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const rows = contrasts.map((one, k) => {
    const scenes = scenesView(one, tips)
    const head = h('div', { class: 'es-contrast-head' }, h('b', {}, one.label), one.stock && h('span', { class: 'es-strand-text' }, 'rival added'))
    const side = h('span', { class: 'es-text-side' }, 'text side', outcomeView(one.text_side.verdict))
    return h('div', { class: 'es-believed', 'data-contrast': k, 'data-can-tell': one.can_tell ? 'yes' : 'no' }, head, side, scenes, h('p', { class: 'es-quiet' }, one.sentence))
  })
  const box = h('section', { class: 'es-contrast' }, h('h4', {}, 'Can this scorer tell at all?'), contrasts.every((one) => one.can_tell) ? null : h('p', { class: 'es-quiet' }, HOW), rows)
  attachTips(box, tips)
  return box
}

/** @param {ImageReport} report @param {Shot} shot */
function shotView(report, shot) {
  const { contrasts, captions } = report
  const far = reach(report)
  const margins = marginsView(contrasts, shot.contrasts, far)
  const shares = sharesView(captions, shot.percentages)
  const tips = new Map([...margins.rows.map((row, k) => /** @type {const} */ ([row, marginTip(contrasts[k], shot.contrasts[k])])), ...shares.map((row, k) => /** @type {const} */ ([row, shareTip(report, shot, k)]))])
  const box = h(
    'div',
    { class: 'es-shot-told' },
    h('h4', { class: 'es-contrast-head' }, h('b', {}, `Picture ${shot.index + 1}`), shownView(shot.shows)),
    margins.box,
    h('h5', {}, 'Percentages, as other tools show them'),
    h('div', { class: 'es-shares', role: 'list' }, shares)
  )
  attachTips(box, tips)
  return h('section', { class: 'es-contrast es-shot', 'data-picture': shot.index, 'data-shows': shot.shows }, thumbView(shot), box)
}

/** Only pictures that the report itself holds: nothing is fetched. @param {Shot} shot */
function thumbView({ thumb, index }) {
  return thumb?.startsWith('data:image/') ? h('img', { class: 'es-thumb', src: thumb, alt: `Picture ${index + 1}`, draggable: 'false' }) : null
}
