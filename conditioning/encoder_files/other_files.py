"""Files that people give by mistake: diffusion models, LoRAs, VAEs, ControlNets and more, named by
keys that only they have.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import NamedTuple

from ..translation import later, translatable, translate


@dataclass(frozen=True)
class Other:
    """A kind of model file that holds no text encoder."""

    architecture: str
    title: str
    folder: str = ""
    """Where ComfyUI looks for such files, below `models`."""
    node: str = ""
    """The node of ComfyUI that loads it from there."""
    pack: str = ""
    """Other people's nodes that load it, where ComfyUI has none."""
    remedy: str = ""
    """What to do with it instead, where that is known."""

    def notes(self, gguf: bool = False) -> tuple[str, ...]:
        """What to do with such a file, in a sentence; ``gguf``: it is one."""
        if self.remedy:
            return (translate(self.remedy),)
        if self.pack:
            return (translate(_BY_PACK, pack=self.pack),)
        if gguf and self.folder:
            return (translate(GGUF),)
        if self.node:
            return (translate(_BY_NODE, node=self.node, folder=self.folder),)
        if not self.folder:
            return ()
        return (translate("ComfyUI looks for it in models/{folder}.", folder=self.folder),)


GGUF = translatable("ComfyUI's own loaders read no GGUF; those of the pack ComfyUI-GGUF do.")
_BY_NODE = translatable("{node} loads it; ComfyUI looks for it in models/{folder}.")
_BY_PACK = translatable("ComfyUI itself has no node for it; those of the pack {pack} load it.")


DIFFUSION = "diffusion_models"
_CONTROL, _STYLE, _VISION = "Load ControlNet Model", "Load Style Model", "Load CLIP Vision"
_HYPERNETWORK = translatable(
    "HypernetworkLoader reads hypernetworks as .pt files, from models/hypernetworks."
)
_OTHER_NAMES = translatable(
    "Load CLIP Vision knows other names of its tensors: take the version for transformers."
)
_EMBEDDED = (768, 1024, 1280, 4096)  # widths of the encoders that embeddings are made for
_MOST_EMBEDDINGS, _MOST_ROWS = 4, 128


class _Signature(NamedTuple):
    other: Other
    patterns: tuple[str, ...]
    """Regular expressions of which one key must match to its end, after any prefix that ends in a
    dot or a slash.
    """
    anywhere: tuple[str, ...] = ()
    """Others that may match in the middle of a key."""


def _model(architecture: str, title: str, *patterns: str) -> _Signature:
    title = later("a diffusion model ({kind})", kind=title)
    return _Signature(Other(architecture, title, DIFFUSION, "Load Diffusion Model"), patterns)


