"""transformers' own model classes, built without memory for weights and then filled with exactly
the right ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from ..encoder_files.tensor_reader import narrowed, require_finite_weights
from ..errors import EncoderScopeError
from ..translation import in_turn, later, later_count
from .dual_encoder import TextOutput
from .images import Pixels
from .shapes import KINDS
from .weights import Weights

MoveToDevice = Callable[[], torch.device]
"""Moves a model to the device it runs on, when it is not there, and names that device."""
_CLASSES = {"clip": "CLIP", "siglip": "Siglip", "siglip2": "Siglip2"}
Shape = tuple[int, ...]
_NAMED = 3  # weights that a refusal names of each kind
CALIBRATION = ("logit_scale", "logit_bias")
"""What makes a percentage of a cosine; which of two captions a picture fits better does not depend
on it. CLIP has no bias.
"""


@dataclass(frozen=True)
class TransformersTowers:
    """Both towers of a model of transformers."""

    model: Any
    place: MoveToDevice

    @property
    def text_layers(self) -> int:
        return int(self.model.config.text_config.num_hidden_layers)

    def images(self, pixels: Pixels) -> torch.Tensor:
        device = self.place()
        inputs = {"pixel_values": pixels.values.to(device, self.model.dtype)}
        if pixels.mask is not None and pixels.shapes is not None:
            inputs |= {
                "pixel_attention_mask": pixels.mask.to(device),
                "spatial_shapes": pixels.shapes.to(device),
            }
        return _tensor(self.model.get_image_features(**inputs))

    def texts(self, ids: torch.Tensor) -> TextOutput:
        # No attention mask: CLIP cannot see past its end token anyway, and SigLIP was trained to
        # read its padding.
        output = self.model.text_model(input_ids=ids.to(self.place()))
        pooled = output.pooler_output
        if hasattr(self.model, "text_projection"):  # SigLIP's comes out of its head
            pooled = self.model.text_projection(pooled)
        return TextOutput(output.last_hidden_state, pooled)

    def static(self, ids: torch.Tensor) -> torch.Tensor:
        embedding = self.model.text_model.embeddings.token_embedding
        vectors: torch.Tensor = embedding(ids.to(self.place()))
        return vectors


def _tensor(output: Any) -> torch.Tensor:
    """transformers 4 gives the vectors, 5 an object that holds them."""
    vectors: torch.Tensor = getattr(output, "pooler_output", output)
    return vectors


def config_of(kind: str, settings: dict[str, Any]) -> Any:
    """transformers' configuration object. Raises :class:`EncoderScopeError`."""
    try:
        return _class(kind, "Config").from_dict(settings)
    except EncoderScopeError:
        raise
    except Exception as error:
        raise EncoderScopeError(
            "transformers cannot read this {kind} configuration ({error}: {reason}).",
            "The config.json of the model's page was expected.",
            "Download it again.",
            kind=KINDS[kind],
            error=type(error).__name__,
            reason=str(error)[:200],
        ) from error


def _class(kind: str, part: str) -> Any:
    import transformers

    name = f"{_CLASSES[kind]}{part}"
    try:
        return getattr(transformers, name)
    except (AttributeError, ImportError) as error:
        raise EncoderScopeError(
            "transformers {version} has no working {name} ({reason}).",
            "A version that knows {kind} was expected.",
            "Update transformers in ComfyUI's Python.",
            version=transformers.__version__,
            name=name,
            reason=str(error)[:200],
            kind=KINDS[kind],
        ) from error


def empty(kind: str, config: dict[str, Any]) -> Any:
    """The model without memory for its weights."""
    with torch.device("meta"):
        model = _class(kind, "Model")(config_of(kind, config)).eval()
    for module in model.modules():
        for name, buffer in list(module.named_buffers(recurse=False)):
            if not name.endswith("position_ids"):
                raise EncoderScopeError(
                    "transformers' {module} keeps a table {name!r}.",
                    "Only tables of positions are known here.",
                    "Please report it, with the version of transformers.",
                    module=type(module).__name__,
                    name=name,
                )
            setattr(module, name, torch.arange(buffer.shape[-1]).expand(buffer.shape))
    return model


