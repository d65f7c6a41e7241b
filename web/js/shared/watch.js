/**
 * Looks once a second whether anything changed that a node's picture depends on: its text, or a loader far upstream. One timer
 * for all nodes. The host has no event for "something upstream changed", and typing is reported sooner by the widgets themselves.
 */

const EVERY_MS = 1000

/** @type {Set<() => void>} */
const watchers = new Set()
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer

/** @param {() => void} check @returns {() => void} stops watching */
export function watch(check) {
  watchers.add(check)
  timer ??= setInterval(() => document.hidden || watchers.forEach((each) => each()), EVERY_MS)
  return () => {
    watchers.delete(check)
    if (watchers.size) return
    clearInterval(timer)
    timer = undefined
  }
}
