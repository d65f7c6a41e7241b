/**
 * What the cards say themselves, in ten languages. English is the key: it stands in the code, and is shown until the translations are
 * there and where they have none. A card before a Run is in the editor's language, a finished report in its own.
 */

const ENGLISH = 'en'
/** Written by `python dev.py languages --fill`. */
const TRANSLATIONS = new URL('../../translations.json', import.meta.url)
const PATIENCE_MS = 2000

/** By English, then by language. @type {Record<string, Record<string, string>>} */
let translations = {}
let editorLanguage = () => ENGLISH
/** @type {string | null} */
let reportLanguage = null // of the report that is being drawn

/**
 * Asks for the translations once, and waits for them a moment. What is drawn before they come stays English.
 *
 * @param {() => string} language of the editor, read for every sentence
 */
export function loadTranslations(language) {
  editorLanguage = language
  const loading = fetch(TRANSLATIONS, { cache: 'no-cache' })
    .then((response) => response.json())
    .then((all) => (translations = all))
    .catch(() => {})
  return Promise.race([loading, new Promise((done) => setTimeout(done, PATIENCE_MS))])
}

/** Draws within the language that a report is written in; reports of old are English. @template T @param {{language?: string}} report @param {() => T} draw @returns {T} */
export function inLanguageOf({ language = ENGLISH }, draw) {
  const before = reportLanguage
  reportLanguage = language
  try {
    return draw()
  } finally {
    reportLanguage = before
  }
}

/** @param {string} english @param {Values} [values] that stand for `{name}`; without them the names stay. @returns {string} */
export function translate(english, values) {
  const text = translations[english]?.[reportLanguage ?? editorLanguage()] ?? english
  return values ? filled(text, values) : text
}

/** Marks a sentence that stands in a table for translators; whoever shows it hands it to `translate`. @param {string} english */
export const translatable = (english) => english

/** @typedef {Record<string, string | number>} Values */

/** A sentence with what it speaks of. @param {string} template @param {Values} values */
export const filled = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => String(values[name]))