def fill(model: Any, kind: str, weights: Weights, name: str, dtype: torch.dtype | None) -> Any:
    """The model with its weights in ``dtype``, or as most of them are stored. Raises
    :class:`EncoderScopeError` for a key that is missing, left over or of another shape; only those
    of :data:`CALIBRATION` may be missing, see :func:`uncalibrated`.
    """
    expected = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    shapes = {key: weight.shape for key, weight in weights.items()}
    lacks = sorted(expected.keys() - shapes.keys() - set(CALIBRATION))
    extra = sorted(shapes.keys() - expected.keys() - set(CALIBRATION))
    differ = [
        (key, shapes[key], expected[key])
        for key in sorted(expected.keys() & shapes.keys())
        if _differs(key, shapes[key], expected[key])
    ]
    if lacks or extra or differ:
        raise EncoderScopeError(
            in_turn(_faults(name, lacks, extra, differ)),
            "A whole {kind} with both towers was expected.",
            "Download it again, with its config.json.",
            kind=KINDS[kind],
        )
    common = dtype or _stored(weights)
    state = {
        key: narrowed(weight.read(), common, key, name).reshape(expected[key])
        for key, weight in weights.items()
        if key in expected
    }
    for key in expected.keys() - state.keys():  # of CALIBRATION: no feature passes through it
        state[key] = torch.zeros(expected[key], dtype=common)
    require_finite_weights(state, name)
    model.load_state_dict(state, strict=True, assign=True)
    return model.requires_grad_(False)


def _faults(
    name: str, lacks: list[str], extra: list[str], differ: list[tuple[str, Shape, Shape]]
) -> Iterator[str]:
    """``differ``: keys with the shape that they have and the one that fits."""
    if lacks:
        yield later_count(
            "{name} lacks {count:,} weight ({keys}).",
            "{name} lacks {count:,} weights ({keys}).",
            len(lacks),
            name=name,
            keys=", ".join(lacks[:_NAMED]),
        )
    if extra:
        yield later_count(
            "{name} has {count:,} weight that does not belong to it ({keys}).",
            "{name} has {count:,} weights that do not belong to it ({keys}).",
            len(extra),
            name=name,
            keys=", ".join(extra[:_NAMED]),
        )
    for key, shape, fits in differ[:1]:
        yield later(
            "{name} has {key} as {shape} where {fits} fits.",
            name=name,
            key=key,
            shape=list(shape),
            fits=list(fits),
        )


def _differs(key: str, shape: Shape, expected: Shape) -> bool:
    single = key in CALIBRATION and {shape, expected} <= {(), (1,)}
    return shape != expected and not single


def _stored(weights: Weights) -> torch.dtype:
    names = {
        "F64": torch.float32,
        "F32": torch.float32,
        "F16": torch.float16,
        "BF16": torch.bfloat16,
    }
    return names[max(weights.values(), key=lambda weight: math.prod(weight.shape)).dtype]


def uncalibrated(kind: str, weights: Weights) -> tuple[str, ...]:
    """Which numbers are missing without which a cosine becomes no percentage."""
    needed = CALIBRATION[:1] if kind == "clip" else CALIBRATION
    return tuple(key for key in needed if key not in weights)


def scale_and_bias(weights: Weights) -> tuple[float, float]:
    """From the file rather than from the model, whose dtype may be coarser. 1 and 0 where they are
    missing: scores are cosines then.
    """
    scale, bias = (_number(weights, key) for key in CALIBRATION)
    return math.exp(scale), bias


def _number(weights: Weights, key: str) -> float:
    if key not in weights:
        return 0.0
    return float(weights[key].read().float())