_LORA = Other("lora", later("a LoRA (a change to a model, not a model)"), "loras", "Load LoRA")
EMBEDDING = Other(
    "embedding", later("a textual inversion (an embedding, not an encoder)"), "embeddings"
)
# First match wins: what wraps another model stands before it.
_TABLE = (
    _Signature(
        Other("photomaker", later("PhotoMaker (it reads faces)"), "photomaker", "PhotoMakerLoader"),
        (r"fuse_module\.mlp1\..*",),
    ),
    _Signature(
        _LORA,
        (r"lora_(te|unet)\d?_.*",),
        (
            r"lora_(up|down|A|B|mid)\.",
            r"lora\.(up|down)\.",
            r"lora_linear_layer\.",
            r"lora_magnitude_vector",
            r"hada_w[12]_[ab]",
            r"lokr_w[12]",
            r"oft_(blocks|diag)",
            r"dora_scale",
            r"\.diff(_b)?$",
        ),
    ),
    _Signature(
        Other("model_patch", later("a model patch"), "model_patches", "ModelPatchLoader"),
        (r"controlnet_blocks\.0\.y_rms\.weight",),
    ),
    _Signature(
        Other("controlnet", later("a ControlNet"), "controlnet", _CONTROL),
        (
            r"lora_controlnet",
            r"after_proj_list\.0\..*",
            r"control_model\..*",
            r"controlnet_\w+\..*",
            r"input_hint_block\..*",
            r"controlnet_cond_embedding\..*",
        ),
    ),
    _Signature(
        Other("t2i_adapter", later("a T2I-Adapter"), "controlnet", _CONTROL),
        (r"body\.0\.(in_conv|block[12])\.weight", r"body\.0\.resnets\.0\.block1\.weight"),
    ),
    _Signature(
        Other("ip_adapter", later("an IP-Adapter"), pack="x-flux-comfyui"),
        (r"ip_adapter_proj_model\..*", r"processor\.ip_adapter_double_stream_k_proj\.weight"),
    ),
    _Signature(
        Other("ip_adapter", later("an IP-Adapter"), pack="ComfyUI_IPAdapter_plus"),
        (r"ip_adapter\..*", r"image_proj\..*"),
    ),
    _Signature(
        Other("gligen", later("GLIGEN (it places things)"), "gligen", "GLIGENLoader"),
        (r"position_net\.linears\.0\.weight",),
        (r"transformer_blocks\.0\.fuser\.linear\.",),
    ),
    _Signature(
        Other("style_model", later("a style model, such as FLUX Redux"), "style_models", _STYLE),
        (r"redux_(up|down)\.(weight|bias)", r"style_embedding"),
    ),
    _Signature(
        Other("ella", later("ELLA (it makes T5's states fit SD 1.5)"), pack="ComfyUI-ELLA"),
        (r"perceiver_blocks\.0\.attn\.in_proj_weight",),
    ),
    _Signature(
        Other("hypernetwork", later("a hypernetwork"), remedy=_HYPERNETWORK),
        (r"(320|640|768|1024|1280)\.[01]\.linear\.0\.weight",),
    ),
    _model(
        "unet",
        "U-Net",
        r"input_blocks\.0\.0\.weight",
        r"down_blocks\.0\.resnets\.0\.time_emb_proj\.weight",
    ),
    _model(
        "mmdit",
        later("MMDiT of Stable Diffusion 3"),
        r"joint_blocks\.0\.context_block\..*",
        r"transformer_blocks\.0\.ff_context\.net\.0\.proj\.weight",
    ),
    _model("chroma", "Chroma", r"distilled_guidance_layer\..*"),
    _model(
        "flux",
        "FLUX",
        r"double_blocks\.0\.img_attn\..*",
        r"single_transformer_blocks\.0\.norm\.linear\.weight",
    ),
    _model("aura", "AuraFlow", r"double_layers\.0\.(attn|modX)\..*"),
    _model("wan", "Wan", r"blocks\.0\.cross_attn\.norm_[qk]\.weight"),
    _model("lumina", later("Lumina or Z-Image"), r"cap_embedder\.[01]\.weight"),
    _model("hidream", "HiDream", r"caption_projection\.0\.linear\.weight"),
    _model("hunyuan_video", "HunyuanVideo", r"txt_in\.individual_token_refiner\.blocks\.0\..*"),
    _model("hunyuan_dit", "HunyuanDiT", r"mlp_t5\.0\.weight"),
    _model("mochi", "Mochi", r"t5_yproj\.weight"),
    _model("ace", "ACE-Step", r"genre_embedder\.weight"),
    _model("cosmos", "Cosmos", r"blocks\.block0\.blocks\.0\.block\.attn\.to_q\.0\.weight"),
    _model("omnigen2", "OmniGen2", r"time_caption_embed\.timestep_embedder\.linear_1\.bias"),
    _model("cascade", "Stable Cascade", r"clip_txt_mapper\.weight", r"clip_mapper\.weight"),
    _model("stable_audio", "Stable Audio", r"transformer\.layers\.0\.self_attn\.to_qkv\.weight"),
    _model(
        "dit",
        later("transformer"),
        r"transformer_blocks\.0\.(scale_shift_table|img_mod\..*|norm1\.linear\.weight)",
    ),
    _model(
        "dit",
        later("transformer"),
        r"blocks\.0\.(scale_shift_table|adaLN_modulation\..*|adaln_modulation.*)",
    ),
    _model(
        "dit",
        later("of a kind that EncoderScope does not know"),
        r"model\.diffusion_model\..*",
        r"diffusion_model\..*",
    ),
    _Signature(
        Other("motion", later("a motion module (AnimateDiff)"), pack="ComfyUI-AnimateDiff-Evolved"),
        (r"motion_modules\.0\..*",),
    ),
    _Signature(
        Other("upscaler", later("an upscaler of pictures"), "upscale_models", "Load Upscale Model"),
        (
            r"model\.1\.sub\.0\.RDB1\..*",
            r"body\.0\.rdb1\..*",
            r"RRDB_trunk\.0\.RDB1\..*",
            r"before_RG\..*",
            r"layers\.0\.residual_group\.blocks\.0\..*",
        ),
    ),
    _Signature(
        Other("sam", later("SAM (it cuts things out of pictures)"), pack="ComfyUI-Impact-Pack"),
        (r"(sam_)?mask_decoder\.iou_prediction_head\..*",),
    ),
    _Signature(
        Other("audio", later("an audio encoder"), "audio_encoders", "AudioEncoderLoader"),
        (r"feature_extractor\.conv_layers\.0\..*", r"model\.encoder\.embed_positions\.weight"),
    ),
    _Signature(
        Other("vae", later("a VAE"), "vae", "Load VAE"),
        (
            r"encoder\.(down|up|mid)\.\w+\..*",
            r"encoder\.(up_blocks|down_blocks|mid_block|upsamples|downsamples)\..*",
            r"decoder\.(down|up|mid)\.\w+\..*",
            r"decoder\.(up_blocks|down_blocks|mid_block|upsamples|downsamples)\..*",
        ),
    ),
    _Signature(
        Other("vae", later("a tiny VAE (TAESD)"), "vae_approx", "Load VAE"),
        (r"taesd_(encoder|decoder)\..*", r"\d+\.conv\.\d\.weight"),
    ),
    _Signature(
        EMBEDDING,
        (
            r"emb_params",
            r"string_to_param\..*",
            r"clip_[lg]",
            r"t5xxl",
            r"text_encoders_\d",
            r"<[^>\n]+>",
        ),
    ),
)
_ALL_PARTS = translatable(
    "Put all its parts into one folder, under the names they have on the model's page, and choose "
    "that folder."
)
_SHARD = Other(
    "shard", later("a part of a text encoder, without its first layer"), remedy=_ALL_PARTS
)
_ALONE = (
    _Signature(
        Other("t5_decoder", later("the decoder of a T5 without its encoder")),
        (r"decoder\.block\.0\.layer\.1\.EncDecAttention\..*",),
    ),
    _Signature(
        Other("vision", later("an image encoder (DINOv2)"), "clip_vision", _VISION),
        (r"encoder\.layer\.0\.layer_scale1\.lambda1",),
    ),
    _Signature(
        Other("vision", later("an image encoder (DINOv2)"), remedy=_OTHER_NAMES),
        (r"blocks\.0\.ls1\.gamma",),
    ),
    _Signature(
        Other(
            "vision",
            later("an image encoder (a vision tower without a text tower)"),
            "clip_vision",
            _VISION,
        ),
        (r"vision_model\..*", r"visual\..*", r"embeddings\.(patch|class)_embedding.*"),
    ),
    _Signature(
        Other("vision", later("the image encoder of a language model (an mmproj file)")),
        (r"v\.patch_embd\.weight", r"v\.blk\.0\..*", r"mm\.\d\.weight"),
    ),
    _Signature(
        Other("audio", later("the audio encoder of a language model (an mmproj file)")),
        (r"a\.blk\.0\..*", r"mm\.a\..*"),
    ),
    _Signature(
        _SHARD,
        (
            r"encoder\.block\.\d+\.layer\.0\.layer_norm\.weight",
            r"text_model\.encoder\.layers\.\d+\.layer_norm1\.weight",
            r"model\.layers\.\d+\.input_layernorm\.weight",
        ),
    ),
)


