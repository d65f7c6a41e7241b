/**
 * Makes elements. Text only ever enters the page as text nodes, so nothing in a prompt can become markup.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `class` and `data-*` like any other; `null`, `undefined` and `false` are left out
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    element.setAttribute(name, value === true ? '' : String(value))
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue
    element.append(child instanceof Node ? child : String(child))
  }
  return element
}

/** Links the style sheet of the pack once. */
export function loadStyles() {
  const href = new URL('../encoderscope.css', import.meta.url).href
  if (document.querySelector(`link[href="${href}"]`)) return
  document.head.append(h('link', { rel: 'stylesheet', href }))
}
