/**
 * Draws one image report: how far the scorer can be believed, then every picture with its verdict, its margins and the percentages.
 */

import { h } from '../../shared/dom.js'
import { outcomeView } from '../../shared/outcomes.js'
import { fact, foldView, listView, verdictView, wordsView } from '../../shared/parts.js'
import { attachTips } from '../../shared/row_tips.js'
import { marginsView, shownView } from './gauges.js'
import { answersView, judgesView } from './judged.js'
import { imageLegend, scenesView, sharesView } from './shares.js'

/** @typedef {import('./types.js').ImageReport} ImageReport */
/** @typedef {import('./types.js').Shot} Shot */

/** Of reports of earlier versions, which do not say what stands over their parts. @type {import('./types.js').Headings} */
const ENGLISH = {
  scorer: 'Can this scorer tell at all?',
  judge: 'Can this judge tell at all?',
  text_side: 'text side',
  stock: 'rival added',
  unread: 'Could not be read',
  skipped: 'Not put to the test',
  notes: 'Notes'
}

/** @param {ImageReport} report @returns {(HTMLElement | null)[]} */
export function imageView(report) {
  const { text, sentence, images, contrasts, skipped, notes, scorer, display } = report
  if (!display) return wordsView(report)
  const headings = display.headings ?? ENGLISH
  const rest = images.slice(display.first)
  return [
    h('p', { class: 'es-given' }, text),
    verdictView(sentence, display.tone),
    contrasts.length ? believedView(report, headings) : null,
    ...judgesView(report, headings.judge),
    ...images.slice(0, display.first).map((shot) => shotView(report, shot)),
    rest.length ? foldView('more', display.more, ...rest.map((shot) => shotView(report, shot))) : null,
    listView('unread', headings.unread, display.unread),
    listView('skipped', headings.skipped, skipped),
    listView('notes', headings.notes, [...notes, ...scorer.notes]),
    h('div', { class: 'es-chips' }, (display.seers ?? [scorer.title]).map((title) => h('span', { class: 'es-chip es-chip-family' }, title)), fact('pictures', display.pictures)),
    images.length && report.captions.length ? imageLegend(display) : null
  ]
}

/** @param {ImageReport} report @param {import('./types.js').Headings} headings */
function believedView({ contrasts, display }, headings) {
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const rows = contrasts.map((one, k) => {
    const scenes = scenesView(one)
    tips.set(scenes, one.display.scenes.tip)
    const head = h('div', { class: 'es-contrast-head' }, h('b', {}, one.label), one.stock && h('span', { class: 'es-strand-text' }, headings.stock))
    const side = h('span', { class: 'es-text-side' }, headings.text_side, outcomeView(one.text_side.verdict, one.display.verdict))
    return h('div', { class: 'es-believed', 'data-contrast': k, 'data-can-tell': one.can_tell ? 'yes' : 'no' }, head, side, scenes, h('p', { class: 'es-quiet' }, one.sentence))
  })
  const how = display.all_can_tell ? null : h('p', { class: 'es-quiet' }, display.how)
  const box = h('section', { class: 'es-contrast' }, h('h4', {}, headings.scorer), how, rows)
  attachTips(box, tips)
  return box
}

/** @param {ImageReport} report @param {Shot} shot */
function shotView(report, shot) {
  const margins = marginsView(report, shot)
  const shares = sharesView(report.captions, shot)
  const answers = answersView(report, shot)
  const { title, contrasts, captions, judged } = shot.display
  const tips = new Map([
    ...margins.rows.map((row, k) => /** @type {const} */ ([row, contrasts[k].tip])), ...shares.map((row, k) => /** @type {const} */ ([row, captions[k].tip])),
    ...answers.rows.map((row, k) => /** @type {const} */ ([row, judged?.[k].tip ?? []]))
  ])
  const box = h(
    'div',
    { class: 'es-shot-told' },
    h('h4', { class: 'es-contrast-head' }, h('b', {}, title), shownView(shot.shows, shot.display.sign, shot.display.shows)),
    margins.box,
    answers.box,
    shares.length ? h('h5', {}, report.display.shares_title ?? 'Percentages, as other tools show them') : null,
    shares.length ? h('div', { class: 'es-shares', role: 'list' }, shares) : null
  )
  attachTips(box, tips)
  return h('section', { class: 'es-contrast es-shot', 'data-picture': shot.index, 'data-shows': shot.shows }, thumbView(shot), box)
}

/** Only pictures that the report itself holds: nothing is fetched. @param {Shot} shot */
function thumbView({ thumb, display }) {
  return thumb?.startsWith('data:image/') ? h('img', { class: 'es-thumb', src: thumb, alt: display.title, draggable: 'false' }) : null
}
