"""The encoder report (``docs/report-encoder.md``): what a model file is, as plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...encoder_files import fits, sentences
from ...encoder_files.checkpoint import Checkpoint, open_checkpoint
from ...encoder_files.description import Description
from ...encoder_files.expected_keys import expected_keys, find_sources, sort_keys, wrong_shapes
from ...encoder_files.signatures import describe, tensors_below
from ...progress import Progress, no_progress
from ...storage import sha256_by_name
from .display import with_display
from .text import SIZES
from .text import plain as plain
from .text import size as size

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.encoder", 1
_HOST_TOKENIZERS = ("clip", "t5", "pile_t5", "byt5")
"""Folders of the host's comfy/text_encoders and sd1_tokenizer."""
_LISTED = 20  # keys of one reason


def inspect(
    path: str | Path, *, hash_files: bool = False, progress: Progress = no_progress, name: str = ""
) -> Report:
    """The report of a file or folder. Only headers are read, unless ``hash_files`` asks for the
    SHA-256 of every file.
    """
    checkpoint = open_checkpoint(Path(path))
    hashes: Mapping[str, str] = {}
    if hash_files:
        hashes = sha256_by_name(checkpoint.files, progress)
    return encoder_report(checkpoint, hashes, name)


def encoder_report(
    checkpoint: Checkpoint, hashes: Mapping[str, str] | None = None, name: str = ""
) -> Report:
    """``name``: what the artist chose, shown instead of the last part of the path."""
    description = describe(checkpoint)
    encoders = [_encoder(checkpoint, each) for each in _encoders_of(description)]
    broken = [group for encoder in encoders for group in encoder["keys"]["serious"]]
    report = {
        "format": FORMAT,
        "version": VERSION,
        "name": name or checkpoint.path.name,
        "container": checkpoint.kind,
        "bytes": checkpoint.bytes,
        "tensors": len(checkpoint.tensors),
        "files": [
            {
                "name": file.name,
                "bytes": file.stat().st_size,
                "sha256": (hashes or {}).get(file.name),
            }
            for file in checkpoint.files
        ],
        "kind": description.kind,
        "architecture": description.architecture,
        "title": description.title,
        "verdict": " ".join([sentences.verdict(description), *_damage(broken)]),
        "usable": bool(encoders) and not broken,
        "notes": sentences.notes(description),
        "encoders": encoders,
    }
    return with_display(report)


def _encoders_of(description: Description) -> Sequence[Description]:
    """The encoders of a file: itself, or those of a checkpoint."""
    if description.kind == "checkpoint":
        return description.inside
    if description.kind == "encoder":
        return (description,)
    return ()


def _damage(broken: Sequence[Report]) -> Iterator[str]:
    """What makes the file unusable, in a sentence."""
    if broken:
        text = f"{broken[0]['keys'][0]} ({broken[0]['why']})"
        more = sum(group["count"] for group in broken) - 1
        if more:
            text += f" and {more} more"
        yield f"It is damaged or incomplete: {text}."


def _encoder(checkpoint: Checkpoint, description: Description) -> Report:
    expected = expected_keys(description)
    quantisation = description.quantisation
    return {
        "name": description.name,
        "title": description.title,
        "architecture": description.architecture,
        "variant": description.variant,
        "size": description.size,
        "objective": description.objective,
        "verdict": sentences.verdict(description),
        "prefix": description.prefix,
        "layout": description.key_style,
        **{key: getattr(description, key) for key in SIZES},
        "parameters": sum(math.prod(shape) for shape in expected.values()) or None,
        "tokenizer": {
            "kind": description.tokenizer,
            "where": _tokenizer_place(checkpoint, description),
        },
        "dtypes": [asdict(size) for size in description.dtypes],
        "quantisation": {**asdict(quantisation), "types": list(quantisation.types)},
        "also": list(description.also),
        "vision_patch": description.vision_patch,
        "assumed": list(description.assumed),
        "notes": sentences.notes(description),
        "host_takes_it_for": fits.host_takes_it_for(description),
        "fits": [asdict(fit) for fit in fits.fits(description)],
        "keys": _keys(checkpoint, description),
    }


def _tokenizer_place(checkpoint: Checkpoint, description: Description) -> str:
    if description.tokenizer_in_file:
        return "file"
    if checkpoint.tokenizer(description.prefix):
        return "folder"
    if description.tokenizer in _HOST_TOKENIZERS or description.name == "bert_hydit":
        return "host"
    if description.tokenizer:
        return "missing"
    return "unknown"


def _keys(checkpoint: Checkpoint, description: Description) -> dict[str, Any]:
    """Keys that an encoder lacks or has too many; nothing is claimed about architectures that
    EncoderScope does not build.
    """
    if not expected_keys(description):
        return {"checked": False, "harmless": [], "serious": []}
    part = tensors_below(checkpoint, description.prefix)
    matched = find_sources(description, part.tensors)
    sorted_ = sort_keys(matched.missing, matched.unexpected)
    serious = {**sorted_.serious, **wrong_shapes(description, part, matched.sources)}
    return {"checked": True, "harmless": _groups(sorted_.harmless), "serious": _groups(serious)}


def _groups(keys: Mapping[str, str]) -> list[Report]:
    """Keys by reason: a vision tower is one line, not four hundred."""
    reasons: dict[str, list[str]] = {}
    for key, why in keys.items():
        reasons.setdefault(why, []).append(key)
    return [
        {"why": why, "count": len(each), "keys": each[:_LISTED]} for why, each in reasons.items()
    ]
