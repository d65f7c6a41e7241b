/**
 * The node "Ignored Words": how much of the picture each phrase of a prompt decides.
 */

import { fixSeed } from '../shared/attach.js'
import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { generatorView } from '../views/generator/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_generator',
  view: generatorView,
  options: {
    invitation: translatable('Connect a model and its CLIP, write a prompt and press Run.'),
    size: [560, 1020],
    minHeight: 540,
    textShare: 0.08
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachIgnoredWords = (node, host) => {
  fixSeed(node)
  return attachCard(node, host, CARD)
}
