"""A host CLIP and its CLIP_VISION as one image-text encoder, where they fit; where they do not,
why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import comfy.model_management
import torch

from ...conditioning.errors import EncoderScopeError
from ...conditioning.image_text.dual_encoder import DualEncoder, TextOutput
from ...conditioning.image_text.images import ImageRecipe, Pixels
from ...conditioning.image_text.text_reading import TextReader, TransformersTokenizer
from ...conditioning.translation import deferred, later, localized, translatable
from .. import clip as host_clip

_REMEDY = translatable(
    "Load the whole CLIP (a folder or file with both towers) by this node, "
    "or connect the text encoder that was trained with this CLIP_VISION."
)
_ORIGIN = later(
    "From: the connected CLIP and CLIP_VISION. Both end in the same number of values, "
    "which does not prove that they were trained together: take both from one model."
)


class NoPair(EncoderScopeError):
    """A CLIP and a CLIP_VISION that do not put texts and pictures into one space."""


@dataclass(frozen=True)
class HostPair:
    clip: Any
    name: str
    vision: Any
    padding: int

    @property
    def text_layers(self) -> int:
        return int(getattr(self.clip.cond_stage_model, self.name).num_layers)

    def images(self, pixels: Pixels) -> torch.Tensor:
        comfy.model_management.load_model_gpu(self.vision.patcher)
        device = self.vision.load_device
        with host_clip.on_device(device):
            embeddings: torch.Tensor = self.vision.model(pixel_values=pixels.values.to(device))[2]
        return embeddings

    def texts(self, ids: torch.Tensor) -> TextOutput:
        encoder = getattr(self.clip.cond_stage_model, self.name)
        host_clip.load(self.clip)
        positions = _positions(
            encoder
        )  # the host's CLIP takes no shorter rows, and what is filled in here it cannot see
        rows = torch.nn.functional.pad(ids, (0, positions - ids.shape[1]), value=self.padding)
        device = self.clip.patcher.load_device
        encoder.set_clip_options({"projected_pooled": True, "execution_device": device})
        try:
            with host_clip.on_device(device):
                states = encoder(rows.tolist())
        finally:
            self.clip.cond_stage_model.reset_clip_options()
        return TextOutput(states[0][:, : ids.shape[1]], states[1])

    def static(self, ids: torch.Tensor) -> torch.Tensor:
        table = getattr(self.clip.cond_stage_model, self.name).transformer.get_input_embeddings()
        host_clip.load(self.clip)
        return host_clip.static_vectors(self.clip, table, ids)


def pair(clip: Any, vision: Any) -> DualEncoder:
    """Raises :class:`NoPair` with a reason for each text encoder of ``clip``."""
    dim = _vision_width(vision)
    encoders = {
        name: part for name, part in clip.cond_stage_model.named_children() if _is_clip(part)
    }
    if not encoders:
        raise NoPair(
            (
                "This CLIP holds no encoder of CLIP's kind (T5 and language models have no "
                "pictures to match)."
            ),
            "A CLIP that was trained together with this CLIP_VISION was expected.",
            _REMEDY,
        )
    reasons = {name: why_not(part, dim) for name, part in encoders.items()}
    fitting = [name for name, reason in reasons.items() if reason is None]
    if not fitting:
        faults = {name: reason for name, reason in reasons.items() if reason}
        raise NoPair(
            "CLIP and CLIP_VISION do not match ({reasons}).",
            "A text encoder that ends in {dim} numbers was expected.",
            _REMEDY,
            reasons=deferred(
                lambda: "; ".join(f"{name}: {localized(faults[name])}" for name in faults)
            ),
            dim=dim,
        )
    return _pair(clip, fitting[0], vision, dim)


def _pair(clip: Any, name: str, vision: Any, dim: int) -> DualEncoder:
    encoder = getattr(clip.cond_stage_model, name)
    reader = TextReader(
        TransformersTokenizer(getattr(clip.tokenizer, name).tokenizer), _positions(encoder)
    )
    side = int(vision.image_size)
    return DualEncoder(
        title=f"CLIP ({name} with its CLIP_VISION)",
        objective="softmax",
        dim=dim,
        scale=math.exp(encoder.logit_scale.item()),
        bias=0.0,
        towers=HostPair(clip, name, vision, reader.vocabulary.padding),
        reader=reader,
        recipe=ImageRecipe(
            side, (side, side), mean=tuple(vision.image_mean), deviation=tuple(vision.image_std)
        ),
        notes=(
            _ORIGIN,
            later("Texts are read literally: no (weights:1.2), no embeddings, one window."),
        ),
    )


def _is_clip(part: Any) -> bool:
    inner = getattr(part, "transformer", None)
    return (
        hasattr(inner, "text_projection")
        and hasattr(inner, "text_model")
        and hasattr(part, "logit_scale")
    )


def _positions(encoder: Any) -> int:
    return int(encoder.transformer.text_model.embeddings.position_embedding.weight.shape[0])


def _vision_width(vision: Any) -> int:
    projection = getattr(getattr(vision, "model", None), "visual_projection", None)
    if isinstance(projection, torch.nn.Module):
        return int(projection.weight.shape[0])
    raise NoPair(
        (
            "This CLIP_VISION has no projection into a space that texts share (SigLIP's "
            "comes without its head, DINO never had texts)."
        ),
        "The vision tower of a CLIP was expected.",
        "Load the whole SigLIP (a folder with both towers) by this node.",
    )


def why_not(encoder: Any, dim: int) -> str | None:
    """Why this text encoder cannot stand beside vision vectors of ``dim`` numbers; None when
    nothing speaks against it.

    A checkpoint that lacks the text projection (SD 1.5's, the CLIP-L of SDXL's) leaves whatever was
    in memory there, and the host does not say so. What no training leaves behind is recognised
    here; leftovers that look like a projection would not be.
    """
    weight = encoder.transformer.text_projection.weight.detach().float()
    if weight.shape[0] != dim:
        return later(
            "its vectors have {width} numbers and the pictures' have {dim}",
            width=weight.shape[0],
            dim=dim,
        )
    fault = _fault(weight)
    return fault and later(
        "{fault}: the checkpoint it came from has no text projection (Stable Diffusion's do not "
        "need one)",
        fault=fault,
    )


def _fault(weight: torch.Tensor) -> str | None:
    if not bool(torch.isfinite(weight).all()):
        return later("its text projection holds NaN or infinity")
    if bool((weight == 0).all(dim=1).any()):
        return later("its text projection has empty rows")
    if torch.equal(weight, torch.eye(*weight.shape, device=weight.device)):
        return later("its text projection changes nothing")
    if float(weight.abs().max()) > 100 or float(weight.std()) < 1e-5:
        return later("its text projection holds numbers that no training leaves")
    return None
