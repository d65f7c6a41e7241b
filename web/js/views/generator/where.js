/**
 * Draws the where-maps: attention of each phrase over the picture. Location, not influence.
 */

import { h } from '../../shared/dom.js'
import { attachTips } from '../../shared/row_tips.js'

/** Only pictures that the report itself holds: nothing is fetched. @param {import('./types.js').GeneratorReport} report */
export function whereView({ where, display }) {
  if (!where || !display.where) return null
  const { title, text, maps } = display.where
  /** @type {Map<HTMLElement, string[]>} */
  const tips = new Map()
  const figures = maps.map((map, k) => {
    const { thumb } = where.maps[k]
    const picture = thumb?.startsWith('data:image/') ? h('img', { src: thumb, alt: `${map.title}: ${title}`, draggable: 'false' }) : null
    const figure = h('div', { class: 'es-where-map', role: 'listitem', 'data-map': k }, picture, h('b', {}, map.title), h('span', {}, map.text))
    tips.set(figure, map.tip)
    return figure
  })
  const box = h('section', { class: 'es-contrast es-where' }, h('h4', {}, title), h('p', { class: 'es-quiet' }, text), h('div', { class: 'es-where-maps', role: 'list' }, figures))
  attachTips(box, tips)
  return box
}
