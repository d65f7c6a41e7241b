/**
 * Draws one report of the Prompt Doctor: the sentence, the phrases beside their lamps, what happened to those that are not well, and what
 * to do.
 */

import { h } from '../../shared/dom.js'
import { fact, listView, verdictView } from '../../shared/parts.js'
import { lampView, phrasesView } from './lamps.js'

/** @typedef {import('./types.js').DoctorReport} DoctorReport */

/** @param {DoctorReport} report @returns {(HTMLElement | null)[]} */
export function doctorView(report) {
  const { sentence, phrases, changes, notes, display } = report
  return [
    verdictView(sentence, display.tone),
    phrases.length ? phrasesView(report) : null,
    phrases.length ? legendView(display) : null,
    display.lines.length ? linesView(display.lines) : null,
    listView('changes', title(display, 'changes', 'What to do'), changes),
    display.suggests ? suggestionView(report) : null,
    display.verification ? verificationView(report) : null,
    listView('unseen', title(display, 'unseen', 'Not looked at'), unseen(display)),
    listView('notes', title(display, 'notes', 'Notes'), notes),
    chipsView(report)
  ]
}

/** Reports of older versions have no titles. @param {import('./types.js').DoctorDisplay} display @param {string} name @param {string} english */
const title = ({ titles }, name, english) => titles?.[name] ?? english

/** @param {import('./types.js').DoctorDisplay} display */
function legendView({ legend }) {
  const items = legend.map(({ name, sign, title }) => h('span', { class: 'es-legend-item', 'data-legend': name }, lampView(name, sign), title))
  return h('div', { class: 'es-legend' }, h('div', { class: 'es-legend-row' }, items))
}

/** @param {import('./types.js').Line[]} lines */
function linesView(lines) {
  const items = lines.map(({ lamp, sign, label, where, text }) =>
    h('li', { class: 'es-finding', 'data-lamp': lamp }, lampView(lamp, sign), h('span', {}, h('b', {}, label), ` (${where}): `, text)))
  return h('ul', { class: 'es-findings', 'data-list': 'lines' }, items)
}

/** @param {DoctorReport} report */
function suggestionView({ suggested_prompt: text, display }) {
  return h('section', { class: 'es-strand', 'data-list': 'suggested' }, h('h4', {}, title(display, 'suggested', 'Suggested prompt')), h('p', { class: 'es-suggested', dir: 'auto' }, text))
}

/** @param {DoctorReport} report */
function verificationView({ display, thumbs }) {
  const { verification } = display
  if (!verification) return h('p', {})
  const pictures = [thumbs?.before, thumbs?.after].filter((source) => source)
  const figures = pictures.map((source, k) => h('figure', {}, h('img', { src: source, alt: verification.titles[k] }), h('figcaption', {}, verification.titles[k])))
  return h('section', { class: 'es-strand', 'data-list': 'verification' }, h('h4', {}, title(display, 'trial', 'Trial')), h('p', {}, verification.sentence), h('div', { class: 'es-tried' }, figures))
}

/** @param {import('./types.js').DoctorDisplay} display */
const unseen = ({ stations }) => stations.filter(({ seen }) => !seen).map(({ title, text }) => `${title}: ${text}`)

/** @param {DoctorReport} report */
function chipsView({ family_title: family, display: { stations } }) {
  const looked = stations.filter(({ seen }) => seen).map(({ title }) => fact('station', title))
  return h('div', { class: 'es-chips' }, family ? h('span', { class: 'es-chip es-chip-family' }, family) : null, looked)
}
