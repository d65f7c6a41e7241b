"""Image and video models that read with a language model."""

from __future__ import annotations

from .family import (
    CROSS_DIT,
    JOINT,
    Family,
    StreamRule,
    TextAttention,
    TrainedLength,
    diffusers,
    pooled_clip,
    raw_stream,
    sequence_stream,
    te,
)
from .roles import (
    BYT5,
    CLIP_L,
    GEMMA2_2B,
    GEMMA3_4B,
    GPT_OSS_20B,
    JINA_CLIP,
    LLAMA_8B,
    MINISTRAL_3B,
    OVIS_2B,
    QWEN3_06B,
    QWEN3_4B,
    QWEN3_VL_4B,
    QWEN3_VL_8B,
    QWEN3_VL_32B,
    QWEN25_3B,
    QWEN25_7B,
)

_HYVIDEO = TrainedLength(
    256, "HunyuanVideo code: --text-len, without the template (hyvideo/config.py)"
)
_HYIMAGE = TrainedLength(
    1000, "HunyuanImage 2.1 code: text_len, without the template (hyimage/models/model_zoo.py)"
)
_HYIMAGE_BYT5 = TrainedLength(
    128, "HunyuanImage 2.1 code: byt5_max_length (hyimage/diffusion/pipelines)"
)
_HYVIDEO15 = TrainedLength(
    1000, "HunyuanVideo 1.5 code: max_length, without the template (hyvideo/pipelines)"
)
_HYVIDEO15_BYT5 = TrainedLength(256, "HunyuanVideo 1.5 code: byt5_max_length (hyvideo/pipelines)")
_LUMINA_LENGTH = TrainedLength(
    256, "Lumina-Image 2.0 fine-tuning code: max_length (finetune.py)", True
)
_OMNIGEN2_LENGTH = TrainedLength(
    888, "OmniGen2 training config: maximum_text_tokens (options/ft.yml)", True
)
_OMNIGEN2_CUT = TrainedLength(
    1024, "OmniGen2's own inference: max_sequence_length (inference.py)", True
)
_Z_IMAGE = TrainedLength(
    512, "Z-Image code: DEFAULT_MAX_SEQUENCE_LENGTH (src/config/inference.py)", True
)
_LENS = TrainedLength(
    512, "Lens: LENS_MAX_TOKENS, a hard limit in the host (comfy/text_encoders/gpt_oss.py)", True
)
_PIXELDIT = TrainedLength(
    300, "PixelDiT's positions, a hard limit in the host (comfy/text_encoders/pixeldit.py)"
)

_HUNYUAN = TextAttention(
    JOINT, False, "comfy/ldm/hunyuan_video/model.py: txt_ids are all zero, TokenRefiner has none"
)
_LUMINA = TextAttention(
    JOINT, True, "comfy/ldm/lumina/model.py: cap_pos_ids count the text's tokens"
)
_OMNIGEN2 = TextAttention(
    JOINT, True, "comfy/ldm/omnigen/omnigen2.py: OmniGen2RotaryPosEmbed counts the text's tokens"
)
_FLUX_COUNTED = TextAttention(
    JOINT, True, "comfy/model_detection.py: txt_ids_dims is [1, 2] (comfy/ldm/flux/model.py)"
)


def _byt5(trained: TrainedLength) -> StreamRule:
    note = "Reads only the text inside quotation marks."
    return sequence_stream(BYT5, trained, encoder="byt5_small", note=note)


