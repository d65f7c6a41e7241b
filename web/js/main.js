/**
 * EncoderScope's face in the browser. This module alone touches the host; every other one does nothing until it is called.
 */

import { api } from '../../../scripts/api.js'
import { app } from '../../../scripts/app.js'
import { attachBenchmark } from './benchmark_card.js'
import { attachCachedEncode, attachSaveConditioning } from './cache_card.js'
import { attachCompareOrder } from './compare_order.js'
import { attachAssemble, attachEncodeStates, attachInspectConditioning, attachMix } from './conditioning_card.js'
import { loadStyles } from './dom.js'
import { attachEncoderCard, attachLoadedCard } from './encoder_card.js'
import { attachFastEncoder } from './fast_card.js'
import { attachImageProbe } from './image_card.js'
import { asker } from './live.js'
import { attachBindingProbe, attachEncoderReport } from './probe_card.js'
import { followTheme } from './theme.js'
import { attachTokenMap } from './token_map.js'

const LIVE = 'EncoderScope.Live'

/** @type {import('./attach.js').Host} */
const host = {
  canvas: {
    dom: () => !!(/** @type {any} */ (window).LiteGraph?.vueNodesMode),
    wheel: (event) => app.canvas.processMouseWheel(event),
    pointer: (event) => forwardPointer(event)
  },
  isLive: () => app.extensionManager?.setting?.get(LIVE) ?? true,
  ask: asker(api),
  hear: (event, listener) => {
    const heard = (/** @type {any} */ { detail }) => listener(detail)
    api.addEventListener(event, heard)
    return () => api.removeEventListener(event, heard)
  }
}

const ATTACH = new Map([
  ['EncoderScope_TokenMap', attachTokenMap],
  ['EncoderScope_CompareOrder', attachCompareOrder],
  ['EncoderScope_InspectEncoder', attachEncoderCard],
  ['EncoderScope_LoadEncoders', attachLoadedCard],
  ['EncoderScope_EncodeStates', attachEncodeStates],
  ['EncoderScope_Assemble', attachAssemble],
  ['EncoderScope_Mix', attachMix],
  ['EncoderScope_InspectConditioning', attachInspectConditioning],
  ['EncoderScope_BindingProbe', attachBindingProbe],
  ['EncoderScope_EncoderReport', attachEncoderReport],
  ['EncoderScope_ImageProbe', attachImageProbe],
  ['EncoderScope_BindingBenchmark', attachBenchmark],
  ['EncoderScope_CachedEncode', attachCachedEncode],
  ['EncoderScope_FastEncoder', attachFastEncoder],
  ['EncoderScope_SaveConditioning', attachSaveConditioning]
])

/** @param {PointerEvent} event */
function forwardPointer(event) {
  if (event.type === 'pointerdown') app.canvas.processMouseDown(event)
  else if (event.type === 'pointermove') app.canvas.processMouseMove(event)
  else app.canvas.processMouseUp(event)
}

app.registerExtension({
  name: 'EncoderScope',
  settings: [
    {
      id: LIVE,
      name: 'Refresh the Token Map while typing',
      tooltip: 'Asks this ComfyUI server for the tokens of the prompt while you type. Nothing is queued and no model is loaded.',
      category: ['EncoderScope', 'Token Map', 'Live'],
      type: 'boolean',
      defaultValue: true
    }
  ],
  setup() {
    loadStyles()
    followTheme()
  },
  nodeCreated(/** @type {any} */ node) {
    ATTACH.get(node.comfyClass)?.(node, host)
  }
})
