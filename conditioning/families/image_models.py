"""Image models that read with CLIP or T5, and the members of their lines that came later."""

from __future__ import annotations

from .family import (
    CROSS_DIT,
    DECODER,
    DIT,
    JOINT,
    UNET,
    Family,
    TextAttention,
    TrainedLength,
    all_of,
    any_of,
    clip_stream,
    diffusers,
    pooled_clip,
    raw_stream,
    sequence_stream,
    te,
)
from .roles import (
    CHINESE_CLIP,
    CLIP_G,
    CLIP_H,
    CLIP_L,
    LLAMA_8B,
    MISTRAL_24B,
    MT5_XL,
    PILE_T5_XL,
    QWEN3_4B,
    QWEN3_8B,
    T5_XXL,
)

_SD3_T5 = TrainedLength(
    256, "Stable Diffusion 3.5 model card: T5 context 77 or 256 by stage of training"
)
_FLUX_T5 = TrainedLength(
    512, "FLUX.1 code: 512 for dev, 256 for schnell (black-forest-labs/flux, src/flux/cli.py)"
)
_FLUX2_LENGTH = TrainedLength(
    512, "FLUX.2 code: MAX_LENGTH (black-forest-labs/flux2, src/flux2/text_encoder.py)", True
)
_HIDREAM = TrainedLength(
    128, "HiDream-I1 code: max_sequence_length (hi_diffusers/pipelines/hidream_image)"
)
_ALPHA = TrainedLength(
    120, "PixArt-alpha training config: model_max_length (configs/PixArt_xl2_internal.py)"
)
_SIGMA = TrainedLength(
    300, "PixArt-sigma training configs: model_max_length (configs/pixart_sigma_config)"
)
_CHROMA = TrainedLength(
    512, "Chroma's trainer: t5_max_length (lodestone-rock/flow, train_radiance.json)"
)
_HYDIT = TrainedLength(
    77, "Hunyuan-DiT: text_len, built into the weights (host: comfy/ldm/hydit/models.py)"
)
_HYDIT_T5 = TrainedLength(
    256, "Hunyuan-DiT: text_len_t5, built into the weights (host: comfy/ldm/hydit/models.py)"
)

_UNET = TextAttention(
    UNET, False, "comfy/ldm/modules/attention.py: CrossAttention adds no positions to the text"
)
_FLUX = TextAttention(JOINT, False, "comfy/ldm/flux/model.py: txt_ids are all zero")
_FLUX2 = TextAttention(
    JOINT, True, "comfy/model_detection.py: txt_ids_dims is [3] (comfy/ldm/flux/model.py: txt_ids)"
)
_PIXART = TextAttention(
    CROSS_DIT, False, "comfy/ldm/pixart/blocks.py: MultiHeadCrossAttention adds no positions"
)

