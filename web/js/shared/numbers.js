/**
 * Numbers as text, as the text reports write them.
 */

/** 1,234,567 bytes as '1.2 MB', as the text report says it. @param {number} bytes */
export function size(bytes) {
  for (const [unit, factor] of /** @type {[string, number][]} */ ([['GB', 1e9], ['MB', 1e6], ['kB', 1e3]])) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(1)} ${unit}`
  }
  return `${bytes} bytes`
}

/** @param {number} value */
export const count = (value) => value.toLocaleString('en')

/** @param {number} value */
export const tensors = (value) => `${count(value)} ${value === 1 ? 'tensor' : 'tensors'}`
