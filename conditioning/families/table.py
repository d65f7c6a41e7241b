"""Which of a prompt's token streams a generator really takes, for every text-encoder layout that
could be verified.

Read from the host's `comfy/text_encoders/*.py` and `comfy/sdxl_clip.py` (what an encoder hands
over), `comfy/sd.py` (`load_text_encoder_state_dicts`: which files become what) and
`comfy/model_base.py` (what the generator takes of it). The pooled vector is taken by `encode_adm`
of SDXL, SDXLRefiner, SD3, Flux, HunyuanVideo, HiDream and Kandinsky5, and by `extra_conds` of
StableCascade_C, StableCascade_B and, in newer hosts, Lumina2 (NewBie). All others ignore it. A
tokenizer that is not in this table has no known layout: say so rather than guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TrainedLength:
    """How many tokens, content and specials as the source counts them, and which source says so."""

    tokens: int
    source: str
    with_template: bool = False  # the figure counts the chat template around the prompt too


@dataclass(frozen=True)
class StreamRule:
    """What becomes of one of the host's token streams."""

    name: str
    title: str
    sequence: bool
    pooled: bool
    encoder: str  # attribute of cond_stage_model; "" where the generator embeds the tokens itself
    trained_length: TrainedLength | None = None
    reference_limit: TrainedLength | None = None
    note: str = ""
    mask_used: bool = (
        True  # the generator is told which positions the encoder's attention mask hides
    )


@dataclass(frozen=True)
class Family:
    """One conditioning layout. Streams stand in the order of their sequences in the
    conditioning.
    """

    name: str
    title: str
    streams: tuple[StreamRule, ...]
    tokenizers: tuple[str, ...]
    models: tuple[str, ...] = ()
    clip_types: tuple[str, ...] = ()
    shortest: tuple[str, ...] = ()
    note: str = ""
    tokenizer_in_file: bool = False
    stands_for: tuple[str, ...] = ()  # families that the host's classes cannot tell apart
    newer: bool = False  # not in ComfyUI 0.3.75; read from newer sources


def _te(*classes: str) -> tuple[str, ...]:
    return tuple("comfy.text_encoders." + one for one in classes)


def _diffusers(tokens: int, path: str, with_template: bool = False) -> TrainedLength:
    return TrainedLength(
        tokens, f"diffusers cuts here by default (pipelines/{path})", with_template
    )


# `max_position_embeddings` of the host's sd1_clip_config.json, clip_config_bigg.json and
# sd2_clip_config.json, too.
_CLIP = TrainedLength(
    77, "CLIP has 77 positions, start and end included (openai/CLIP, clip/clip.py: context_length)"
)


def _clip(
    name: str,
    title: str,
    sequence: bool,
    pooled: bool,
    note: str = "",
    limit: TrainedLength = _CLIP,
) -> StreamRule:
    """A CLIP stream: the host windows it, reference pipelines cut it."""
    return StreamRule(name, title, sequence, pooled, "clip_" + name, None, limit, note)


def _seq(
    name: str,
    title: str,
    trained: TrainedLength | None = None,
    limit: TrainedLength | None = None,
    encoder: str | None = None,
    note: str = "",
) -> StreamRule:
    """A stream of which only the sequence is taken. Its encoder's attribute mostly has the stream's
    name.
    """
    return StreamRule(
        name,
        title,
        True,
        False,
        name if encoder is None else encoder,
        trained,
        limit or trained,
        note,
    )


_T5, _L, _G, _QWEN25, _QWEN3VL = "T5-XXL", "CLIP-L", "CLIP-G", "Qwen2.5-VL 7B", "Qwen3-VL 8B"
_FIRST = "Only the pooled vector of the first window is used; its sequence is thrown away."
_BYT5 = "Reads only the text inside quotation marks."

