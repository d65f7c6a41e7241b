/**
 * The node "Token Map": draws what a Run reports, and between Runs the server's report of the prompt as it is typed.
 */

import { attachPanel, chain, isLinked, widgetOf } from '../shared/attach.js'
import { Live } from '../shared/live.js'
import { Memory } from '../shared/memory.js'
import { count } from '../shared/numbers.js'
import { inLanguageOf, translatable, translate } from '../shared/translation.js'
import { clipSource } from '../shared/upstream.js'
import { watch } from '../shared/watch.js'
import { tokensView } from '../views/tokens/view.js'

/** @typedef {import('../shared/attach.js').GraphNode} GraphNode */
/** @typedef {import('../shared/attach.js').Host} Host */
/** @typedef {import('../views/tokens/types.js').Report} Report */

const MAX_CHARS = 10_000
const FROM_CLIP = 'from the CLIP'
/** @type {import('../shared/attach.js').PanelOptions} */
const OPTIONS = { invitation: translatable('Write a prompt and choose a family, or connect a CLIP and press Run.'), size: [480, 720], minHeight: 300, textShare: 0.2 }

/** What the host replaces when it queues: choices and comments. */
const REPLACED_AT_RUN = /\{|\/\/|\/\*/

/** @param {GraphNode} node @param {Host} host */
export function attachTokenMap(node, host) {
  const controller = new TokenMap(node, host)
  chain(node, 'onExecuted', (output) => controller.executed(output))
  chain(node, 'onRemoved', () => controller.remove())
  for (const name of ['text', 'family']) {
    const widget = widgetOf(node, name)
    if (widget) chain(widget, 'callback', () => controller.refresh())
  }
}

class TokenMap {
  /** @param {GraphNode} node @param {Host} host */
  constructor(node, host) {
    this.node = node
    this.host = host
    this.panel = attachPanel(node, host, OPTIONS)
    this.memory = new Memory(node)
    this.live = new Live(host.ask, (answer, question) => this.answered(answer, question.text))
    this.unwatch = watch(() => this.refresh())
    this.lastState = ''
    /** @type {string | null} */
    this.drawnText = null // the text as typed that the picture was drawn from
  }

  /** Everything the picture depends on, as the graph stands now. */
  state() {
    const text = String(widgetOf(this.node, 'text')?.value ?? '')
    const chosenFamily = String(widgetOf(this.node, 'family')?.value ?? FROM_CLIP)
    const source = clipSource(this.node)
    const family = chosenFamily === FROM_CLIP ? null : chosenFamily
    const signature = `${family ?? source.signature ?? ''}`
    return { text, family, source, signature, linked: isLinked(this.node, 'text'), live: this.host.isLive() }
  }

  /** Asks for a new picture if anything changed since the last time. */
  refresh() {
    const before = this.lastState
    if (this.waits() || this.lastState === before) return
    this.live.request(() => (this.waits() ? null : this.question()))
  }

  /** Notes what stands in the graph now; when nothing can be asked of it, says why. @returns {boolean} */
  waits() {
    const state = this.state()
    const key = JSON.stringify(state)
    const wait = this.reasonToWait(state)
    if (key !== this.lastState) this.live.cancel()
    if (key !== this.lastState && wait !== null) this.panel.showMessage(wait)
    this.lastState = key
    return wait !== null
  }

  /** @returns {import('../shared/live.js').Question} */
  question() {
    const { text, family, source, signature } = this.state()
    const recalled = this.memory.recall(signature)
    return { text, family: family ?? recalled.family, loader: source.loader, live: recalled.live }
  }

  /** Why nothing is asked, '' for no need to say it, null to ask. @param {ReturnType<TokenMap['state']>} state */
  reasonToWait(state) {
    if (state.linked) return this.drawnText === null ? translate('The text comes from another node. Press Run to see it.') : ''
    if (!state.live) return this.staleness(state.text)
    if (state.text.length > MAX_CHARS) return translate('The text is longer than {count} characters. Press Run to see it.', { count: count(MAX_CHARS) })
    if (!state.text.trim() && this.drawnText === null) return ''
    return state.family ? null : (state.source.reason ?? null)
  }

  /** @param {string} text */
  staleness(text) {
    return this.drawnText !== null && this.drawnText !== text ? translate('The prompt has changed since this was drawn. Press Run.') : ''
  }

  /** @param {import('../shared/live.js').Answer} answer @param {string} text */
  answered({ report, wait, error }, text) {
    if (report) return this.draw(report, text, /\{[^}]*\}/.test(text) ? translate('Choices like {example} are made at Run. Until then the text is shown as typed.', { example: '{a|b}' }) : '')
    if (error) return this.panel.showMessage(error, 'warn')
    this.panel.showMessage(this.staleness(text) || (wait ?? ''))
  }

  /** The result of a Run, which also gives the family of a CLIP that cannot be read off the graph. @param {any} output */
  executed(output) {
    const report = output?.encoderscope_tokens?.[0]
    if (!report) return
    this.live.cancel()
    const state = this.state()
    // A text that differs was either put together by the host at Run, or typed on meanwhile.
    const own = state.linked || REPLACED_AT_RUN.test(state.text) || state.text === report.text
    this.draw(report, own ? state.text : report.text)
    this.memory.remember(state.signature, report.family, output.encoderscope_live?.[0] ?? null)
    this.lastState = own ? JSON.stringify(state) : ''
    this.refresh()
  }

  /** @param {Report} report @param {string} text @param {string} [remark] */
  draw(report, text, remark = '') {
    this.drawnText = text
    this.panel.draw(inLanguageOf(report, () => tokensView(report)))
    this.panel.showMessage(remark)
  }

  remove() {
    this.unwatch()
    this.live.cancel()
  }
}
