/**
 * What the last Run showed of the CLIP. The family is saved with the workflow; the server's token for its tokenizers lives only as
 * long as the page. Both count only while what stands upstream is the same.
 */

const PROPERTY = 'encoderscope'

export class Memory {
  /** @param {any} node */
  constructor(node) {
    this.node = node
    /** @type {unknown} */
    this.live = null
    /** @type {string | null} */
    this.liveSignature = null
  }

  /** @param {string} signature @param {string} family @param {unknown} live */
  remember(signature, family, live) {
    this.live = live
    this.liveSignature = signature
    const isKnown = signature && family && family !== 'unknown'
    if (isKnown) this.node.properties[PROPERTY] = { family, signature }
    else delete this.node.properties[PROPERTY]
  }

  /** @param {string} signature @returns {{family: string | null, live: unknown}} */
  recall(signature) {
    const saved = this.node.properties?.[PROPERTY]
    const isCurrent = signature && saved?.signature === signature && typeof saved?.family === 'string'
    return { family: isCurrent ? saved.family : null, live: signature && this.liveSignature === signature ? this.live : null }
  }
}
