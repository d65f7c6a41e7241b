"""Loads an image-text model (CLIP, SigLIP, SigLIP 2) from local files into transformers' own
classes, as a :class:`DualEncoder`.

    load(Path("models/clip_vision/siglip-base"))            a Hugging Face folder
    load(Path("models/clip_vision/ViT-B-32.safetensors"))   one file; its configuration is read off
    the shapes

Nothing is downloaded, no pickle is opened, and a key that is missing, left over or of another shape
refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ..encoder_files.checkpoint import Checkpoint, open_checkpoint
from ..encoder_files.signatures import describe
from ..errors import EncoderScopeError, UnknownName
from ..translation import later, translatable
from .dual_encoder import DualEncoder, Objective
from .images import ImageRecipe, recipe_of, usual_recipe
from .shapes import ACTIVATIONS, KINDS, derive, kind_of, missing_half, title_of
from .text_reading import TextReader, TextTokenizer, load_tokenizer
from .transformers_towers import (
    MoveToDevice,
    TransformersTowers,
    config_of,
    empty,
    fill,
    scale_and_bias,
    uncalibrated,
)
from .weights import Weights, refuse_packed, weights_of


def keep_device(model: torch.nn.Module) -> MoveToDevice:
    """Manages nothing: the model runs where it is."""
    return lambda: next(model.parameters()).device


@dataclass(frozen=True)
class LoadOptions:
    dtype: torch.dtype | None = torch.float32
    """None keeps what is stored."""
    activation: str = "auto"
    """Of a CLIP in one file: quick_gelu or gelu, which shapes do not tell."""
    clip_tokenizer: Path | None = None
    """A folder with CLIP's tokenizer, for models that come without."""
    manage: Callable[[torch.nn.Module], MoveToDevice] = keep_device
    """Takes the loaded model; what it returns moves the model to its device before each use and
    names that device.
    """


class _ModelFiles(NamedTuple):
    """One model as its files have it."""

    name: str
    kind: str
    config: dict[str, Any]
    weights: Weights
    notes: tuple[str, ...]
    folder: Path | None
    """Where its other files lie; None for a lone file."""


def load(path: Path, options: LoadOptions | None = None) -> DualEncoder:
    """The image-text encoder in a folder or file. Raises :class:`EncoderScopeError`, never a
    traceback of shapes.
    """
    options = options or LoadOptions()
    if options.activation not in ACTIVATIONS:
        raise UnknownName("activation", options.activation, list(ACTIVATIONS))
    files = _read(path, options)
    vision, text = files.config["vision_config"], files.config["text_config"]
    tokenizer, origin = _tokenizer(path, files, options.clip_tokenizer)
    model = empty(files.kind, files.config)
    fill(model, files.kind, files.weights, files.name, options.dtype)
    scale, bias = scale_and_bias(files.weights)
    objective: Objective = "sigmoid"
    dim = vision["hidden_size"]
    if files.kind == "clip":
        objective = "softmax"
        dim = files.config["projection_dim"]
    return DualEncoder(
        title=title_of(files.kind, files.config),
        objective=objective,
        dim=int(dim),
        scale=scale,
        bias=bias,
        towers=TransformersTowers(model, options.manage(model)),
        reader=TextReader(
            tokenizer, text["max_position_embeddings"], lowercase=files.kind != "clip"
        ),
        recipe=_recipe(files),
        uncalibrated=uncalibrated(files.kind, files.weights),
        notes=(
            later(
                "From: {name}; tokenizer {origin}; runs in {precision}.",
                name=files.name,
                origin=origin,
                precision=str(model.dtype).removeprefix("torch."),
            ),
            *files.notes,
        ),
    )


def _recipe(files: _ModelFiles) -> ImageRecipe:
    vision = files.config["vision_config"]
    side, patch = vision.get("image_size", 0), vision["patch_size"]
    if files.folder:
        return recipe_of(files.folder, files.kind, side, patch)
    return usual_recipe(files.kind, side, patch)


