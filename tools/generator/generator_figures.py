"""What the trained generators draw: held-out prompts, drawn by the host's own sampler, read by the
exact reader of drawn scenes.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...conditioning import miniature_generator
from ...conditioning.benchmark.statistics import wilson
from ...conditioning.scenes.captions import KINDS, caption, kinds
from ...conditioning.scenes.judge import asked, judge
from ...conditioning.scenes.read_scene import read
from ...conditioning.scenes.scene import Scene, scenes
from . import host_parts
from .files import CONTEXT, POOLED
from .variant_encoders import ROWS, Conditioning, encoder

PROMPTS = 100
"""Of each kind."""
_SEED, _BATCH = 41, 50


class DrawnFigures(NamedTuple):
    """What the pictures of one variant show, by the kind of prompt."""

    variant: str
    outcomes: dict[str, Counter[str]]
    """Kind -> right, swapped, other, missing or unread -> pictures."""
    complete: dict[str, int]
    """Kind -> pictures with both things, and both colours if they were asked for."""


def drawn(variant: str, folder: Path) -> DrawnFigures:
    """Draw and read all prompts, or take what was read of the same file before. ``folder``: where
    that is kept.
    """
    path = folder / f"{variant}.figures.json"
    digest = sha256(miniature_generator.file(variant).read_bytes()).hexdigest()
    if path.exists():
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored.pop("file") == digest:
            outcomes = {kind: Counter(counts) for kind, counts in stored["outcomes"].items()}
            return DrawnFigures(variant, outcomes, stored["complete"])
    measured = _drawn(variant)
    content = {"file": digest, "outcomes": measured.outcomes, "complete": measured.complete}
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return measured


def _drawn(variant: str) -> DrawnFigures:
    outcomes, complete = {}, {}
    for kind in KINDS:
        listed = [scene for scene in scenes(2 * PROMPTS, "test", _SEED) if kind in kinds(scene)]
        listed = listed[:PROMPTS]
        readings = read(pictures(variant, listed, kind))
        judged = [
            judge(reading, asked(scene, kind))
            for reading, scene in zip(readings, listed, strict=True)
        ]
        outcomes[kind] = Counter(each.outcomes[kind] for each in judged)
        complete[kind] = sum(each.complete for each in judged)
    return DrawnFigures(variant, outcomes, complete)


def prompts(listed: Sequence[Scene], kind: str) -> list[str]:
    """One true caption of each scene."""
    dice = random.Random(_SEED)
    return [caption(scene, dice, kind).text for scene in listed]


@torch.no_grad()
def pictures(variant: str, listed: Sequence[Scene], kind: str) -> torch.Tensor:
    """(scene, 64, 64, 3), 0 to 1: drawn by the host's sampler from a caption of each scene."""
    host_parts.reach_host()
    import comfy.sample
    import comfy.sd

    model = comfy.sd.load_diffusion_model(str(miniature_generator.file(variant)))
    vae = comfy.sd.VAE(sd=host_parts.vae_weights())
    encode = encoder(variant)
    texts, decoded = prompts(listed, kind), []
    for first in range(0, len(texts), _BATCH):
        batch = texts[first : first + _BATCH]
        size = (len(batch), 16, 8, 8)
        noise = torch.randn(size, generator=torch.Generator().manual_seed(_SEED + first))
        latent = comfy.sample.sample(
            model,
            noise,
            miniature_generator.STEPS,
            miniature_generator.GUIDANCE,
            "euler",
            "simple",
            conditioning(encode(batch, listed[first : first + _BATCH], ROWS)),
            conditioning(encode([""], [None], ROWS)),
            torch.zeros(size),
            disable_pbar=True,
            seed=_SEED,
        )
        decoded.append(vae.decode(latent))
    return torch.cat(decoded)


def conditioning(read_rows: Conditioning) -> list[Any]:
    """The host's CONDITIONING, filled up with zeros to the widths of SD3."""

    def widened(vectors: torch.Tensor, width: int) -> torch.Tensor:
        return torch.nn.functional.pad(vectors.float(), (0, width - vectors.shape[-1]))

    pooled = widened(read_rows.pooled, POOLED)
    return [[widened(read_rows.rows, CONTEXT), {"pooled_output": pooled}]]


def table(measured: Sequence[DrawnFigures]) -> list[str]:
    """Lines of a Markdown table, a column for each variant."""
    lines = ["| | " + " | ".join(each.variant for each in measured) + " |"]
    lines.append("|---|" + "---|" * len(measured))
    for kind in KINDS:
        cells = [_share(each.outcomes[kind]["right"], PROMPTS) for each in measured]
        lines.append(f"| {kind}: as the prompt says | " + " | ".join(cells) + " |")
        cells = [_counted(each.outcomes[kind]) for each in measured]
        lines.append(f"| {kind}: all {PROMPTS} pictures | " + " | ".join(cells) + " |")
    return lines


def _share(count: int, of: int) -> str:
    low, high = wilson(count, of)
    return f"{100 * count / of:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def _counted(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in outcomes.most_common())
