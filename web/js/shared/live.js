/**
 * Asks the server for a fresh report while the prompt is typed: waits for a pause, and only the latest question gets drawn.
 */

import { translate } from './translation.js'

const PAUSE_MS = 300

/** @typedef {{text: string, family: string | null, loader: import('./upstream.js').Loader | null, live: unknown}} Question */
/** @typedef {{report?: import('../views/tokens/types.js').Report, wait?: string, error?: string}} Answer */

export class Live {
  /**
   * @param {(question: Question, signal: AbortSignal) => Promise<Answer>} ask
   * @param {(answer: Answer, question: Question) => void} draw
   */
  constructor(ask, draw) {
    this.ask = ask
    this.draw = draw
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined
    /** @type {AbortController | undefined} */
    this.current = undefined
  }

  /** @param {() => Question | null} question read only when the pause is over; null asks nothing */
  request(question) {
    this.cancel()
    this.timer = setTimeout(() => this.send(question()), PAUSE_MS)
  }

  cancel() {
    clearTimeout(this.timer)
    this.current?.abort()
    this.current = undefined
  }

  /** @param {Question | null} question */
  async send(question) {
    if (!question) return
    const controller = (this.current = new AbortController())
    const answer = await this.ask(question, controller.signal).catch((error) => ({ error: String(error?.message ?? error) }))
    if (this.current === controller && !controller.signal.aborted) this.draw(answer, question)
  }
}

/**
 * The server's side of `ask`.
 *
 * @param {{fetchApi: (path: string, options: RequestInit) => Promise<Response>}} api
 * @returns {(question: Question, signal: AbortSignal) => Promise<Answer>}
 */
export function askServer(api) {
  return async (question, signal) => {
    const headers = { 'Content-Type': 'application/json' }
    const response = await api.fetchApi('/encoderscope/tokens', { method: 'POST', headers, body: JSON.stringify(question), signal })
    const answer = await response.json().catch(() => ({}))
    return response.ok ? answer : { error: answer.error ?? translate('The server answered {status}.', { status: response.status }) }
  }
}
