/**
 * Numbers as text, as the text reports write them.
 */

/** 1234567 as '1,234,567'. @param {number} value */
export const count = (value) => value.toLocaleString('en')
