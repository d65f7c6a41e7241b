"""Names that Python and the browser share. Node ids never change."""

TOKEN_MAP = "EncoderScope_TokenMap"
COMPARE_ORDER = "EncoderScope_CompareOrder"
INSPECT_ENCODER = "EncoderScope_InspectEncoder"
LOAD_ENCODERS = "EncoderScope_LoadEncoders"
LOAD_DUAL_ENCODER = "EncoderScope_LoadDualEncoder"
CATEGORY = "EncoderScope"

FROM_CLIP = "from the CLIP"  # first entry of every family widget

UI_TOKENS = "encoderscope_tokens"  # [report]
UI_LOADED = "encoderscope_loaded"  # [loaded report]
UI_ENCODER = "encoderscope_encoder"  # [encoder report]
UI_ORDER = "encoderscope_order"  # [order report]
UI_LIVE = "encoderscope_live"  # [token for the live route]
LIVE_ROUTE = "/encoderscope/tokens"
