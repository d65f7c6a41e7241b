"""What the image probe found, made by hand: readers and margins as a test wants them, put together
as the probe does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from encoderscope.conditioning.binding.designs import plan
from encoderscope.conditioning.binding.verdicts import Verdict
from encoderscope.conditioning.english.reading import read
from encoderscope.conditioning.image_probe import probe_images as image_probe_probe
from encoderscope.conditioning.image_probe.calibration import Calibration
from encoderscope.conditioning.image_probe.margins import Margin
from encoderscope.conditioning.image_probe.probe_images import (
    ImageProbeResult,
    PictureResult,
    ScorerReliability,
)
from encoderscope.conditioning.image_text.dual_encoder import DualEncoder
from encoderscope.conditioning.reports.image.report import image_report

Report = dict[str, Any]
TEXT = "a red car next to a blue house"
TWO = "a red car to the left of a blue house"
SAMPLES = Path(__file__).parents[1] / "samples"
NOISE = 0.005


def scorer(objective: str = "softmax", title: str = "CLIP ViT-B/32", **more: Any) -> DualEncoder:
    """Of which only the report is asked: it has no towers."""
    numbers = (
        {"scale": 100.0, "bias": 0.0} if objective == "softmax" else {"scale": 112.7, "bias": -16.5}
    )
    result: Any = {"dim": 512, "towers": None, "reader": None, "recipe": None, **numbers, **more}
    return DualEncoder(title=title, objective=objective, **result)


def reader(
    verdict: str = "BOUND", threshold: float | None = 1.4, drawn: bool = True, right: int = 148
) -> ScorerReliability:
    output = Verdict(
        0,
        "text",
        "pooled",
        verdict,
        0.081,
        (0.052, 0.12),
        0.3,
        0.008,
        (0.02, 0.03),
        (0.5, 0.4, 0.1),
    )
    claimed = (0, 0) if threshold is None else (131, 128)
    return ScorerReliability(
        output, Calibration("colour" if drawn else "", right, 160, threshold, *claimed, present=0.0)
    )


def looked(
    clears: Sequence[Sequence[float]],
    text: str = TEXT,
    readers: Sequence[ScorerReliability] | None = None,
    logits: Any = None,
) -> ImageProbeResult:
    """``clears``: (picture, contrast), margins per noise."""
    plans = plan(read(text), image_probe_probe.LIMIT)
    captions = image_probe_probe._captions(text, plans)
    known = tuple(readers if readers is not None else [reader()] * len(plans.designs))
    pictures = []
    for k, row in enumerate(clears):
        seen = [
            image_probe_probe._verdict(Margin(NOISE * item, NOISE), owner)
            for item, owner in zip(row, known, strict=True)
        ]
        scores = torch.tensor(
            logits[k] if logits else _logits(captions, sum(row)), dtype=torch.float64
        )
        pictures.append(
            PictureResult(
                image_probe_probe.overall([item.shows for item in seen]), tuple(seen), scores
            )
        )
    return ImageProbeResult(read(text), plans, captions, known, tuple(pictures))


def _logits(captions: Sequence[tuple[str, str]], clear: float) -> list[float]:
    """What a CLIP might score: near each other, whatever is meant by it, and the unrelated one far
    below.
    """
    meant = {"swap": -0.25, "unrelated": 0.0}
    signs = [meant.get(role.split()[0], 0.25) for role, _ in captions]
    return [
        13.1 if not sign else 27.4 + sign * clear + 0.31 * (k % 3) for k, sign in enumerate(signs)
    ]


def report(
    clears: Sequence[Sequence[float]], encoder: DualEncoder | None = None, **more: Any
) -> Report:
    notes = more.pop("notes", ())
    return image_report(
        looked(clears, **more), encoder or scorer(), host="ComfyUI 0.3.75", notes=notes
    )


def sample(name: str) -> Report:
    return dict(json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8")))
