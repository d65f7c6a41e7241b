/**
 * Draws when each part of a scheduled CONDITIONING holds: a line from the first step to the last for every content that a part has.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'
import { filled } from '../../shared/translation.js'

/** @typedef {import('./types.js').Track} Track */

const MAX_TRACKS = 24

/** @param {Track[]} tracks @param {import('./types.js').ConditioningWords} words */
export function timelineView(tracks, words) {
  const left = tracks.length - MAX_TRACKS
  return h(
    'section',
    { class: 'es-strand es-timeline' },
    h('h4', {}, words.timeline, h('span', { class: 'es-strand-text' }, words.first_to_last)),
    tracks.slice(0, MAX_TRACKS).map(trackView),
    left > 0 && h('p', { class: 'es-more' }, filled(words.more_tracks, { rest: count(left) }))
  )
}

/** @param {Track} track */
function trackView({ part, title, text, empty, display }) {
  const bars = display.spans.map(({ left, width }) => h('i', { class: 'es-span', 'data-part': part, 'data-empty': empty, style: `left:${left}%;width:${width}%` }))
  return h('div', { class: 'es-track', 'data-track': part, title: display.title }, h('span', { class: 'es-track-name' }, h('b', {}, title), ` ${text}`), h('div', { class: 'es-track-line' }, bars))
}
