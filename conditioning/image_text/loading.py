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
from .dual_encoder import DualEncoder
from .images import recipe_of, usual_recipe
from .model import Place, TransformersTowers, config_of, empty, fill, scale_and_bias
from .shapes import ACTIVATIONS, KINDS, derive, kind_of, missing_half, title_of
from .text import TextReader, Vocabulary, load_vocabulary
from .weights import Weights, refuse_packed, weights_of


def stay(model: torch.nn.Module) -> Place:
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
    manage: Callable[[torch.nn.Module], Place] = stay
    """Takes the loaded model; what it returns moves the model to its device before each use and
    names that device.
    """


class _Model(NamedTuple):
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
    found = _read(path, options)
    vision, text = found.config["vision_config"], found.config["text_config"]
    vocabulary, origin = _vocabulary(path, found, options.clip_tokenizer)
    side, patch = vision.get("image_size", 0), vision["patch_size"]
    recipe = (
        recipe_of(found.folder, found.kind, side, patch)
        if found.folder
        else usual_recipe(found.kind, side, patch)
    )
    model = fill(
        empty(found.kind, found.config), found.kind, found.weights, found.name, options.dtype
    )
    scale, bias = scale_and_bias(found.weights)
    runs = f"runs in {str(model.dtype).removeprefix('torch.')}"
    return DualEncoder(
        title=title_of(found.kind, found.config),
        objective="softmax" if found.kind == "clip" else "sigmoid",
        dim=int(found.config["projection_dim"] if found.kind == "clip" else vision["hidden_size"]),
        scale=scale,
        bias=bias,
        towers=TransformersTowers(model, options.manage(model)),
        reader=TextReader(
            vocabulary, text["max_position_embeddings"], lowercase=found.kind != "clip"
        ),
        recipe=recipe,
        notes=(f"From: {found.name}; tokenizer {origin}; {runs}.", *found.notes),
    )


def _read(path: Path, options: LoadOptions) -> _Model:
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
            f"The folder {path.name!r} has no config.json.",
            "A Hugging Face folder was expected.",
            "Put the file from the model's page there, or choose the file with the weights itself.",
        )
    try:
        derived = derive(shapes, options.activation)
    except (KeyError, IndexError, ValueError) as error:
        raise EncoderScopeError(
            f"{path.name} is no whole image-text model (it lacks {error}).",
            "Both towers with all their parts were expected.",
            "Download it again.",
        ) from error
    notes = ("Configuration: read off the shapes of its weights.", *derived.notes)
    return _Model(
        path.name,
        derived.kind,
        config_of(derived.kind, derived.config).to_dict(),
        weights,
        notes,
        None,
    )


def _configured(
    checkpoint: Checkpoint, weights: Weights, options: LoadOptions, kind: str
) -> _Model:
    said = checkpoint.config()
    told = str(said.get("model_type"))
    if told != kind:
        raise EncoderScopeError(
            (
                f"The config.json beside {checkpoint.path.name!r} is of "
                f"{KINDS.get(told, told)}, and its weights are {KINDS[kind]}'s."
            ),
            "Files of one model were expected.",
            "Download config.json from the model's own page.",
        )
    notes = (
        ("The chosen activation was not used: config.json says which.",)
        if options.activation != "auto"
        else ()
    )
    config = config_of(kind, dict(said)).to_dict()
    folder = checkpoint.path if checkpoint.path.is_dir() else checkpoint.path.parent
    return _Model(checkpoint.path.name, kind, config, weights, notes, folder)


def _no_pair(checkpoint: Checkpoint, half: str) -> EncoderScopeError:
    name = checkpoint.path.name
    what = {
        "text": f"{name} is a vision tower without a text tower.",
        "vision": f"{name} is a text tower without a vision tower ({describe(checkpoint).title}).",
        "both": f"{name} is no image-text model, but {describe(checkpoint).title}.",
    }
    return EncoderScopeError(
        what[half],
        "Both towers of CLIP, SigLIP or SigLIP 2 were expected, in one folder or file.",
        "Download the whole model (its config.json says 'clip', 'siglip' or 'siglip2'). "
        "The two halves of one CLIP "
        "can also be connected as CLIP and CLIP_VISION.",
    )


def _vocabulary(path: Path, found: _Model, clip_tokenizer: Path | None) -> tuple[Vocabulary, str]:
    folder = found.folder or path.parent
    known = found.config["text_config"]["vocab_size"]
    own = (
        found.folder is not None or found.kind != "clip"
    )  # strangers lie beside a lone file, and CLIP's we have
    vocabulary, origin = load_vocabulary(folder if own else None, found.kind, clip_tokenizer)
    if not 0.9 * known <= vocabulary.size <= known:
        raise EncoderScopeError(
            (
                f"The tokenizer ({origin}) has {vocabulary.size:,} tokens, and {found.name} "
                f"knows {known:,}."
            ),
            "The model's own tokenizer was expected.",
            f"Put its files and the model into a folder of their own below {folder.name!r}.",
        )
    return vocabulary, origin
