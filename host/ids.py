"""Names that Python and the browser share. Node ids never change."""

TOKEN_MAP = "EncoderScope_TokenMap"
COMPARE_ORDER = "EncoderScope_CompareOrder"
INSPECT_ENCODER = "EncoderScope_InspectEncoder"
LOAD_ENCODERS = "EncoderScope_LoadEncoders"
LOAD_DUAL_ENCODER = "EncoderScope_LoadDualEncoder"
ENCODE_STATES = "EncoderScope_EncodeStates"
ASSEMBLE = "EncoderScope_Assemble"
MIX = "EncoderScope_Mix"
INSPECT_CONDITIONING = "EncoderScope_InspectConditioning"
BINDING_PROBE = "EncoderScope_BindingProbe"
ENCODER_REPORT = "EncoderScope_EncoderReport"
LOAD_MINIATURE = "EncoderScope_LoadMiniature"
LOAD_MINIATURE_GENERATOR = "EncoderScope_LoadMiniatureGenerator"
LOAD_JUDGE = "EncoderScope_LoadJudge"
DRAW_SCENE = "EncoderScope_DrawScene"
IMAGE_PROBE = "EncoderScope_ImageProbe"
BINDING_BENCHMARK = "EncoderScope_BindingBenchmark"
CACHED_ENCODE = "EncoderScope_CachedEncode"
SAVE_CONDITIONING = "EncoderScope_SaveConditioning"
LOAD_CONDITIONING = "EncoderScope_LoadConditioning"
FAST_ENCODER = "EncoderScope_FastEncoder"
QUANTIZE_ENCODER = "EncoderScope_QuantizeEncoder"
IGNORED_WORDS = "EncoderScope_IgnoredWords"
PROMPT_DOCTOR = "EncoderScope_PromptDoctor"
SAVE_REPORT_CARD = "EncoderScope_SaveReportCard"

# Places in the menu: a question, or what is to be done.
MENU = "EncoderScope"
MENU_PROMPT = "EncoderScope/What did my prompt become?"
MENU_LOADING = "EncoderScope/Load"
MENU_MIXING = "EncoderScope/Mix"
MENU_BINDING = "EncoderScope/Does it bind?"
MENU_GENERATOR = "EncoderScope/Why was it ignored?"
MENU_PICTURE = "EncoderScope/Does the picture show it?"
MENU_SPEED = "EncoderScope/Faster, smaller"
MENU_REPORTS = "EncoderScope/Keep and share"

TEXT_STATES = "TEXT_STATES"  # socket types
DUAL_ENCODER = "ENCODERSCOPE_DUAL_ENCODER"
JUDGE = "ENCODERSCOPE_JUDGE"

PLAYED_BY = (
    "encoderscope_played_by"  # attribute of an encoder in a CLIP: what really plays its role
)
FROM_CLIP = "from the CLIP"  # first entry of every family widget

UI_TOKENS = "encoderscope_tokens"  # [report]
UI_LOADED = "encoderscope_loaded"  # [loaded report]
UI_ENCODER = "encoderscope_encoder"  # [encoder report]
UI_ORDER = "encoderscope_order"  # [order report]
UI_STATES = "encoderscope_states"  # [states report]
UI_CONDITIONING = "encoderscope_conditioning"  # [conditioning report]
UI_PROBE = "encoderscope_probe"  # [probe report]
UI_ENCODER_REPORT = "encoderscope_encoder_report"  # [encoder report]
UI_IMAGE = "encoderscope_image"  # [image report]
UI_BENCHMARK = "encoderscope_benchmark"  # [benchmark report]
UI_CACHE = "encoderscope_cache"  # [{"language"; "state"; "lines"; "text": the prompt}]
UI_FAST = (
    "encoderscope_fast"  # [{"state"; "lines"}], and the event {"node"; "works"} after each encoding
)
UI_WORKING = "encoderscope_working"  # the event {"node"; "text"} while a node works
UI_LIVE = "encoderscope_live"  # [token for the live route]
LIVE_ROUTE = "/encoderscope/tokens"
UI_GENERATOR = "encoderscope_generator"  # [Ignored Words report]
UI_DOCTOR = "encoderscope_doctor"  # [Prompt Doctor report]
