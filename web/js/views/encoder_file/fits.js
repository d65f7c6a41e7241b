/**
 * Draws which image models take an encoder: those that do, those that miss it narrowly, and those that take nothing of its kind.
 */

import { h } from '../../shared/dom.js'
import { attachTips } from '../../shared/row_tips.js'

/** @typedef {import('./types.js').Fit} Fit */

/**
 * @param {Fit[]} fits
 * @param {string} key
 * @param {boolean} broken the encoder lacks parts: what would take it cannot use this file
 * @returns {HTMLElement | null}
 */
export function fitsView(fits, key, broken) {
  if (!fits.length) return null
  const fitting = fits.filter((fit) => fit.fits)
  const near = fits.filter((fit) => !fit.fits && fit.stream)
  const others = fits.filter((fit) => !fit.fits && !fit.stream)
  return h(
    'section',
    { class: 'es-fits', 'data-broken': broken },
    row(title(fitting, broken), fitting),
    near.length > 0 && row('Does not fit', near),
    others.length > 0 &&
      h(
        'details',
        { class: 'es-notes', 'data-key': `${key}:others` },
        h('summary', {}, 'Take no encoder of this kind', h('span', { class: 'es-count' }, String(others.length))),
        chips(others)
      )
  )
}

/** @param {Fit[]} fitting @param {boolean} broken */
function title(fitting, broken) {
  if (!fitting.length) return 'Fits none of the image models that EncoderScope knows'
  return broken ? `Would fit${role(fitting)}, were it whole` : `Fits${role(fitting)}`
}

/** Said once when it is the same for all. @param {Fit[]} fitting */
function role(fitting) {
  const roles = new Set(fitting.map((fit) => fit.wants))
  return roles.size === 1 ? ` as ${[...roles][0]}` : ''
}

/** @param {string} head @param {Fit[]} fits */
function row(head, fits) {
  return h('div', { class: 'es-fit-row' }, h('h4', {}, head), fits.length > 0 && chips(fits))
}

/** @param {Fit[]} fits */
function chips(fits) {
  const tips = new Map(fits.map((fit) => [chip(fit), tip(fit)]))
  const row = h('div', { class: 'es-chips', role: 'list' }, [...tips.keys()])
  attachTips(row, tips)
  return row
}

/** @param {Fit} fit */
function chip(fit) {
  const minded = fit.fits && fit.why
  return h('span', { class: 'es-chip es-fit', role: 'listitem', 'data-family': fit.family, 'data-fits': fit.fits ? 'yes' : 'no' }, fit.title, minded && ' *')
}

/** @param {Fit} fit */
function tip(fit) {
  return [fit.title, fit.fits ? `takes it as ${fit.wants}` : '', fit.why]
}