def _read(path: Path, options: LoadOptions) -> _ModelFiles:
    checkpoint = open_checkpoint(path)
    weights = weights_of(checkpoint)
    shapes = {name: weight.shape for name, weight in weights.items()}
    if half := missing_half(shapes):
        raise _no_pair(checkpoint, half)
    refuse_packed(weights, path.name)
    if checkpoint.configs:
        return _configured(checkpoint, weights, options, kind_of(shapes))
    if path.is_dir():
        raise EncoderScopeError(
            "The folder {folder!r} has no config.json.",
            "A Hugging Face folder was expected.",
            "Put the file from the model's page there, or choose the file with the weights itself.",
            folder=path.name,
        )
    try:
        derived = derive(shapes, options.activation)
    except EncoderScopeError:
        raise
    except (KeyError, IndexError, ValueError) as error:
        reason = later("one of its weights has a shape that none can have")
        if isinstance(error, KeyError):
            reason = later("it lacks {name!r}", name=error.args[0])
        raise EncoderScopeError(
            "{name} is no whole image-text model: {reason}.",
            "Both towers with all their parts were expected.",
            "Download it again.",
            name=path.name,
            reason=reason,
        ) from error
    notes = (later("Configuration: read off the shapes of its weights."), *derived.notes)
    return _ModelFiles(
        path.name,
        derived.kind,
        config_of(derived.kind, derived.config).to_dict(),
        weights,
        notes,
        None,
    )


def _configured(
    checkpoint: Checkpoint, weights: Weights, options: LoadOptions, kind: str
) -> _ModelFiles:
    settings = checkpoint.config()
    configured = str(settings.get("model_type"))
    if configured != kind:
        raise EncoderScopeError(
            "The config.json of {name!r} is for {configured}, and the weights are for {stored}.",
            "Files of one model were expected.",
            "Download config.json from the model's own page.",
            name=checkpoint.path.name,
            configured=KINDS.get(configured, configured),
            stored=KINDS[kind],
        )
    notes: tuple[str, ...] = ()
    if options.activation != "auto":
        notes = (later("The chosen activation was not used: config.json says which."),)
    config = config_of(kind, dict(settings)).to_dict()
    folder = checkpoint.path
    if not folder.is_dir():
        folder = folder.parent
    return _ModelFiles(checkpoint.path.name, kind, config, weights, notes, folder)


def _no_pair(checkpoint: Checkpoint, half: str) -> EncoderScopeError:
    return EncoderScopeError(
        _HALVES[half],
        "Both towers of CLIP, SigLIP or SigLIP 2 were expected, in one folder or file.",
        "Download the whole model (its config.json says 'clip', 'siglip' or 'siglip2'). "
        "The two halves of one CLIP can also be connected as CLIP and CLIP_VISION.",
        name=checkpoint.path.name,
        title="" if half == "text" else describe(checkpoint).title,
    )


_HALVES = {
    "text": translatable("{name} is a vision tower without a text tower."),
    "vision": translatable("{name} is a text tower without a vision tower ({title})."),
    "both": translatable("{name} is no image-text model, but {title}."),
}


def _tokenizer(
    path: Path, files: _ModelFiles, clip_tokenizer: Path | None
) -> tuple[TextTokenizer, str]:
    folder = files.folder or path.parent
    beside: Path | None = folder
    if files.folder is None and files.kind == "clip":
        beside = None  # strangers lie beside a lone file, and CLIP's tokenizer we have
    tokenizer, origin = load_tokenizer(beside, files.kind, clip_tokenizer)
    rows = files.config["text_config"]["vocab_size"]
    if not 0.9 * rows <= tokenizer.size <= rows:
        raise EncoderScopeError(
            "The tokenizer ({origin}) has {tokens:,} tokens, and {name} knows {rows:,}.",
            "The model's own tokenizer was expected.",
            "Put its files and the model into a folder of their own below {folder!r}.",
            origin=origin,
            tokens=tokenizer.size,
            name=files.name,
            rows=rows,
            folder=folder.name,
        )
    return tokenizer, origin
