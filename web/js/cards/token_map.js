/**
 * The node "Token Map": draws what a Run reports, and between Runs what the server says of the prompt as it is typed.
 */

import { attachPanel, chain, isLinked, widgetOf } from '../shared/attach.js'
import { Live } from '../shared/live.js'
import { Memory } from '../shared/memory.js'
import { clipSource } from '../shared/upstream.js'
import { watch } from '../shared/watch.js'
import { tokensView } from '../views/tokens/view.js'

/** @typedef {import('../shared/attach.js').GraphNode} GraphNode */
/** @typedef {import('../shared/attach.js').Host} Host */
/** @typedef {import('../views/tokens/types.js').Report} Report */

const MAX_CHARS = 10_000
const FROM_CLIP = 'from the CLIP'
/** @type {import('../shared/attach.js').PanelOptions} */
const OPTIONS = { invitation: 'Press Run, or choose a family, to see the fate of every word.', size: [480, 720], minHeight: 300, textShare: 0.2 }
const SAY = {
  linked: 'The text comes from another node. Press Run to see it.',
  long: `The text is longer than ${MAX_CHARS.toLocaleString('en')} characters. Press Run to see it.`,
  choices: 'Choices like {a|b} are made at Run. Until then the text is shown as typed.',
  stale: 'The prompt has changed since this was drawn. Press Run.'
}

/** What the host replaces when it queues: choices and comments. */
const REPLACED_AT_RUN = /\{|\/\/|\/\*/

/** @param {GraphNode} node @param {Host} host */
export function attachTokenMap(node, host) {
  const controller = new TokenMap(node, host)
  chain(node, 'onExecuted', (output) => controller.executed(output))
  chain(node, 'onRemoved', () => controller.remove())
  for (const name of ['text', 'family']) {
    const widget = widgetOf(node, name)
    if (widget) chain(widget, 'callback', () => controller.look())
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
    this.unwatch = watch(() => this.look())
    this.seen = ''
    /** @type {string | null} */
    this.drawn = null // the text as typed that the picture was drawn from
  }

  /** Everything the picture depends on, as the graph stands now. */
  state() {
    const text = String(widgetOf(this.node, 'text')?.value ?? '')
    const choice = String(widgetOf(this.node, 'family')?.value ?? FROM_CLIP)
    const source = clipSource(this.node)
    const chosen = choice === FROM_CLIP ? null : choice
    const signature = `${chosen ?? source.signature ?? ''}`
    return { text, chosen, source, signature, linked: isLinked(this.node, 'text'), live: this.host.isLive() }
  }

  /** Asks for a new picture if anything changed since the last look. */
  look() {
    const before = this.seen
    if (this.waits() || this.seen === before) return
    this.live.request(() => (this.waits() ? null : this.question()))
  }

  /** Notes what stands in the graph now; when nothing can be asked of it, says why. @returns {boolean} */
  waits() {
    const state = this.state()
    const key = JSON.stringify(state)
    const wait = this.reasonToWait(state)
    if (key !== this.seen) this.live.cancel()
    if (key !== this.seen && wait !== null) this.panel.say(wait)
    this.seen = key
    return wait !== null
  }

  /** @returns {import('../shared/live.js').Question} */
  question() {
    const { text, chosen, source, signature } = this.state()
    const known = this.memory.recall(signature)
    return { text, family: chosen ?? known.family, loader: source.loader, live: known.live }
  }

  /** Why nothing is asked, '' for no need to say it, null to ask. @param {ReturnType<TokenMap['state']>} state */
  reasonToWait(state) {
    if (state.linked) return this.drawn === null ? SAY.linked : ''
    if (!state.live) return this.staleness(state.text)
    if (state.text.length > MAX_CHARS) return SAY.long
    if (!state.text.trim() && this.drawn === null) return ''
    return state.chosen ? null : (state.source.reason ?? null)
  }

  /** @param {string} text */
  staleness(text) {
    return this.drawn !== null && this.drawn !== text ? SAY.stale : ''
  }

  /** @param {import('../shared/live.js').Answer} answer @param {string} text */
  answered({ report, wait, error }, text) {
    if (report) return this.draw(report, text, /\{[^}]*\}/.test(text) ? SAY.choices : '')
    if (error) return this.panel.say(error, 'warn')
    this.panel.say(this.staleness(text) || (wait ?? ''))
  }

  /** The result of a Run, which also tells the family of a CLIP that cannot be read off the graph. @param {any} output */
  executed(output) {
    const report = output?.encoderscope_tokens?.[0]
    if (!report) return
    this.live.cancel()
    const state = this.state()
    // A text that differs was either put together by the host at Run, or typed on meanwhile.
    const own = state.linked || REPLACED_AT_RUN.test(state.text) || state.text === report.text
    this.draw(report, own ? state.text : report.text)
    this.memory.learn(state.signature, report.family, output.encoderscope_live?.[0] ?? null)
    this.seen = own ? JSON.stringify(state) : ''
    this.look()
  }

  /** @param {Report} report @param {string} text @param {string} [remark] */
  draw(report, text, remark = '') {
    this.drawn = text
    this.panel.draw(tokensView(report))
    this.panel.say(remark)
  }

  remove() {
    this.unwatch()
    this.live.cancel()
  }
}
