/**
 * The node "Image Probe": what the last Run measured in the pictures.
 */

import { attachCard } from '../shared/card.js'
import { translatable } from '../shared/translation.js'
import { imageView } from '../views/image/view.js'

/** @type {import('../shared/card.js').Card} */
const CARD = {
  key: 'encoderscope_image',
  view: imageView,
  options: {
    invitation: translatable('Connect pictures and an image-text encoder, write the prompt and press Run.'),
    size: [540, 940],
    minHeight: 540,
    textShare: 0.12
  }
}

/** @param {import('../shared/attach.js').GraphNode} node @param {import('../shared/attach.js').Host} host */
export const attachImageProbe = (node, host) => attachCard(node, host, CARD)
