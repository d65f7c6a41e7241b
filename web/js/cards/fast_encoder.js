/**
 * The node "Fast Encoder": what is done for each text encoder, and after each encoding how many of its tokens had to be computed.
 */

import { chain } from '../shared/attach.js'
import { attachCard } from '../shared/card.js'
import { h } from '../shared/dom.js'
import { translatable } from '../shared/translation.js'
import { cacheView } from '../views/cache/view.js'

/** @typedef {import('../shared/attach.js').GraphNode} GraphNode */
/** @typedef {import('../shared/attach.js').Host} Host */
/** @typedef {{name: string, tokens: number, computed: number, text: string}} Work */

const KEY = 'encoderscope_fast'

/** @param {GraphNode} node @param {Host} host */
export function attachFastEncoder(node, host) {
  /** @type {any} */
  let plan
  /** @type {Work[]} */
  let works = []
  const draw = () => [...works.map(workView), ...cacheView(plan)]
  const panel = attachCard(node, host, {
    key: KEY,
    view: (report) => {
      if (JSON.stringify(report) !== JSON.stringify(plan)) works = [] // one that ComfyUI had kept is shown again after the encoding
      plan = report
      return draw()
    },
    chosen: ['mode'],
    options: { invitation: translatable('Connect a CLIP and press Run: what is faster, and why.'), size: [420, 320], minHeight: 110, textShare: 0.5 }
  })
  const stop = host.listen(KEY, (message) => {
    if (!plan || String(message.node).split(':').at(-1) !== String(node.id)) return
    works = message.works
    panel.draw(draw())
  })
  chain(node, 'onRemoved', stop)
}

/** @param {Work} work */
function workView({ name, tokens, computed, text }) {
  const bar = h('div', { class: 'es-work-bar', 'aria-hidden': 'true' }, h('i', { style: `width: ${(100 * computed) / Math.max(1, tokens)}%` }))
  return h('div', { class: 'es-work' }, h('b', {}, name), bar, h('p', { class: 'es-quiet' }, text))
}
