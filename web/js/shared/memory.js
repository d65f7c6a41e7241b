/**
 * What the last Run told about the CLIP. The family is saved with the workflow; the server's token for its tokenizers lives only as
 * long as the page. Both hold only while what stands upstream is the same.
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
  learn(signature, family, live) {
    this.live = live
    this.liveSignature = signature
    const known = signature && family && family !== 'unknown'
    if (known) this.node.properties[PROPERTY] = { family, signature }
    else delete this.node.properties[PROPERTY]
  }

  /** @param {string} signature @returns {{family: string | null, live: unknown}} */
  recall(signature) {
    const saved = this.node.properties?.[PROPERTY]
    const holds = signature && saved?.signature === signature && typeof saved?.family === 'string'
    return { family: holds ? saved.family : null, live: signature && this.liveSignature === signature ? this.live : null }
  }
}