LANGUAGE_MODELS = (
    Family(
        "hunyuan_video",
        "HunyuanVideo",
        (pooled_clip(CLIP_L), sequence_stream(LLAMA_8B, _HYVIDEO, title="LLaVA-Llama 3 8B")),
        te("hunyuan_video.HunyuanVideoTokenizer"),
        attention=_HUNYUAN,
        model_classes=("HunyuanVideo",),
        loader_types=("hunyuan_video",),
        pair_types=("hunyuan_video",),
    ),
    Family(
        "hunyuan_video_15",
        "HunyuanVideo 1.5",  # ByT5 first: comfy/ldm/hunyuan_video/model.py
        (_byt5(_HYVIDEO15_BYT5), sequence_stream(QWEN25_7B, _HYVIDEO15)),
        te("hunyuan_video.HunyuanVideo15Tokenizer"),
        attention=_HUNYUAN,
        model_classes=("HunyuanVideo15",),
        loader_types=("hunyuan_video_15",),
        pair_types=("hunyuan_video_15",),
    ),
    Family(
        "hunyuan_image",
        "HunyuanImage 2.1",
        (sequence_stream(QWEN25_7B, _HYIMAGE), _byt5(_HYIMAGE_BYT5)),
        te("hunyuan_image.HunyuanImageTokenizer"),
        attention=_HUNYUAN,
        model_classes=("HunyuanImage21",),
        loader_types=("hunyuan_image",),
        pair_types=("hunyuan_image",),
    ),
    Family(
        "kandinsky5",
        "Kandinsky 5",
        (
            sequence_stream(QWEN25_7B, limit=diffusers(512, "kandinsky5/pipeline_kandinsky.py")),
            pooled_clip(CLIP_L),
        ),
        te("kandinsky5.Kandinsky5Tokenizer", "kandinsky5.Kandinsky5TokenizerImage"),
        attention=TextAttention(
            CROSS_DIT,
            True,
            "comfy/ldm/kandinsky5/model.py: rope_encode_1d rotates the text in its own blocks",
        ),
        loader_types=("kandinsky5", "kandinsky5_image"),
        pair_types=("kandinsky5", "kandinsky5_image"),
        newer=True,
    ),
    Family(
        "lumina2",
        "Lumina 2",
        (sequence_stream(GEMMA2_2B, _LUMINA_LENGTH),),
        te("lumina2.LuminaTokenizer"),
        attention=_LUMINA,
        model_classes=("Lumina2",),
        loader_types=("lumina2",),
        tokenizer_in_file=True,
    ),
    Family(
        "newbie",
        "NewBie",
        (
            sequence_stream(GEMMA3_4B),
            StreamRule(
                "jina",
                JINA_CLIP.short,
                False,
                True,
                "jina",
                note="Only its pooled vector is used.",
                role=JINA_CLIP,
            ),
        ),
        te("newbie.NewBieTokenizer"),
        attention=_LUMINA,
        loader_types=("newbie",),
        pair_types=("newbie",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "pixeldit",
        "PixelDiT",
        (sequence_stream(GEMMA2_2B, _PIXELDIT),),
        te("pixeldit.PixelDiTGemma2Tokenizer"),
        masks_padding=True,
        attention=TextAttention(
            JOINT, True, "comfy/ldm/pixeldit/model.py: y_pos_embedding, and rotation of the text"
        ),
        loader_types=("pixeldit",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "qwen_image",
        "Qwen-Image",
        (sequence_stream(QWEN25_7B, limit=diffusers(512, "qwenimage/pipeline_qwenimage.py")),),
        te("qwen_image.QwenImageTokenizer"),
        attention=TextAttention(
            JOINT, True, "comfy/ldm/qwen_image/model.py: txt_ids count the text's tokens"
        ),
        model_classes=("QwenImage",),
        loader_types=("qwen_image",),
    ),
    Family(
        "qwen_image_21",
        "Qwen-Image 2.1",
        (sequence_stream(QWEN3_VL_8B),),
        te("qwen_image21.QwenImage21Tokenizer"),
        attention=TextAttention(
            JOINT,
            True,
            "comfy/ldm/qwen_image21/model.py: build_sequence counts the text's tokens, "
            "block_causal_attention lets each see those before it",
        ),
        loader_types=("qwen_image",),
        newer=True,
    ),
    # Whatever the type, but for FLUX in newer hosts; users are told to pick lumina2.
    Family(
        "z_image",
        "Z-Image",
        (sequence_stream(QWEN3_4B, _Z_IMAGE),),
        te("z_image.ZImageTokenizer"),
        attention=_LUMINA,
        model_classes=("ZImage",),
        loader_types=("lumina2",),
    ),
    Family(
        "omnigen2",
        "OmniGen2",
        (sequence_stream(QWEN25_3B, _OMNIGEN2_LENGTH, _OMNIGEN2_CUT),),
        te("omnigen2.Omnigen2Tokenizer"),
        attention=_OMNIGEN2,
        model_classes=("Omnigen2",),
        loader_types=("omnigen2",),
    ),
    Family(
        "ovis",
        "Ovis-Image",
        (sequence_stream(OVIS_2B, limit=diffusers(256, "ovis_image/pipeline_ovis_image.py")),),
        te("ovis.OvisTokenizer"),
        masks_padding=True,
        attention=_FLUX_COUNTED,
        loader_types=("ovis",),
        newer=True,
    ),
    Family(
        "longcat_image",
        "LongCat-Image",
        (
            sequence_stream(
                QWEN25_7B,
                limit=diffusers(512, "longcat_image/pipeline_longcat_image.py"),
                note="ComfyUI, too, drops what lies past 512 tokens; quoted text counts letter "
                "by letter.",
            ),
        ),
        te("longcat_image.LongCatImageTokenizer"),
        masks_padding=True,
        attention=_FLUX_COUNTED,
        loader_types=("longcat_image",),
        newer=True,
        note="Of several words with an apostrophe inside (don't, can't) ComfyUI mixes up the "
        "letters: write one of them at most.",
    ),
    Family(
        "lens",
        "Lens",
        (sequence_stream(GPT_OSS_20B, _LENS),),
        te("gpt_oss.LensTokenizer"),
        conditioning_width=4 * GPT_OSS_20B.width,  # comfy/text_encoders/gpt_oss.py: four layers
        conditioning_key="num_layers_stacked",
        attention=TextAttention(
            JOINT, True, "comfy/ldm/lens/model.py: _lens_position_ids counts the text's tokens"
        ),
        loader_types=("lens",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "ideogram4",
        "Ideogram 4",
        (
            sequence_stream(
                QWEN3_VL_8B, limit=TrainedLength(2048, "diffusers refuses more (ideogram4)", True)
            ),
        ),
        te("ideogram4.Ideogram4Tokenizer", "ideogram4.Ideogram4Qwen3VLTokenizer"),
        conditioning_width=13 * QWEN3_VL_8B.width,  # comfy/text_encoders/ideogram4.py
        attention=TextAttention(
            JOINT, True, "comfy/ldm/ideogram4/model.py: text_pos counts the text's tokens"
        ),
        loader_types=("ideogram4",),
        newer=True,
    ),
    Family(
        "boogu",
        "Boogu-Image",
        (sequence_stream(QWEN3_VL_8B),),
        te("boogu.BooguTokenizer"),
        attention=TextAttention(
            JOINT, True, "comfy/ldm/boogu/model.py: OmniGen2RotaryPosEmbed over text and image"
        ),
        loader_types=("boogu",),
        newer=True,
    ),
    Family(
        "krea2",
        "Krea 2",
        (sequence_stream(QWEN3_VL_4B, limit=diffusers(512, "krea2/pipeline_krea2.py")),),
        te("krea2.Krea2Tokenizer"),
        conditioning_width=12 * QWEN3_VL_4B.width,  # comfy/text_encoders/krea2.py
        attention=TextAttention(
            JOINT, False, "comfy/ldm/krea2/model.py: txtpos is all zero, txtfusion has no positions"
        ),
        loader_types=("krea2",),
        newer=True,
    ),
    Family(
        "joyimage",
        "JoyImage",
        (
            sequence_stream(
                QWEN3_VL_8B, limit=diffusers(2048, "joyimage/pipeline_joyimage_edit.py")
            ),
        ),
        te("joyimage.JoyImageTokenizer"),
        attention=TextAttention(
            JOINT, False, "comfy/ldm/joyimage/model.py: rotates image tokens only"
        ),
        loader_types=("joyimage",),
        newer=True,
    ),
    Family(
        "mage",
        "Mage-Flow",
        (sequence_stream(QWEN3_VL_4B),),
        te("mage_flow.MageFlowTokenizer"),
        attention=TextAttention(JOINT, False, "comfy/ldm/mage_flow/model.py: txt_ids are all zero"),
        loader_types=("mage",),
        newer=True,
    ),
    Family(
        "minimax_h3",
        "MiniMax H3",
        (sequence_stream(QWEN3_VL_32B),),
        te("minimax.MiniMaxH3Tokenizer"),
        attention=TextAttention(
            JOINT, True, "comfy/ldm/minimax/model.py: PackedLayout counts the text's tokens"
        ),
        loader_types=("minimax",),
        newer=True,
    ),
    Family(
        "anima",
        "Anima",
        (
            sequence_stream(QWEN3_06B),
            raw_stream("t5xxl", "T5 tokens", note="The generator embeds these itself."),
        ),
        te("anima.AnimaTokenizer"),
        conditioning_key="t5xxl_ids",
        attention=TextAttention(
            CROSS_DIT, True, "comfy/ldm/anima/model.py: LLMAdapter rotates both streams of text"
        ),
        newer=True,
    ),
    Family(
        "ernie_image",
        "ERNIE-Image",
        (sequence_stream(MINISTRAL_3B),),
        te("ernie.ErnieTokenizer"),
        attention=TextAttention(
            JOINT, True, "comfy/ldm/ernie/model.py: text_ids count the text's tokens"
        ),
        tokenizer_in_file=True,
        newer=True,
    ),
)
