/**
 * One tooltip for the whole page. It hangs off <body> with fixed position, so no node, canvas or scroller clips or scales it.
 */

import { h } from './dom.js'

const GAP = 8
const LEAVING = ['wheel', 'pointerdown']

/** @type {HTMLElement | null} */
let tip = null
/** @type {HTMLElement | null} */
let anchor = null

/** @param {HTMLElement} target @param {Node[]} content */
export function showTip(target, content) {
  hideTip()
  tip = h('div', { class: 'encoderscope-tip encoderscope-colours', role: 'tooltip', id: 'encoderscope-tip' }, content)
  document.body.append(tip)
  place(tip, target.getBoundingClientRect())
  anchor = target
  anchor.setAttribute('aria-describedby', tip.id)
  for (const type of LEAVING) window.addEventListener(type, hideTip, { capture: true, passive: true })
  window.addEventListener('scroll', follow, { capture: true, passive: true })
}

export function hideTip() {
  tip?.remove()
  anchor?.removeAttribute('aria-describedby')
  tip = anchor = null
  for (const type of LEAVING) window.removeEventListener(type, hideTip, { capture: true })
  window.removeEventListener('scroll', follow, { capture: true })
}

/** Focus by keyboard may scroll a word into view: the tooltip goes along. */
function follow() {
  if (tip && anchor) place(tip, anchor.getBoundingClientRect())
}

/** Hides the tooltip when what it belongs to goes away. @param {Node} owner */
export function hideTipOf(owner) {
  if (anchor && owner.contains(anchor)) hideTip()
}

/** Below the word, or above it where there is more room. @param {HTMLElement} box @param {DOMRect} at */
function place(box, at) {
  const { width, height } = box.getBoundingClientRect()
  const below = at.bottom + GAP
  const above = at.top - GAP - height
  const top = below + height <= window.innerHeight - GAP || above < GAP ? below : above
  const left = Math.min(at.left, window.innerWidth - width - GAP)
  box.style.left = `${Math.max(GAP, left)}px`
  box.style.top = `${Math.max(GAP, Math.min(top, window.innerHeight - height - GAP))}px`
}
