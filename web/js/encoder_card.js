/**
 * The nodes "What Is This File?" and "Load Text Encoders": a card of what a Run found, and a line when something was chosen since.
 */

import { attachCard } from './card.js'
import { loadedView } from './encoder_loaded.js'
import { encoderView } from './encoder_view.js'

/** @typedef {import('./attach.js').GraphNode} GraphNode */
/** @typedef {import('./attach.js').Host} Host */
/** @typedef {import('./card.js').Card} Card */

/** @type {Card} */
const FILE = {
  key: 'encoderscope_encoder',
  view: encoderView,
  chosen: ['file'],
  options: {
    invitation: 'Choose a file and press Run: what it is, and which image models take it. Only its header is read.',
    size: [540, 640],
    minHeight: 480,
    textShare: 0.2
  }
}

/** @type {Card} */
const LOADED = {
  key: 'encoderscope_loaded',
  view: loadedView,
  chosen: ['file_1', 'file_2', 'file_3', 'file_4', 'family', 'precision'],
  options: {
    invitation: 'Choose the text encoders of one image model, connect the CLIP, and press Run.',
    size: [520, 720],
    minHeight: 400,
    textShare: 0.2
  }
}

/** @param {GraphNode} node @param {Host} host */
export const attachEncoderCard = (node, host) => attachCard(node, host, FILE)

/** @param {GraphNode} node @param {Host} host */
export const attachLoadedCard = (node, host) => attachCard(node, host, LOADED)
