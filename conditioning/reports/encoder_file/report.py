"""The encoder report (``docs/report-encoder.md``): what a model file is, as plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...encoder_files import fits, host_loader, sentences
from ...encoder_files.checkpoint import Checkpoint, open_checkpoint
from ...encoder_files.description import Description, Quantisation
from ...encoder_files.expected_keys import PROJECTION, expected_keys
from ...encoder_files.other_files import GGUF
from ...encoder_files.signatures import describe, tensors_below
from ...encoder_files.soundness import BUILT, BadKeys, Soundness, examine
from ...encoder_files.vocabularies import place, stored
from ...progress import Progress, no_progress
from ...storage import sha256_by_name
from ...translation import and_more, current_language, later, localized, translatable, translate
from .display import with_display
from .text import SIZES
from .text import plain as plain
from .text import size as size

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.encoder", 1
_NAMED_OTHERWISE = translatable(
    "This is a GGUF file, whatever its name says: rename it to end in .gguf for other loaders."
)
_ALONE_ONLY = translatable(
    "Its vocabulary is a tokenizer.json: Load Text Encoders reads {encoder} with it as an encoder "
    "alone. Its image models need spiece.model, which is all that ComfyUI's tokenizer reads."
)
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
    in_own_file = description.kind == "encoder" and checkpoint.kind != "gguf"
    encoders = [_encoder(checkpoint, each, in_own_file) for each in _encoders_of(description)]
    if description.kind == "encoder":
        encoders[0]["notes"][:0] = map(localized, checkpoint.notes)
    sound = not any(encoder["fault"] for encoder in encoders)
    report = {
        "format": FORMAT,
        "version": VERSION,
        "language": current_language(),
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
        "title": localized(description.title),
        "verdict": " ".join([sentences.verdict(description, sound), *_faults(encoders)]),
        "usable": sound and any(encoder["usable"] for encoder in encoders),
        "loads": _is_a_set(checkpoint, description) and all(each["loads"] for each in encoders),
        "notes": [*map(localized, checkpoint.notes), *sentences.notes(description)],
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


def _is_a_set(checkpoint: Checkpoint, description: Description) -> bool:
    """An encoder, or several and nothing else: what `Load Text Encoders` opens."""
    if description.kind == "checkpoint":
        return checkpoint.kind == "pipeline" or not description.architecture
    return description.kind == "encoder"


def _faults(encoders: Sequence[Report]) -> Iterator[str]:
    """Why the file is of no use, in two sentences: the first fault of its first broken encoder."""
    yield from [encoder["fault"] for encoder in encoders if encoder["fault"]][:1]


def _fault(soundness: Soundness) -> str:
    """What keeps an encoder from being built; '' for a sound one."""
    error = soundness.fault
    if error is None:
        return ""
    if isinstance(error, BadKeys):
        (key, reason), *more = soundness.serious.items()
        tensors = translate("{key} ({why})", key=key, why=localized(reason))
        if more:
            tensors = and_more(tensors, len(more))
        return translate("It is damaged or incomplete: {tensors}.", tensors=tensors)
    return f"{translate('Load Text Encoders refuses it.')} {error.problem} {error.remedy}"


def _encoder(checkpoint: Checkpoint, description: Description, in_own_file: bool) -> Report:
    expected = expected_keys(description)
    soundness = examine(description, tensors_below(checkpoint, description.prefix))
    fault = _fault(soundness)
    families = fits.fits(description)
    built = description.architecture in BUILT
    notes = _notes(checkpoint, description, in_own_file)
    loads = built and not fault
    if loads:
        loads, vocabulary_notes = _vocabulary(checkpoint, description)
        notes += vocabulary_notes
    return {
        "name": description.name,
        "title": localized(description.title),
        "architecture": description.architecture,
        "variant": description.variant,
        "size": description.size,
        "objective": description.objective,
        "verdict": sentences.verdict(description, not fault),
        "prefix": description.prefix,
        "layout": description.key_style,
        **{key: getattr(description, key) for key in SIZES},
        "parameters": sum(math.prod(shape) for shape in expected.values()) or None,
        "tokenizer": {
            "kind": description.tokenizer,
            "where": _tokenizer_place(checkpoint, description),
        },
        "dtypes": [asdict(size) for size in description.dtypes],
        "quantisation": _quantisation(description.quantisation),
        "also": list(description.also),
        "vision_patch": description.vision_patch,
        "assumed": list(description.assumed),
        "notes": notes,
        "fault": fault,
        "usable": not fault and (built or any(fit.fits for fit in families)),
        "loads": loads,
        "host_takes_it_for": _mistaken(checkpoint, description),
        "fits": [asdict(fit) for fit in families],
        "keys": _keys(soundness, fits.needs_projection(description)),
    }


def _vocabulary(checkpoint: Checkpoint, description: Description) -> tuple[bool, list[str]]:
    """Whether an encoder's vocabulary is read, as far as the libraries for it are there; and what
    there is to say of it.
    """
    fault = stored.fault(description, checkpoint)
    if fault:
        is_unchecked = isinstance(fault, stored.UncheckedVocabulary)
        return is_unchecked, [f"{fault.problem} {fault.remedy}"]
    if description.variant == "umt5" and place.is_json_alone(description, checkpoint):
        return True, [translate(_ALONE_ONLY, encoder=localized(description.title))]
    return True, []


def _mistaken(checkpoint: Checkpoint, description: Description) -> str:
    if checkpoint.kind == "gguf":  # the host reads none
        return ""
    return host_loader.host_takes_it_for(description)


def _quantisation(packed: Quantisation) -> Report:
    return {**asdict(packed), "title": localized(packed.title), "types": list(packed.types)}


def _notes(checkpoint: Checkpoint, description: Description, in_own_file: bool) -> list[str]:
    notes = sentences.notes(description, in_own_file)
    if checkpoint.kind == "gguf":
        notes.append(translate(GGUF))
    if checkpoint.kind == "gguf" and checkpoint.path.suffix.lower() != ".gguf":
        notes.append(translate(_NAMED_OTHERWISE))
    return notes


def _tokenizer_place(checkpoint: Checkpoint, description: Description) -> str:
    if description.tokenizer_in_file or place.stored_key(description, checkpoint):
        return "file"
    if place.needs_own(description) and place.is_in_gguf(description, checkpoint):
        return "file"
    if description.architecture in BUILT and place.needs_own(description):
        lies_beside = place.beside(description, checkpoint) is not None
    else:
        lies_beside = checkpoint.tokenizer(description.prefix) is not None
    if lies_beside:
        return "folder"
    if description.tokenizer in place.HOST_TOKENIZERS or description.name == "bert_hydit":
        return "host"
    return "missing" if description.tokenizer else "unknown"


def _keys(soundness: Soundness, needs_projection: bool) -> dict[str, Any]:
    """Keys that an encoder lacks or has too many; nothing is claimed about architectures that
    EncoderScope does not build. ``needs_projection``: no image model takes it without one.
    """
    keys = soundness.keys
    if not (keys.sources or keys.missing):
        return {"checked": False, "harmless": [], "serious": []}
    harmless, serious = dict(soundness.harmless), dict(soundness.serious)
    if needs_projection and harmless.pop(PROJECTION, ""):
        serious[PROJECTION] = later(
            "missing, and every image model that takes this encoder needs it"
        )
    return {"checked": True, "harmless": _groups(harmless), "serious": _groups(serious)}


def _groups(keys: Mapping[str, str]) -> list[Report]:
    """Keys by reason: a vision tower is one line, not four hundred."""
    reasons: dict[str, list[str]] = {}
    for key, reason in keys.items():
        reasons.setdefault(reason, []).append(key)
    return [
        {"why": localized(reason), "count": len(each), "keys": each[:_LISTED]}
        for reason, each in reasons.items()
    ]
