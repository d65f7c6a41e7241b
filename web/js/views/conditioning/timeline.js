/**
 * Draws when each part of a scheduled CONDITIONING holds: a line from the first step to the last for every content that a part has.
 */

import { h } from '../../shared/dom.js'
import { count } from '../../shared/numbers.js'

/** @typedef {import('./types.js').Track} Track */

const MAX_TRACKS = 24

/** @param {Track[]} tracks */
export function timelineView(tracks) {
  const left = tracks.length - MAX_TRACKS
  return h(
    'section',
    { class: 'es-strand es-timeline' },
    h('h4', {}, 'When each part holds', h('span', { class: 'es-strand-text' }, 'first step to last')),
    tracks.slice(0, MAX_TRACKS).map(trackView),
    left > 0 && h('p', { class: 'es-more' }, `… and ${count(left)} more, see the JSON`)
  )
}

/** @param {Track} track */
function trackView({ part, title, text, empty, display }) {
  const bars = display.spans.map(({ left, width }) => h('i', { class: 'es-span', 'data-part': part, 'data-empty': empty, style: `left:${left}%;width:${width}%` }))
  return h('div', { class: 'es-track', 'data-track': part, title: display.title }, h('span', { class: 'es-track-name' }, h('b', {}, title), ` ${text}`), h('div', { class: 'es-track-line' }, bars))
}
