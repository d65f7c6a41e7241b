/**
 * The node "Prompt Doctor": which station lost which phrase of a prompt, and what to do.
 */

import { fixSeed } from '../shared/attach.js'
import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { doctorView } from '../views/doctor/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_doctor',
  view: doctorView,
  options: {
    invitation: translatable('Connect a CLIP, write a prompt and press Run. A model and a picture let it look further.'),
    size: [600, 1020],
    minHeight: 480,
    textShare: 0.08
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachPromptDoctor = (node, host) => {
  fixSeed(node)
  return attachCard(node, host, CARD)
}