IMAGES = (
    Family(
        "sd1",
        "Stable Diffusion 1.x",
        (clip_stream(CLIP_L),),
        ("comfy.sd1_clip.SD1Tokenizer",),
        attention=_UNET,
        sets=all_of(CLIP_L),
        automatic=all_of(CLIP_L),
        model_classes=("SD15",),
        loader_types=("stable_diffusion",),
    ),
    Family(
        "sd2",
        "Stable Diffusion 2.x",
        (clip_stream(CLIP_H),),
        te("sd2_clip.SD2Tokenizer"),
        attention=_UNET,
        sets=all_of(CLIP_H),
        automatic=all_of(CLIP_H),
        model_classes=("SD20",),
        loader_types=("stable_diffusion",),
    ),
    Family(
        "sdxl",
        "SDXL",
        (clip_stream(CLIP_L), clip_stream(CLIP_G, pooled=True, projected=True)),
        ("comfy.sdxl_clip.SDXLTokenizer",),
        ("comfy.sdxl_clip.SDXLClipModel",),
        attention=_UNET,
        side_by_side=("l", "g"),
        sets=all_of(CLIP_L, CLIP_G),
        automatic=all_of(CLIP_L, CLIP_G),
        model_classes=("SDXL",),
        loader_types=("stable_diffusion", "sdxl"),
        # the types of two files for which comfy/sd.py has no branch of their own
        pair_types=(
            "stable_diffusion",
            "sdxl",
            "stable_cascade",
            "stable_audio",
            "mochi",
            "pixart",
            "cosmos",
            "lumina2",
            "wan",
            "chroma",
            "omnigen2",
            "qwen_image",
        ),
        note="SDXL joins CLIP-L and CLIP-G side by side; the pooled vector comes from CLIP-G's "
        "first window alone.",
    ),
    Family(
        "sdxl_refiner",
        "SDXL Refiner",
        (
            clip_stream(CLIP_G, pooled=True, projected=True),
            clip_stream(CLIP_L, sequence=False, note="The refiner has no CLIP-L."),
        ),
        ("comfy.sdxl_clip.SDXLTokenizer",),
        ("comfy.sdxl_clip.SDXLRefinerClipModel",),
        attention=_UNET,
        sets=all_of(CLIP_G),
        model_classes=("SDXLRefiner",),
        loader_types=("stable_diffusion",),
    ),
    Family(
        "stable_cascade",
        "Stable Cascade",
        (clip_stream(CLIP_G, pooled=True, projected=True),),
        ("comfy.sdxl_clip.StableCascadeTokenizer",),
        attention=TextAttention(
            UNET, False, "comfy/ldm/cascade/common.py: AttnBlock adds no positions to the text"
        ),
        sets=all_of(CLIP_G),
        model_classes=("Stable_Cascade_C",),
        loader_types=("stable_cascade",),
        note="Stage C takes the sequence and the pooled vector; stage B takes the pooled vector "
        "only.",
    ),
    Family(
        "sd3",
        "Stable Diffusion 3 / 3.5",
        (
            clip_stream(CLIP_L, pooled=True),
            clip_stream(CLIP_G, pooled=True, projected=True),
            sequence_stream(
                T5_XXL,
                _SD3_T5,
                diffusers(256, "stable_diffusion_3/pipeline_stable_diffusion_3.py"),
                # SD3's paper (arXiv 2403.03206, section 4): 77 rows of CLIP and 77 of T5
                note="256 is Stable Diffusion 3.5's length, and 77 was it in earlier stages of its "
                "training; SD3 medium's paper describes 77.",
            ),
        ),
        te("sd3_clip.SD3Tokenizer"),
        attention=TextAttention(
            JOINT,
            False,
            "comfy/ldm/modules/diffusionmodules/mmdit.py: only image patches have positions",
        ),
        side_by_side=("l", "g"),
        sets=any_of(CLIP_L, CLIP_G, T5_XXL),
        automatic=(*all_of(CLIP_G, T5_XXL), *all_of(CLIP_L, CLIP_G, T5_XXL)),
        model_classes=("SD3",),
        loader_types=("sd3",),
        pair_types=("sd3",),
        note="The pooled vector joins the first windows of CLIP-L and CLIP-G; T5-XXL has no part "
        "in it.",
    ),
    Family(
        "flux",
        "FLUX.1",
        (
            pooled_clip(CLIP_L),
            sequence_stream(T5_XXL, _FLUX_T5, note="512 is FLUX.1 dev's length; schnell's is 256."),
        ),
        te("flux.FluxTokenizer"),
        attention=_FLUX,
        sets=all_of(CLIP_L, T5_XXL),
        automatic=all_of(CLIP_L, T5_XXL),
        model_classes=("Flux",),
        loader_types=("flux",),
        pair_types=("flux",),
        note="FLUX.1 throws CLIP-L's sequence away; CLIP-L speaks only through the pooled vector.",
    ),
    Family(
        "flux2",
        "FLUX.2",
        (sequence_stream(MISTRAL_24B, _FLUX2_LENGTH),),
        te("flux.Flux2Tokenizer"),
        conditioning_width=3 * MISTRAL_24B.width,  # comfy/text_encoders/flux.py: three layers
        attention=_FLUX2,
        model_classes=("Flux2",),
        loader_types=("flux2",),
        tokenizer_in_file=True,
    ),
    Family(
        "flux2_klein_4b",
        "FLUX.2 Klein (Qwen3 4B)",
        (sequence_stream(QWEN3_4B, _FLUX2_LENGTH),),
        te("flux.KleinTokenizer", "flux.KleinVLTokenizer"),
        masks_padding=True,
        conditioning_width=3 * QWEN3_4B.width,
        attention=_FLUX2,
        loader_types=("flux", "flux2"),
        newer=True,
    ),
    Family(
        "flux2_klein_8b",
        "FLUX.2 Klein (Qwen3 8B)",
        (sequence_stream(QWEN3_8B, _FLUX2_LENGTH),),
        te("flux.KleinTokenizer8B", "flux.KleinVLTokenizer8B"),
        masks_padding=True,
        conditioning_width=3 * QWEN3_8B.width,
        attention=_FLUX2,
        loader_types=("flux", "flux2"),
        newer=True,
    ),
    Family(
        "hidream",
        "HiDream-I1",
        (  # its own CLIPs have more than 77 positions
            pooled_clip(CLIP_L, projected=True, limit=_HIDREAM),
            pooled_clip(CLIP_G, projected=True, limit=_HIDREAM),
            sequence_stream(
                T5_XXL, _HIDREAM, note="ComfyUI keeps the first 128 tokens only.", mask_used=False
            ),
            sequence_stream(LLAMA_8B, _HIDREAM, title="Llama 3.1 8B", mask_used=False),
        ),
        te("hidream.HiDreamTokenizer"),
        conditioning_key="conditioning_llama3",
        attention=TextAttention(JOINT, False, "comfy/ldm/hidream/model.py: txt_ids are all zero"),
        sets=any_of(CLIP_L, CLIP_G, T5_XXL),
        model_classes=("HiDream",),
        loader_types=("hidream",),
        pair_types=("hidream",),
        note="HiDream takes only the pooled vectors of CLIP-L and CLIP-G, and 128 tokens of "
        "T5-XXL.",
    ),
    Family(
        "hidream_o1",
        "HiDream-O1",
        (
            raw_stream(
                "hidream_o1",
                "Qwen3-VL tokens",
                note="The generator reads these itself: there is no text encoder.",
            ),
        ),
        te("hidream_o1.HiDreamO1Tokenizer"),
        attention=TextAttention(
            DECODER, True, "comfy/ldm/hidream_o1/model.py: Qwen3-VL's layers over text and image"
        ),
        newer=True,
    ),
    Family(
        "pixart_alpha",
        "PixArt-alpha",
        (sequence_stream(T5_XXL, _ALPHA),),
        te("pixart_t5.PixArtTokenizer"),
        attention=_PIXART,
        sets=all_of(T5_XXL),
        model_classes=("PixArtAlpha",),
        loader_types=("pixart",),
    ),
    Family(
        "pixart",
        "PixArt-Sigma",
        (sequence_stream(T5_XXL, _SIGMA),),
        te("pixart_t5.PixArtTokenizer"),
        attention=_PIXART,
        sets=all_of(T5_XXL),
        model_classes=("PixArtSigma",),
        loader_types=("pixart",),
    ),
    Family(
        "chroma",
        "Chroma",
        (sequence_stream(T5_XXL, _CHROMA),),
        te("pixart_t5.PixArtTokenizer"),
        attention=TextAttention(
            JOINT,
            False,
            "comfy/ldm/chroma/model.py: txt_ids are all zero (Radiance files marked __sequential__ "
            "have positions: comfy/ldm/chroma_radiance/model.py)",
        ),
        sets=all_of(T5_XXL),
        model_classes=("Chroma",),
        loader_types=("chroma",),
    ),
    Family(
        "pixart_or_chroma",
        "PixArt or Chroma",
        (sequence_stream(T5_XXL),),
        te("pixart_t5.PixArtTokenizer"),
        attention=TextAttention(
            DIT, False, "PixArt reads by cross-attention, Chroma in joint attention"
        ),
        loader_types=("pixart", "chroma"),
        stands_for=("pixart_alpha", "pixart", "chroma"),
        note="ComfyUI loads the text encoders of PixArt and Chroma alike, though they were "
        "trained at different lengths: choose the family in the node's widget.",
    ),
    Family(
        "aura",
        "AuraFlow",
        (sequence_stream(PILE_T5_XL, limit=diffusers(256, "aura_flow/pipeline_aura_flow.py")),),
        te("aura_t5.AuraT5Tokenizer"),
        masks_padding=True,
        attention=TextAttention(
            JOINT, False, "comfy/ldm/aura/mmdit.py: only image patches have positions"
        ),
        sets=all_of(PILE_T5_XL),
        automatic=all_of(PILE_T5_XL),
        model_classes=("AuraFlow",),
    ),
    Family(
        "hunyuan_dit",
        "Hunyuan-DiT",
        (sequence_stream(CHINESE_CLIP, _HYDIT), sequence_stream(MT5_XL, _HYDIT_T5)),
        te("hydit.HyditTokenizer"),
        masks_padding=True,
        conditioning_width=CHINESE_CLIP.width,
        conditioning_key="conditioning_mt5xl",
        attention=TextAttention(
            CROSS_DIT, False, "comfy/ldm/hydit/attn_layers.py: CrossAttention rotates queries only"
        ),
        model_classes=("HunyuanDiT",),
        loader_types=("hunyuan_dit",),
        pair_types=("hunyuan_dit",),
        tokenizer_in_file=True,
        note="The generator also draws a pooled vector of its own from mT5-XL's sequence.",
    ),
)
