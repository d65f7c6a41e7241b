"""The encoder report (``docs/report-encoder.md``): what a model file is, as plain data
and as text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
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
from ..wording import visible

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.encoder", 1
_SIZES = (
    "width",
    "layers",
    "heads",
    "head_width",
    "feed_forward",
    "vocabulary",
    "positions",
    "projection",
    "gated",
    "activation",
    "causal",
    "buckets",
    "bias_in_every_layer",
)
_LABELS = {
    "feed_forward": "feed-forward",
    "head_width": "head width",
    "bias_in_every_layer": "bias in every layer",
}
_HOST_TOKENIZERS = (
    "clip",
    "t5",
    "pile_t5",
    "byt5",
)  # folders of the host's comfy/text_encoders and sd1_tokenizer
_LISTED, _SHOWN = 20, 3  # keys of one reason: in the report, in a line of text


def inspect(
    path: str | Path, *, hash_files: bool = False, progress: Progress = no_progress, name: str = ""
) -> Report:
    """The report of a file or folder. Only headers are read, unless ``hash_files`` asks for the
    SHA-256 of every file.
    """
    checkpoint = open_checkpoint(Path(path))
    hashes = sha256_by_name(checkpoint.files, progress) if hash_files else {}
    return encoder_report(checkpoint, hashes, name)


def encoder_report(
    checkpoint: Checkpoint, hashes: Mapping[str, str] | None = None, name: str = ""
) -> Report:
    """``name``: what the artist chose, shown instead of the last part of the path."""
    said = describe(checkpoint)
    encoders = (
        said.inside if said.kind == "checkpoint" else (said,) if said.kind == "encoder" else ()
    )
    parts = [_encoder(checkpoint, one) for one in encoders]
    broken = [group for part in parts for group in part["keys"]["serious"]]
    return {
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
        "kind": said.kind,
        "architecture": said.architecture,
        "title": said.title,
        "verdict": sentences.verdict(said)
        + (f" It is damaged or incomplete: {_tell(broken)}." if broken else ""),
        "usable": bool(parts) and not broken,
        "notes": sentences.notes(said),
        "encoders": parts,
    }


def _tell(broken: list[Report]) -> str:
    more = sum(group["count"] for group in broken) - 1
    return f"{broken[0]['keys'][0]} ({broken[0]['why']})" + (f" and {more} more" if more else "")


def _encoder(checkpoint: Checkpoint, said: Description) -> Report:
    expected = expected_keys(said)
    return {
        "name": said.name,
        "title": said.title,
        "architecture": said.architecture,
        "variant": said.variant,
        "size": said.size,
        "objective": said.objective,
        "verdict": sentences.verdict(said),
        "prefix": said.prefix,
        "layout": said.key_style,
        **{key: getattr(said, key) for key in _SIZES},
        "parameters": sum(math.prod(shape) for shape in expected.values()) or None,
        "tokenizer": {"kind": said.tokenizer, "where": _tokenizer_is(checkpoint, said)},
        "dtypes": [asdict(size) for size in said.dtypes],
        "quantisation": {**asdict(said.quantisation), "types": list(said.quantisation.types)},
        "also": list(said.also),
        "vision_patch": said.vision_patch,
        "assumed": list(said.assumed),
        "notes": sentences.notes(said),
        "host_takes_it_for": fits.host_takes_it_for(said),
        "fits": [asdict(fit) for fit in fits.fits(said)],
        "keys": _keys(checkpoint, said),
    }


def _tokenizer_is(checkpoint: Checkpoint, said: Description) -> str:
    if said.tokenizer_in_file:
        return "file"
    if checkpoint.tokenizer(said.prefix):
        return "folder"
    if said.tokenizer in _HOST_TOKENIZERS or said.name == "bert_hydit":
        return "host"
    return "missing" if said.tokenizer else "unknown"


def _keys(checkpoint: Checkpoint, said: Description) -> dict[str, Any]:
    """Keys that an encoder lacks or has too many; nothing is claimed about architectures that
    EncoderScope does not build.
    """
    if not expected_keys(said):
        return {"checked": False, "harmless": [], "serious": []}
    part = tensors_below(checkpoint, said.prefix)
    found = find_sources(said, part.tensors)
    sorted_ = sort_keys(found.missing, found.unexpected)
    serious = {**sorted_.serious, **wrong_shapes(said, part, found.sources)}
    return {"checked": True, "harmless": _groups(sorted_.harmless), "serious": _groups(serious)}


def _groups(keys: Mapping[str, str]) -> list[Report]:
    """Keys by reason: a vision tower is one line, not four hundred."""
    reasons: dict[str, list[str]] = {}
    for key, why in keys.items():
        reasons.setdefault(why, []).append(key)
    return [
        {"why": why, "count": len(each), "keys": each[:_LISTED]} for why, each in reasons.items()
    ]


def plain(report: Mapping[str, Any]) -> str:
    """The report in lines of text; nothing that a file's keys or name hold can move a terminal's
    cursor.
    """
    lines = [report["name"], report["verdict"], ""]
    files = f"{len(report['files'])} file{'' if len(report['files']) == 1 else 's'}"
    lines.append(
        f"file: {report['container']}, {size(report['bytes'])}, {report['tensors']} "
        f"tensors in {files}"
    )
    lines += [
        f"sha256 of {file['name']}: {file['sha256']}" for file in report["files"] if file["sha256"]
    ]
    if report["kind"] != "encoder":
        lines += [f"- {note}" for note in report["notes"]]
    for encoder in report["encoders"]:
        lines += ["", *_plain_encoder(encoder)]
    return "\n".join(visible(line) for line in lines)


def _plain_encoder(encoder: Mapping[str, Any]) -> list[str]:
    told = [(key, encoder[key]) for key in _SIZES if encoder[key] not in (None, "")]
    lines = [encoder["title"] + (f" (below {encoder['prefix']!r})" if encoder["prefix"] else "")]
    lines += [
        (
            f"  {_LABELS.get(key, key)}: "
            f"{_word(value)}{' (assumed)' if key in encoder['assumed'] else ''}"
        )
        for key, value in told
    ]
    if encoder["parameters"]:
        lines.append(f"  parameters: {encoder['parameters'] / 1e6:,.1f} million")
    stored = [
        f"{one['dtype']} ({one['tensors']} tensors, {size(one['bytes'])})"
        for one in encoder["dtypes"]
    ]
    lines.append(f"  stored as: {', '.join(stored)}")
    if encoder["quantisation"]["format"] != "none":
        lines.append(f"  quantisation: {encoder['quantisation']['title']}")
    tokenizer = encoder["tokenizer"]
    where = _WHERE[tokenizer["where"]]
    lines.append(
        f"  tokenizer: {tokenizer['kind']} ({where})"
        if tokenizer["kind"]
        else f"  tokenizer: {where}"
    )
    lines += [f"  - {note}" for note in encoder["notes"]]
    lines += _plain_fits(encoder["fits"])
    for kind in ("serious", "harmless"):
        for group in encoder["keys"][kind]:
            more = f" and {group['count'] - _SHOWN} more" if group["count"] > _SHOWN else ""
            lines.append(f"  {kind}: {', '.join(group['keys'][:_SHOWN])}{more} ({group['why']})")
    return lines


_WHERE = {
    "file": "stored beside the weights",
    "folder": "in the model's folder",
    "host": "ComfyUI has it",
    "missing": "not here",
    "unknown": "of a kind that EncoderScope does not know",
}


def _plain_fits(answers: list[Mapping[str, Any]]) -> list[str]:
    roles: dict[str, list[str]] = {}
    reasons: dict[str, list[str]] = {}
    for one in answers:
        if one["fits"]:
            roles.setdefault(one["wants"], []).append(one["title"])
        elif one["stream"]:
            reasons.setdefault(one["why"], []).append(one["title"])
    fitting = [f"  fits {', '.join(titles)} as {role}" for role, titles in roles.items()]
    return fitting + [
        f"  does not fit {', '.join(titles)}: {why}" for why, titles in reasons.items()
    ]


def _word(value: Any) -> str:
    return (
        {True: "yes", False: "no"}[value]
        if isinstance(value, bool)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )


def size(count: int) -> str:
    """1,234,567 bytes as `1.2 MB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"