def name(keys: Collection[str]) -> Other | None:
    """What the keys belong to, if not (or not only) to a text encoder."""
    return _first(_TABLE, keys)


def is_diffusion(architecture: str) -> bool:
    """Whether an :class:`Other` is a diffusion model, which Load Checkpoint looks for."""
    others = (signature.other for signature in _TABLE)
    return any(o.architecture == architecture and o.folder == DIFFUSION for o in others)


def is_embedding(shapes: Collection[tuple[int, ...]]) -> bool:
    """Whether tensors of these shapes are a few rows of vocabularies, whatever they are called."""
    return 0 < len(shapes) <= _MOST_EMBEDDINGS and all(
        len(shape) in (1, 2) and shape[-1] in _EMBEDDED and math.prod(shape[:-1]) <= _MOST_ROWS
        for shape in shapes
    )


def name_alone(keys: Collection[str]) -> Other | None:
    """What is named only where no text encoder was found: parts that also lie beside one."""
    return _first(_ALONE, keys)


def _first(table: tuple[_Signature, ...], keys: Collection[str]) -> Other | None:
    text = "\n".join(keys)
    for signature in table:
        # Searched for, not matched after `.*`: a long key of many dots must not take long.
        at_the_end = ((pattern, rf"(?:^|[./])(?:{pattern})$") for pattern in signature.patterns)
        anywhere = ((pattern, pattern) for pattern in signature.anywhere)
        for pattern, expression in chain(at_the_end, anywhere):
            if _literal(pattern) in text and re.search(expression, text, re.MULTILINE):
                return signature.other
    return None


@cache
def _literal(pattern: str) -> str:
    """The longest run of letters in whatever a pattern matches: looking for it costs next to
    nothing.
    """
    bare, grouped = re.sub(r"\[[^]]*\]", " ", pattern), ""
    while bare != grouped:
        bare, grouped = re.sub(r"\([^()]*\)[?*]?", " ", bare), bare
    if "|" in bare:
        return ""
    runs = re.findall(r"(?:(?<!\\)[\w<]|\\\.)+(?![?*{])", bare)
    return max(runs, key=len, default="").replace("\\.", ".")
