"""Video models that read with T5, and the members of their lines that came later."""

from __future__ import annotations

from .family import (
    CROSS_DIT,
    JOINT,
    Family,
    TextAttention,
    TrainedLength,
    all_of,
    diffusers,
    sequence_stream,
    te,
)
from .roles import GEMMA3_12B, GEMMA4_12B, T5_11B, T5_XXL, UMT5_XXL

_LTXV = TrainedLength(
    256, "LTX-Video code: text_encoder_max_tokens (ltx_video/pipelines/pipeline_ltx_video.py)"
)
_MOCHI = TrainedLength(
    256, "Mochi code: MAX_T5_TOKEN_LENGTH (genmoai/mochi, src/genmo/mochi_preview/pipelines.py)"
)
_COGVIDEOX = TrainedLength(
    226, "CogVideoX was trained at 226 (host: comfy/text_encoders/cogvideo.py)"
)
_COSMOS = TrainedLength(512, "NVIDIA Cosmos code: CosmosT5TextEncoderConfig.NUM_TOKENS")
_WAN = TrainedLength(512, "Wan2.1 code: text_len (wan/configs/shared_config.py)")

_LTX2 = TextAttention(
    CROSS_DIT,
    True,
    "comfy/ldm/lightricks/embeddings_connector.py: Embeddings1DConnector rotates text tokens "
    "before the cross-attention",
)
# comfy/text_encoders/lt.py: LTXAVTEModel, whose projection (sd_detect) is 3840 wide in LTX-2 and
# joins one for the picture and one for the sound in later files.
_LTX2_KEY = "unprocessed_ltxav_embeds"

VIDEOS = (
    Family(
        "ltxv",
        "LTX-Video",
        (sequence_stream(T5_XXL, _LTXV),),
        te("lt.LTXVT5Tokenizer"),
        masks_padding=True,
        attention=TextAttention(
            CROSS_DIT, False, "comfy/ldm/lightricks/model.py: attn2 gets no positions"
        ),
        sets=all_of(T5_XXL),
        model_classes=("LTXV",),
        loader_types=("ltxv",),
    ),
    Family(
        "ltx2",
        "LTX-2",
        (sequence_stream(GEMMA3_12B, limit=diffusers(1024, "ltx2/pipeline_ltx2.py")),),
        te("lt.LTXAVGemmaTokenizer"),
        masks_padding=True,
        conditioning_key=_LTX2_KEY,
        width_in_file=True,
        attention=_LTX2,
        loader_types=("ltxv",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "ltx2_gemma4",
        "LTX-2 (Gemma 4)",
        (sequence_stream(GEMMA4_12B, encoder="gemma3_12b"),),
        te("lt.LTXAVGemma4Tokenizer"),
        masks_padding=True,
        conditioning_key=_LTX2_KEY,
        width_in_file=True,
        attention=_LTX2,
        loader_types=("ltxv",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "mochi",
        "Mochi",
        (sequence_stream(T5_XXL, _MOCHI),),
        te("genmo.MochiT5Tokenizer"),
        masks_padding=True,
        attention=TextAttention(
            JOINT,
            False,
            "comfy/ldm/genmo/joint_model/asymm_models_joint.py: rotates visual tokens only",
        ),
        sets=all_of(T5_XXL),
        model_classes=("GenmoMochi",),
        loader_types=("mochi", "stable_diffusion"),
        note="A T5-XXL file loaded alone under a type that does not expect it becomes this "
        "layout, too.",
    ),
    Family(
        "cogvideox",
        "CogVideoX",
        (sequence_stream(T5_XXL, _COGVIDEOX),),
        te("cogvideo.CogVideoXTokenizer"),
        attention=TextAttention(
            JOINT, False, "comfy/ldm/cogvideo/model.py: positions of text are zero, unrotated"
        ),
        loader_types=("cogvideox",),
        newer=True,
    ),
    Family(
        "cosmos",
        "Cosmos",
        (sequence_stream(T5_11B, _COSMOS, name="t5xxl"),),
        te("cosmos.CosmosT5Tokenizer"),
        masks_padding=True,
        attention=TextAttention(
            CROSS_DIT,
            False,
            "comfy/ldm/cosmos/blocks.py and predict2.py: rotation in self-attention only",
        ),
        sets=all_of(T5_11B),
        automatic=all_of(T5_11B),
        model_classes=("CosmosT2V", "CosmosT2IPredict2"),
        loader_types=("cosmos",),
    ),
    Family(
        "wan",
        "Wan",
        (sequence_stream(UMT5_XXL, _WAN),),
        te("wan.WanT5Tokenizer"),
        masks_padding=True,
        attention=TextAttention(
            CROSS_DIT, False, "comfy/ldm/wan/model.py: WanT2VCrossAttention rotates nothing"
        ),
        sets=all_of(UMT5_XXL),
        automatic=all_of(UMT5_XXL),
        model_classes=("WAN21_T2V",),
        loader_types=("wan",),
        tokenizer_in_file=True,
    ),
)
