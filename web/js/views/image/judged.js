/**
 * Draws what judges answered: for each question its words, a bar for each judge, and what came of it.
 */

import { h } from '../../shared/dom.js'

/** Of what each judge may speak. @param {import('./types.js').ImageReport} report @param {string} heading */
export function judgesView({ judges }, heading) {
  return (judges ?? []).map(({ title, sentence }) =>
    h('section', { class: 'es-contrast es-judge', 'data-judge': title }, h('h4', {}, heading), h('b', {}, title), h('p', { class: 'es-quiet' }, sentence))
  )
}

/** @param {import('./types.js').ImageReport} report @param {import('./types.js').Shot} shot */
export function answersView({ display }, { judged, display: { judged: rows, judged_title: title } }) {
  if (!judged || !rows?.length) return { rows: [], box: null }
  const drawn = rows.map(answerView)
  return {
    rows: drawn,
    box: h('div', { class: 'es-judged', 'data-judged': judged.shows }, h('h5', {}, title ?? `${display.judged_heading}: ${judged.shows}`), h('div', { role: 'list' }, drawn))
  }
}

/** @param {import('./types.js').AnswerDisplay} row */
function answerView({ label, question, sign, tone, text, bars }) {
  return h(
    'div',
    { class: 'es-answer', role: 'listitem', 'data-tone': tone, 'data-label': label, 'aria-label': `${question} ${text}` },
    h('span', { class: 'es-answer-question' }, h('b', { class: 'es-answer-sign', 'aria-hidden': 'true' }, sign), question),
    h('span', { class: 'es-answer-text' }, text),
    bars.map(barView)
  )
}

/** @param {import('./types.js').AnswerBar} bar */
function barView({ judge, width, text, believed }) {
  const line = h('span', { class: 'es-gauge-line' }, h('i', { class: 'es-answer-fill', style: `width:${width}%` }), h('i', { class: 'es-threshold', style: 'left:50%' }))
  return h('span', { class: 'es-answer-bar', 'data-judge': judge, 'data-believed': believed ? 'yes' : 'no' }, line, h('span', { class: 'es-gauge-value' }, text))
}
