"""Conditionings of known content, and their report as it leaves the node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import torch
from encoderscope.conditioning.reports.conditioning import report as conditioning_report

DOCS = Path(__file__).parents[2] / "docs"
SCHEMAS = {
    name: json.loads((DOCS / f"report-{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("conditioning", "states")
}


def entry(tokens: int, width: int, pooled: int | None, seed: int = 0, **more: Any) -> list[Any]:
    noise = torch.Generator().manual_seed(seed)
    vector = torch.randn(1, pooled, generator=noise) if pooled else None
    return [torch.randn(1, tokens, width, generator=noise), {"pooled_output": vector, **more}]


def sd3(clip: int = 77, t5: int = 30, seed: int = 0, **more: Any) -> list[Any]:
    result = entry(clip + t5, 4096, 2048, seed, **more)
    result[0][:, :clip, 2048:] = 0
    return result


def report(*arguments: Any, **options: Any) -> dict[str, Any]:
    """As it leaves the node: through strict JSON, checked against the schema."""
    document = conditioning_report.conditioning_report(*arguments, **options)
    document = json.loads(json.dumps(document, allow_nan=False))
    jsonschema.validate(document, SCHEMAS["conditioning"], cls=jsonschema.Draft202012Validator)
    assert document["sentence"] in conditioning_report.plain(document)
    return document
