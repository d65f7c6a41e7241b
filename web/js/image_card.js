/**
 * The Image Probe: its node carries a card of what the last Run saw in the pictures.
 */

import { attachCard } from './card.js'
import { imageView } from './image_view.js'

/** @type {import('./card.js').Card} */
const IMAGE = {
  key: 'encoderscope_image',
  view: imageView,
  options: {
    invitation: 'Connect pictures and an image-text encoder, write the prompt and press Run: who has which property in the picture?',
    size: [540, 940],
    minHeight: 540,
    textShare: 0.12
  }
}

/** @param {import('./attach.js').GraphNode} node @param {import('./attach.js').Host} host */
export const attachImageProbe = (node, host) => attachCard(node, host, IMAGE)
