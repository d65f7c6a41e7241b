/**
 * Leaves the canvas what is the canvas's: zooming and panning work over the widget, except where the wheel scrolls its text.
 */

/**
 * @typedef {object} Canvas what we need of the host's graph canvas
 * @property {() => boolean} dom true when nodes are elements themselves (Nodes 2.0): then the host forwards events on its own
 * @property {(event: WheelEvent) => void} wheel
 * @property {(event: PointerEvent) => void} pointer
 */

/** @param {HTMLElement} root @param {HTMLElement} scroller @param {Canvas} canvas */
export function attachPointer(root, scroller, canvas) {
  root.addEventListener('wheel', (event) => onWheel(event, scroller, canvas), { passive: false })
  for (const type of ['pointerdown', 'pointermove', 'pointerup']) {
    root.addEventListener(type, (event) => onPointer(/** @type {PointerEvent} */ (event), canvas))
  }
}

/** @param {WheelEvent} event @param {HTMLElement} scroller @param {Canvas} canvas */
function onWheel(event, scroller, canvas) {
  const gesture = event.ctrlKey || event.metaKey
  if (!gesture && scrolls(event, scroller)) return event.stopPropagation()
  if (canvas.dom()) return
  event.preventDefault()
  event.stopPropagation()
  canvas.wheel(event)
}

/** @param {WheelEvent} event @param {HTMLElement} scroller */
function scrolls(event, scroller) {
  return scroller.scrollHeight > scroller.clientHeight + 1 && Math.abs(event.deltaY) >= Math.abs(event.deltaX)
}

const MIDDLE = { button: 1, mask: 4 }

/** The middle button pans. @param {PointerEvent} event @param {Canvas} canvas */
function onPointer(event, canvas) {
  const middle = event.type === 'pointermove' ? (event.buttons & MIDDLE.mask) !== 0 : event.button === MIDDLE.button
  if (!middle || canvas.dom()) return
  event.preventDefault()
  canvas.pointer(event)
}