_SD3_T5 = TrainedLength(
    256, "Stable Diffusion 3.5 model card: T5 context 77 or 256 by stage of training"
)
_FLUX_T5 = TrainedLength(
    512, "FLUX.1 code: 512 for dev, 256 for schnell (black-forest-labs/flux, src/flux/cli.py)"
)
_FLUX2 = TrainedLength(
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
_LTXV = TrainedLength(
    256, "LTX-Video code: text_encoder_max_tokens (ltx_video/pipelines/pipeline_ltx_video.py)"
)
_MOCHI = TrainedLength(
    256, "Mochi code: MAX_T5_TOKEN_LENGTH (genmoai/mochi, src/genmo/mochi_preview/pipelines.py)"
)
_COSMOS = TrainedLength(512, "NVIDIA Cosmos code: CosmosT5TextEncoderConfig.NUM_TOKENS")
_WAN = TrainedLength(512, "Wan2.1 code: text_len (wan/configs/shared_config.py)")
_AUDIO = TrainedLength(
    128, "stable-audio-tools: T5Conditioner max_length (stable_audio_tools/models/conditioners.py)"
)
_ACE = TrainedLength(256, "ACE-Step trainer: text_max_length (ace-step/ACE-Step, trainer.py)")
_HYDIT = TrainedLength(
    77, "Hunyuan-DiT: text_len, built into the weights (host: comfy/ldm/hydit/models.py)"
)
_HYDIT_T5 = TrainedLength(
    256, "Hunyuan-DiT: text_len_t5, built into the weights (host: comfy/ldm/hydit/models.py)"
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
_LUMINA = TrainedLength(256, "Lumina-Image 2.0 fine-tuning code: max_length (finetune.py)", True)
_OMNIGEN2 = TrainedLength(
    888, "OmniGen2 training config: maximum_text_tokens (options/ft.yml)", True
)
_OMNIGEN2_CUT = TrainedLength(
    1024, "OmniGen2's own inference: max_sequence_length (inference.py)", True
)
_Z_IMAGE = TrainedLength(
    512, "Z-Image code: DEFAULT_MAX_SEQUENCE_LENGTH (src/config/inference.py)", True
)
_COGVIDEOX = TrainedLength(
    226, "CogVideoX was trained at 226 (host: comfy/text_encoders/cogvideo.py)"
)
_LENS = TrainedLength(
    512, "Lens: LENS_MAX_TOKENS, a hard limit in the host (comfy/text_encoders/gpt_oss.py)", True
)
_PIXELDIT = TrainedLength(
    300, "PixelDiT's positions, a hard limit in the host (comfy/text_encoders/pixeldit.py)"
)
_SA3 = TrainedLength(256, "Stable Audio 3: max_text_tokens (host: comfy/model_base.py)")

_TABLE: tuple[Family, ...] = (
    Family(
        "sd1",
        "Stable Diffusion 1.x",
        (_clip("l", _L, True, False),),
        ("comfy.sd1_clip.SD1Tokenizer",),
        clip_types=("stable_diffusion",),
    ),
    Family(
        "sd2",
        "Stable Diffusion 2.x",
        (_clip("h", "CLIP-H", True, False),),
        _te("sd2_clip.SD2Tokenizer"),
        clip_types=("stable_diffusion",),
    ),
    Family(
        "sdxl",
        "SDXL",
        (_clip("l", _L, True, False), _clip("g", _G, True, True)),
        ("comfy.sdxl_clip.SDXLTokenizer",),
        ("comfy.sdxl_clip.SDXLClipModel",),
        ("stable_diffusion", "sdxl"),
        ("l", "g"),
        (
            "SDXL joins CLIP-L and CLIP-G side by side; the pooled vector comes from "
            "CLIP-G's first window alone."
        ),
    ),
    Family(
        "sdxl_refiner",
        "SDXL Refiner",
        (_clip("g", _G, True, True), _clip("l", _L, False, False, "The refiner has no CLIP-L.")),
        ("comfy.sdxl_clip.SDXLTokenizer",),
        ("comfy.sdxl_clip.SDXLRefinerClipModel",),
        ("stable_diffusion",),
    ),
    Family(
        "stable_cascade",
        "Stable Cascade",
        (_clip("g", _G, True, True),),
        ("comfy.sdxl_clip.StableCascadeTokenizer",),
        clip_types=("stable_cascade",),
        note=(
            "Stage C takes the sequence and the pooled vector; stage B takes the pooled "
            "vector only."
        ),
    ),
    Family(
        "sd3",
        "Stable Diffusion 3 / 3.5",
        (
            _clip("l", _L, True, True),
            _clip("g", _G, True, True),
            _seq(
                "t5xxl",
                _T5,
                _SD3_T5,
                _diffusers(256, "stable_diffusion_3/pipeline_stable_diffusion_3.py"),
            ),
        ),
        _te("sd3_clip.SD3Tokenizer"),
        clip_types=("sd3",),
        shortest=("l", "g"),
        note=(
            "The pooled vector joins the first windows of CLIP-L and CLIP-G; T5-XXL has "
            "no part in it."
        ),
    ),
    Family(
        "flux",
        "FLUX.1",
        (
            _clip("l", _L, False, True, _FIRST),
            _seq("t5xxl", _T5, _FLUX_T5, note="512 is FLUX.1 dev's length; schnell's is 256."),
        ),
        _te("flux.FluxTokenizer"),
        clip_types=("flux",),
        note=(
            "FLUX.1 throws CLIP-L's sequence away; CLIP-L speaks only through the pooled vector."
        ),
    ),
    Family(
        "flux2",
        "FLUX.2",
        (_seq("mistral3_24b", "Mistral 3 24B", _FLUX2),),
        _te("flux.Flux2Tokenizer"),
        clip_types=("flux2",),
        tokenizer_in_file=True,
    ),
    Family(
        "flux2_klein_4b",
        "FLUX.2 Klein (Qwen3 4B)",
        (_seq("qwen3_4b", "Qwen3 4B", _FLUX2),),
        _te("flux.KleinTokenizer", "flux.KleinVLTokenizer"),
        clip_types=("flux", "flux2"),
        newer=True,
    ),
    Family(
        "flux2_klein_8b",
        "FLUX.2 Klein (Qwen3 8B)",
        (_seq("qwen3_8b", "Qwen3 8B", _FLUX2),),
        _te("flux.KleinTokenizer8B", "flux.KleinVLTokenizer8B"),
        clip_types=("flux", "flux2"),
        newer=True,
    ),
    Family(
        "hidream",
        "HiDream-I1",  # its own CLIPs have more than 77 positions
        (
            _clip("l", _L, False, True, _FIRST, _HIDREAM),
            _clip("g", _G, False, True, _FIRST, _HIDREAM),
            StreamRule(
                "t5xxl",
                _T5,
                True,
                False,
                "t5xxl",
                _HIDREAM,
                _HIDREAM,
                "The host keeps the first 128 tokens only.",
                False,
            ),
            StreamRule(
                "llama", "Llama 3.1 8B", True, False, "llama", _HIDREAM, _HIDREAM, mask_used=False
            ),
        ),
        _te("hidream.HiDreamTokenizer"),
        clip_types=("hidream",),
        note=(
            "HiDream takes only the pooled vectors of CLIP-L and CLIP-G, and 128 tokens of T5-XXL."
        ),
    ),
    Family(
        "hidream_o1",
        "HiDream-O1",
        (
            _seq(
                "hidream_o1",
                "Qwen3-VL tokens",
                encoder="",
                note="The generator reads these itself: there is no text encoder.",
            ),
        ),
        _te("hidream_o1.HiDreamO1Tokenizer"),
        newer=True,
    ),
    Family(
        "pixart_alpha",
        "PixArt-alpha",
        (_seq("t5xxl", _T5, _ALPHA),),
        _te("pixart_t5.PixArtTokenizer"),
        clip_types=("pixart",),
    ),
    Family(
        "pixart",
        "PixArt-Sigma",
        (_seq("t5xxl", _T5, _SIGMA),),
        _te("pixart_t5.PixArtTokenizer"),
        clip_types=("pixart",),
    ),
    Family(
        "chroma",
        "Chroma",
        (_seq("t5xxl", _T5, _CHROMA),),
        _te("pixart_t5.PixArtTokenizer"),
        clip_types=("chroma",),
    ),
    Family(
        "pixart_or_chroma",
        "PixArt or Chroma",
        (_seq("t5xxl", _T5),),
        _te("pixart_t5.PixArtTokenizer"),
        clip_types=("pixart", "chroma"),
        stands_for=("pixart_alpha", "pixart", "chroma"),
        note="The host loads the text encoders of PixArt and Chroma alike, though they "
        "were trained at different "
        "lengths: choose the family in the node's widget.",
    ),
    Family(
        "ltxv",
        "LTX-Video",
        (_seq("t5xxl", _T5, _LTXV),),
        _te("lt.LTXVT5Tokenizer"),
        clip_types=("ltxv",),
    ),
    Family(
        "ltx2",
        "LTX-2",
        (_seq("gemma3_12b", "Gemma 3 12B", None, _diffusers(1024, "ltx2/pipeline_ltx2.py")),),
        _te("lt.LTXAVGemmaTokenizer"),
        clip_types=("ltxv",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "ltx2_gemma4",
        "LTX-2 (Gemma 4)",
        (_seq("gemma4", "Gemma 4", encoder="gemma3_12b"),),
        _te("lt.LTXAVGemma4Tokenizer"),
        clip_types=("ltxv",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "mochi",
        "Mochi",
        (_seq("t5xxl", _T5, _MOCHI),),
        _te("genmo.MochiT5Tokenizer"),
        clip_types=("mochi", "stable_diffusion"),
        note=(
            "A T5-XXL file loaded alone under a type that does not expect it becomes this "
            "layout, too."
        ),
    ),
    Family(
        "cogvideox",
        "CogVideoX",
        (_seq("t5xxl", _T5, _COGVIDEOX),),
        _te("cogvideo.CogVideoXTokenizer"),
        clip_types=("cogvideox",),
        newer=True,
    ),
    Family(
        "cosmos",
        "Cosmos",
        (_seq("t5xxl", "T5 11B", _COSMOS),),
        _te("cosmos.CosmosT5Tokenizer"),
        clip_types=("cosmos",),
    ),
    Family(
        "wan",
        "Wan",
        (_seq("umt5xxl", "UMT5-XXL", _WAN),),
        _te("wan.WanT5Tokenizer"),
        clip_types=("wan",),
        tokenizer_in_file=True,
    ),
    Family(
        "aura",
        "AuraFlow",
        (
            _seq(
                "pile_t5xl", "Pile-T5-XL", None, _diffusers(256, "aura_flow/pipeline_aura_flow.py")
            ),
        ),
        _te("aura_t5.AuraT5Tokenizer"),
    ),
    Family(
        "stable_audio",
        "Stable Audio",
        (_seq("t5base", "T5-base", _AUDIO),),
        _te("sa_t5.SAT5Tokenizer"),
        clip_types=("stable_audio",),
    ),
    Family(
        "stable_audio_3",
        "Stable Audio 3",
        (_seq("t5gemma", "T5Gemma", _SA3),),
        _te("sa3.SAT5GemmaTokenizer"),
        clip_types=("stable_audio",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "ace",
        "ACE-Step",
        (
            _seq("umt5base", "UMT5-base", _ACE),
            _seq("lyrics", "lyrics", encoder="", note="Lyrics have a box of their own."),
        ),
        _te("ace.AceT5Tokenizer"),
        clip_types=("ace",),
        tokenizer_in_file=True,
    ),
    Family(
        "ace15",
        "ACE-Step 1.5",
        (
            _seq(
                "qwen3_06b",
                "Qwen3 0.6B",
                None,
                _diffusers(256, "ace_step/pipeline_ace_step.py", True),
            ),
            _seq(
                "lyrics",
                "lyrics",
                None,
                _diffusers(2048, "ace_step/pipeline_ace_step.py", True),
                "qwen3_06b",
            ),
            StreamRule(
                "lm_prompt",
                "composer",
                False,
                False,
                "",
                note="A language model makes audio codes of it.",
            ),
            StreamRule("lm_prompt_negative", "composer, negative", False, False, ""),
        ),
        _te("ace15.ACE15Tokenizer"),
        clip_types=("ace",),
        newer=True,
    ),
    Family(
        "hunyuan_dit",
        "Hunyuan-DiT",
        (_seq("hydit_clip", "Chinese CLIP", _HYDIT), _seq("mt5xl", "mT5-XL", _HYDIT_T5)),
        _te("hydit.HyditTokenizer"),
        clip_types=("hunyuan_dit",),
        tokenizer_in_file=True,
        note="The generator also draws a pooled vector of its own from mT5-XL's sequence.",
    ),
    Family(
        "hunyuan_video",
        "HunyuanVideo",
        (_clip("l", _L, False, True, _FIRST), _seq("llama", "LLaVA-Llama 3 8B", _HYVIDEO)),
        _te("hunyuan_video.HunyuanVideoTokenizer"),
        clip_types=("hunyuan_video",),
    ),
    Family(
        "hunyuan_video_15",
        "HunyuanVideo 1.5",  # ByT5 first: comfy/ldm/hunyuan_video/model.py
        (
            _seq("byt5", "ByT5-small", _HYVIDEO15_BYT5, None, "byt5_small", _BYT5),
            _seq("qwen25_7b", _QWEN25, _HYVIDEO15),
        ),
        _te("hunyuan_video.HunyuanVideo15Tokenizer"),
        clip_types=("hunyuan_video_15",),
    ),
    Family(
        "hunyuan_image",
        "HunyuanImage 2.1",
        (
            _seq("qwen25_7b", _QWEN25, _HYIMAGE),
            _seq("byt5", "ByT5-small", _HYIMAGE_BYT5, None, "byt5_small", _BYT5),
        ),
        _te("hunyuan_image.HunyuanImageTokenizer"),
        clip_types=("hunyuan_image",),
    ),
    Family(
        "kandinsky5",
        "Kandinsky 5",
        (
            _seq("qwen25_7b", _QWEN25, None, _diffusers(512, "kandinsky5/pipeline_kandinsky.py")),
            _clip("l", _L, False, True, _FIRST),
        ),
        _te("kandinsky5.Kandinsky5Tokenizer", "kandinsky5.Kandinsky5TokenizerImage"),
        clip_types=("kandinsky5", "kandinsky5_image"),
        newer=True,
    ),
    Family(
        "lumina2",
        "Lumina 2",
        (_seq("gemma2_2b", "Gemma 2 2B", _LUMINA),),
        _te("lumina2.LuminaTokenizer"),
        clip_types=("lumina2",),
        tokenizer_in_file=True,
    ),
    Family(
        "newbie",
        "NewBie",
        (
            _seq("gemma", "Gemma 3 4B"),
            StreamRule(
                "jina", "Jina CLIP v2", False, True, "jina", note="Only its pooled vector is used."
            ),
        ),
        _te("newbie.NewBieTokenizer"),
        clip_types=("newbie",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "pixeldit",
        "PixelDiT",
        (_seq("gemma2_2b", "Gemma 2 2B", _PIXELDIT),),
        _te("pixeldit.PixelDiTGemma2Tokenizer"),
        clip_types=("pixeldit",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "qwen_image",
        "Qwen-Image",
        (_seq("qwen25_7b", _QWEN25, None, _diffusers(512, "qwenimage/pipeline_qwenimage.py")),),
        _te("qwen_image.QwenImageTokenizer"),
        clip_types=("qwen_image",),
    ),
    Family(
        "qwen_image_21",
        "Qwen-Image 2.1",
        (_seq("qwen3vl_8b", _QWEN3VL),),
        _te("qwen_image21.QwenImage21Tokenizer"),
        clip_types=("qwen_image",),
        newer=True,
    ),
    # Whatever the type, but for FLUX in newer hosts; users are told to pick lumina2.
    Family(
        "z_image",
        "Z-Image",
        (_seq("qwen3_4b", "Qwen3 4B", _Z_IMAGE),),
        _te("z_image.ZImageTokenizer"),
        clip_types=("lumina2",),
    ),
    Family(
        "omnigen2",
        "OmniGen2",
        (_seq("qwen25_3b", "Qwen2.5-VL 3B", _OMNIGEN2, _OMNIGEN2_CUT),),
        _te("omnigen2.Omnigen2Tokenizer"),
        clip_types=("omnigen2",),
    ),
    Family(
        "ovis",
        "Ovis-Image",
        (
            _seq(
                "qwen3_2b",
                "Ovis 2.5 2B",
                None,
                _diffusers(256, "ovis_image/pipeline_ovis_image.py"),
            ),
        ),
        _te("ovis.OvisTokenizer"),
        clip_types=("ovis",),
        newer=True,
    ),
    Family(
        "longcat_image",
        "LongCat-Image",
        (
            _seq(
                "qwen25_7b",
                _QWEN25,
                None,
                _diffusers(512, "longcat_image/pipeline_longcat_image.py"),
                note=(
                    "The host, too, drops what lies past 512 tokens; quoted text counts "
                    "letter by letter."
                ),
            ),
        ),
        _te("longcat_image.LongCatImageTokenizer"),
        clip_types=("longcat_image",),
        newer=True,
        note=(
            "Of several words with an apostrophe inside (don't, can't) the host mixes up "
            "the letters: write one of them at most."
        ),
    ),
    Family(
        "lens",
        "Lens",
        (_seq("gpt_oss", "GPT-OSS 20B", _LENS),),
        _te("gpt_oss.LensTokenizer"),
        clip_types=("lens",),
        tokenizer_in_file=True,
        newer=True,
    ),
    Family(
        "ideogram4",
        "Ideogram 4",
        (
            _seq(
                "qwen3vl_8b",
                _QWEN3VL,
                None,
                TrainedLength(2048, "diffusers refuses more (ideogram4)", True),
            ),
        ),
        _te("ideogram4.Ideogram4Tokenizer", "ideogram4.Ideogram4Qwen3VLTokenizer"),
        clip_types=("ideogram4",),
        newer=True,
    ),
    Family(
        "boogu",
        "Boogu-Image",
        (_seq("qwen3vl_8b", _QWEN3VL),),
        _te("boogu.BooguTokenizer"),
        clip_types=("boogu",),
        newer=True,
    ),
    Family(
        "krea2",
        "Krea 2",
        (_seq("qwen3vl_4b", "Qwen3-VL 4B", None, _diffusers(512, "krea2/pipeline_krea2.py")),),
        _te("krea2.Krea2Tokenizer"),
        clip_types=("krea2",),
        newer=True,
    ),
    Family(
        "joyimage",
        "JoyImage",
        (
            _seq(
                "qwen3vl_8b", _QWEN3VL, None, _diffusers(2048, "joyimage/pipeline_joyimage_edit.py")
            ),
        ),
        _te("joyimage.JoyImageTokenizer"),
        clip_types=("joyimage",),
        newer=True,
    ),
    Family(
        "mage",
        "Mage-Flow",
        (_seq("qwen3vl_4b", "Qwen3-VL 4B"),),
        _te("mage_flow.MageFlowTokenizer"),
        clip_types=("mage",),
        newer=True,
    ),
    Family(
        "minimax_h3",
        "MiniMax H3",
        (_seq("qwen3vl_32b", "Qwen3-VL 32B"),),
        _te("minimax.MiniMaxH3Tokenizer"),
        clip_types=("minimax",),
        newer=True,
    ),
    Family(
        "anima",
        "Anima",
        (
            _seq("qwen3_06b", "Qwen3 0.6B"),
            _seq("t5xxl", "T5 tokens", encoder="", note="The generator embeds these itself."),
        ),
        _te("anima.AnimaTokenizer"),
        newer=True,
    ),
    Family(
        "ernie_image",
        "ERNIE-Image",
        (_seq("ministral3_3b", "Ministral 3 3B"),),
        _te("ernie.ErnieTokenizer"),
        tokenizer_in_file=True,
        newer=True,
    ),
)

FAMILIES: dict[str, Family] = {family.name: family for family in _TABLE}

# The branches of sd.py for two files; types without one give SDXL. Left out: ltxv, whose layout the
# files decide.
_TWO_FILES = {
    **dict.fromkeys(
        (
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
        "sdxl",
    ),
    **{
        name: name
        for name in (
            "sd3",
            "hunyuan_dit",
            "flux",
            "hunyuan_video",
            "hidream",
            "hunyuan_image",
            "hunyuan_video_15",
            "kandinsky5",
            "newbie",
        )
    },
    "kandinsky5_image": "kandinsky5",
    "ace": "ace15",  # offered for two files by newer hosts only
}


def by_host_classes(tokenizer: str, model_mro: Sequence[str]) -> Family | None:
    """The family of a loaded CLIP: its tokenizer's class exactly and, where a family names models,
    one of the MRO.


    None: not in the table. A family with `stands_for`: the classes fit several, and only the user
    can tell which.
    """
    fits = [
        family
        for family in _TABLE
        if tokenizer in family.tokenizers
        and (not family.models or any(name in model_mro for name in family.models))
    ]
    return next((family for family in fits if family.stands_for), fits[0] if fits else None)


def by_loader(clip_type: str, files: int) -> Family | None:
    """The family that a loader of this type and number of files gives whatever the files are; None
    if they decide.

    One file always decides: sd.py looks into it before it looks at the type (OpenCLIP-H becomes SD
    2.x under any type).
    """
    if files == 2:
        name = _TWO_FILES.get(clip_type.lower())
        return FAMILIES[name] if name else None
    return {3: FAMILIES["sd3"], 4: FAMILIES["hidream"]}.get(files)
