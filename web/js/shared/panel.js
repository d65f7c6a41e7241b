/**
 * The element that a node carries: a scroller that shows an empty state, or what was drawn last with a quiet line above it.
 *
 * The content lies in an absolutely positioned scroller, so its length never asks the node to grow.
 */

import { h } from './dom.js'
import { attachPointer } from './pointer.js'
import { hideTipOf } from './tooltip.js'

/**
 * @typedef {object} Panel
 * @property {HTMLElement} root
 * @property {(content: (Node | null)[]) => void} draw
 * @property {(message: string, tone?: 'quiet' | 'warn') => void} showMessage an empty message takes the line away
 * @property {(text: string) => void} showWork what the node does while it runs; an empty text when it does nothing
 * @property {() => void} remove
 */

/**
 * @param {string} invitation text of the empty state
 * @param {import('./pointer.js').Canvas} canvas
 * @returns {Panel}
 */
export function createPanel(invitation, canvas) {
  const line = h('div', { class: 'es-line', hidden: true, 'aria-live': 'polite' })
  const work = h('div', { class: 'es-line', hidden: true, 'data-tone': 'work', role: 'status' })
  const body = h('div', { class: 'es-body' }, emptyView(invitation))
  const scroller = h('div', { class: 'es-scroll' }, line, work, body)
  const root = h('div', { class: 'encoderscope encoderscope-colours' }, scroller)
  attachPointer(root, scroller, canvas)
  const sizes = new ResizeObserver(() => claimWheel(scroller))
  for (const element of [scroller, body]) sizes.observe(element)
  return {
    root,
    draw: (content) => redraw(body, scroller, content),
    showMessage: (message, tone = 'quiet') => {
      line.hidden = !message
      line.dataset.tone = tone
      line.textContent = message
    },
    showWork: (text) => showWork(work, body, text, invitation),
    remove: () => {
      sizes.disconnect()
      hideTipOf(root)
      root.remove()
    }
  }
}

/**
 * Nodes 2.0 gives the wheel to a focused element that claims it, and else to the canvas. Claimed only while there is something to
 * scroll, and then the keyboard can reach the scroller too.
 *
 * @param {HTMLElement} scroller
 */
function claimWheel(scroller) {
  const scrolls = scroller.scrollHeight > scroller.clientHeight + 1
  for (const [name, value] of [['tabindex', '0'], ['data-capture-wheel', 'true']]) {
    if (scrolls) scroller.setAttribute(name, value)
    else scroller.removeAttribute(name)
  }
}

/** @param {string} invitation */
const emptyView = (invitation) => h('div', { class: 'es-empty' }, h('p', {}, invitation))

/** In place of the invitation, or in a line above what was drawn. */
function showWork(/** @type {HTMLElement} */ work, /** @type {HTMLElement} */ body, /** @type {string} */ text, /** @type {string} */ invitation) {
  const empty = body.querySelector('.es-empty p')
  if (empty && empty.textContent !== (text || invitation)) empty.textContent = text || invitation
  if (empty) empty.parentElement?.toggleAttribute('data-working', !!text)
  work.hidden = !text || !!empty
  work.textContent = text
}

/** Replaces the content, keeping the scroll position and which of the folds are open. */
function redraw(/** @type {HTMLElement} */ body, /** @type {HTMLElement} */ scroller, /** @type {(Node | null)[]} */ content) {
  hideTipOf(body)
  const before = new Map([...body.querySelectorAll('details')].map((fold) => [fold.getAttribute('data-key'), fold.open]))
  const top = scroller.scrollTop
  body.replaceChildren(...content.filter((node) => node !== null))
  for (const fold of body.querySelectorAll('details')) fold.open = before.get(fold.getAttribute('data-key')) ?? fold.open
  scroller.scrollTop = top
}
