"""Measures what blind encoders score for every miniature, in every layout of tokens in which it can
be loaded, and writes ``assets/nulls/miniatures.json``: a first verdict on them measures nothing.

    .venv/bin/python -m encoderscope.tools.miniatures.ship_nulls      # a quarter of an hour
    .venv/bin/python -m encoderscope.tools.miniatures.ship_nulls --missing

``--missing`` measures only what the file lacks. Needs the host: layouts are the host's own.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

KINDS = ("binding", "relation", "count", "number", "negation", "role")


def layouts() -> Iterator[tuple[str, Any]]:
    """Each layout once, the unpadded ones first: what it is, and the encoder."""
    from ...conditioning import miniature
    from ...host import miniatures, probe_encoder

    keys: set[tuple[str, Any]] = set()
    clips = [clip for name in miniature.WITH_NULLS for clip in _clips(name, miniatures.CHOICES)]
    for padded in (False, True):
        for clip in clips:
            for encoder in probe_encoder.take_apart(clip, padded).encoders:
                player = encoder.title.split(" as ")[0]
                [tokens] = encoder.tokenize(["a red car"])
                if (player, tokens) not in keys:
                    keys.add((player, tokens))
                    yield f"{player}, {len(tokens)} tokens ({encoder.name})", encoder


def _clips(name: str, families: Sequence[str]) -> Iterator[Any]:
    """A miniature as the CLIP of every family that it can be loaded for."""
    from ...conditioning.errors import EncoderScopeError
    from ...host import miniatures

    for family in families:
        try:
            yield miniatures.clip(name, family)
        except EncoderScopeError:
            continue


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missing", action="store_true")
    arguments = parser.parse_args()
    from ...conditioning.binding import null_distribution

    shipped: dict[str, Any] = {}
    if arguments.missing and null_distribution.SHIPPED.exists():
        shipped = json.loads(null_distribution.SHIPPED.read_text(encoding="utf-8"))
    for what, encoder in layouts():
        for kind in KINDS:
            if null_distribution.portable_key(encoder, kind) in shipped:
                continue
            key, measured = null_distribution.measure_for_shipping(encoder, kind)
            shipped[key] = {"what": what, **measured}
            _write(null_distribution.SHIPPED, shipped)
            print(what, kind, measured["level"], flush=True)
    return 0


def _write(path: Path, shipped: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f'"{key}": {json.dumps(shipped[key])}' for key in shipped)
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    hostkit = importlib.import_module("encoderscope.tests.hostkit")
    hostkit.import_host(Path(tempfile.mkdtemp()))
    sys.exit(main())
