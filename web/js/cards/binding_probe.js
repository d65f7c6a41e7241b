/**
 * The node "Binding Probe": whether the encoding of a prompt binds its properties.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { probeView } from '../views/binding/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_probe',
  view: probeView,
  options: {
    invitation: translatable('Connect a CLIP, write a prompt and press Run.'),
    size: [520, 980],
    minHeight: 540,
    textShare: 0.12
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachBindingProbe = (node, host) => attachCard(node, host, CARD)
