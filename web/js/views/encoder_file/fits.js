/**
 * Draws which image models take an encoder: those that do, those that miss it narrowly, and those that take nothing of its kind.
 */

import { h } from '../../shared/dom.js'
import { attachTips } from '../../shared/row_tips.js'

/** @typedef {import('./types.js').Fit} Fit */

/** @param {import('./types.js').Fits} fits @param {import('./types.js').Labels} labels @param {string} key @returns {HTMLElement | null} */
export function fitsView({ title, broken, fitting, near, others }, labels, key) {
  if (!fitting.length && !near.length && !others.length) return null
  return h(
    'section',
    { class: 'es-fits', 'data-broken': broken },
    row(title, fitting),
    near.length > 0 && row(labels.near, near),
    others.length > 0 &&
      h(
        'details',
        { class: 'es-notes', 'data-key': `${key}:others` },
        h('summary', {}, labels.others, h('span', { class: 'es-count' }, String(others.length))),
        chips(others)
      )
  )
}

/** @param {string} head @param {Fit[]} fits */
function row(head, fits) {
  return h('div', { class: 'es-fit-row' }, h('h4', {}, head), fits.length > 0 && chips(fits))
}

/** @param {Fit[]} fits */
function chips(fits) {
  const tips = new Map(fits.map((fit) => [chip(fit), fit.tip]))
  const box = h('div', { class: 'es-chips', role: 'list' }, [...tips.keys()])
  attachTips(box, tips)
  return box
}

/** @param {Fit} fit */
function chip({ family, fits, text }) {
  return h('span', { class: 'es-chip es-fit', role: 'listitem', 'data-family': family, 'data-fits': fits ? 'yes' : 'no' }, text)
}
