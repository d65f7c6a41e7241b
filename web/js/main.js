/**
 * EncoderScope's face in the browser. This module alone touches the host; every other one does nothing until it is called.
 */

import { api } from '../../../scripts/api.js'
import { app } from '../../../scripts/app.js'
import { attachAssemble } from './cards/assemble.js'
import { attachBindingBenchmark } from './cards/binding_benchmark.js'
import { attachBindingProbe } from './cards/binding_probe.js'
import { attachCachedEncode } from './cards/cached_encode.js'
import { attachCompareOrder } from './cards/compare_order.js'
import { attachEncodeStates } from './cards/encode_states.js'
import { attachEncoderReport } from './cards/encoder_report.js'
import { attachFastEncoder } from './cards/fast_encoder.js'
import { attachIgnoredWords } from './cards/ignored_words.js'
import { attachImageProbe } from './cards/image_probe.js'
import { attachInspectConditioning } from './cards/inspect_conditioning.js'
import { attachInspectEncoder } from './cards/inspect_encoder.js'
import { attachLoadEncoders } from './cards/load_encoders.js'
import { attachMix } from './cards/mix.js'
import { attachPromptDoctor } from './cards/prompt_doctor.js'
import { attachSaveConditioning } from './cards/save_conditioning.js'
import { attachTextReport } from './cards/text_report.js'
import { attachTokenMap } from './cards/token_map.js'
import { foldAdvanced } from './shared/advanced.js'
import { loadStyles } from './shared/dom.js'
import { askServer } from './shared/live.js'
import { followTheme } from './shared/theme.js'
import { loadTranslations, translatable } from './shared/translation.js'

const LIVE = 'EncoderScope.Live'

/** @type {import('./shared/attach.js').Host} */
const host = {
  canvas: {
    dom: () => !!(/** @type {any} */ (window).LiteGraph?.vueNodesMode),
    wheel: (event) => app.canvas.processMouseWheel(event),
    pointer: (event) => forwardPointer(event)
  },
  isLive: () => app.extensionManager?.setting?.get(LIVE) ?? true,
  ask: askServer(api),
  listen: (event, listener) => {
    const onEvent = (/** @type {any} */ { detail }) => listener(detail)
    api.addEventListener(event, onEvent)
    return () => api.removeEventListener(event, onEvent)
  }
}

const LOADED = translatable('Connect it to another node and press Run: what was loaded stands here.')

const ATTACH = new Map([
  ['EncoderScope_TokenMap', attachTokenMap],
  ['EncoderScope_CompareOrder', attachCompareOrder],
  ['EncoderScope_InspectEncoder', attachInspectEncoder],
  ['EncoderScope_LoadEncoders', attachLoadEncoders],
  ['EncoderScope_EncodeStates', attachEncodeStates],
  ['EncoderScope_Assemble', attachAssemble],
  ['EncoderScope_Mix', attachMix],
  ['EncoderScope_InspectConditioning', attachInspectConditioning],
  ['EncoderScope_BindingProbe', attachBindingProbe],
  ['EncoderScope_EncoderReport', attachEncoderReport],
  ['EncoderScope_ImageProbe', attachImageProbe],
  ['EncoderScope_BindingBenchmark', attachBindingBenchmark],
  ['EncoderScope_IgnoredWords', attachIgnoredWords],
  ['EncoderScope_PromptDoctor', attachPromptDoctor],
  ['EncoderScope_CachedEncode', attachCachedEncode],
  ['EncoderScope_FastEncoder', attachFastEncoder],
  ['EncoderScope_SaveConditioning', attachSaveConditioning],
  ['EncoderScope_LoadDualEncoder', attachTextReport(LOADED)],
  ['EncoderScope_LoadJudge', attachTextReport(LOADED)],
  ['EncoderScope_QuantizeEncoder', attachTextReport(translatable('Choose a file and a format, and press Run: the smaller copy is written beside it.'))]
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
    return loadTranslations(() => app.extensionManager?.setting?.get('Comfy.Locale'))
  },
  nodeCreated(/** @type {any} */ node) {
    if (node.comfyClass?.startsWith('EncoderScope_')) foldAdvanced(node, host)
    ATTACH.get(node.comfyClass)?.(node, host)
  }
})
