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

/** The files of `web/css/`, in the order in which later ones refine earlier ones. */
const STYLES = ['card', 'tokens', 'legend', 'order', 'encoder_file', 'conditioning', 'binding', 'encoder_card', 'benchmark', 'image', 'generator', 'doctor', 'tooltip']

/** Links the style sheets of the pack once. */
export function loadStyles() {
  for (const name of STYLES) {
    const href = new URL(`../../css/${name}.css`, import.meta.url).href
    if (!document.querySelector(`link[href="${href}"]`)) document.head.append(h('link', { rel: 'stylesheet', href }))
  }
}
