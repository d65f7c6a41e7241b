"""The 2 x 2 design of station 2 on the image model: the four sentences of each contrast, and the
same four encoded as by what binds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ...conditioning.binding.designs import plan
from ...conditioning.binding.probe_prompt import ProbeOptions, ProbeResult, probe
from ...conditioning.binding.verdicts import BOUND
from ...conditioning.english.contrasts import Contrast
from ...conditioning.english.reading import read
from ...conditioning.generator import budget, conditionings
from ...conditioning.generator.influence import BindingShare
from ...conditioning.generator.measurement import ContrastShares
from ...conditioning.mixing.text_states import Conditioning
from ...conditioning.translation import later
from .. import probe_encoder
from .. import progress_bar as host_progress
from .encodings import PromptEncoder

MOST = 2
"""Contrasts of a prompt that are asked of the image model."""


@dataclass
class AskedContrasts:
    """Contrasts of a prompt whose sentences can be written into it, word for word."""

    contrasts: list[Contrast] = field(default_factory=list)
    conds: dict[str, Conditioning] = field(default_factory=dict)
    """By the names of ``conditioning/generator/budget.py``, the prompt itself left out."""
    skipped: list[str] = field(default_factory=list)


def encode(encoder: PromptEncoder, own: Conditioning) -> AskedContrasts:
    """The sentences of the first contrasts of a prompt. ``own``: the prompt's conditioning."""
    asked_contrasts = AskedContrasts()
    for design in plan(read(encoder.text)).designs:
        label = design.contrast.label()
        if design.in_prompt is None:
            asked_contrasts.skipped.append(
                later("{label}: its rival cannot be written into this prompt.", label=label)
            )
            continue
        if len(asked_contrasts.contrasts) == MOST:
            asked_contrasts.skipped.append(
                later(
                    "{label}: left out, {most} contrasts are measured at once.",
                    label=label,
                    most=MOST,
                )
            )
            continue
        _, *others = design.in_prompt.four
        cells = [own, *(encoder.plain(cell.text) for cell in others)]
        if not conditionings.same_build(cells):
            asked_contrasts.skipped.append(
                later(
                    "{label}: its four sentences have not the same number of tokens in this CLIP.",
                    label=label,
                )
            )
            continue
        _add(asked_contrasts, design.contrast, cells)
    return asked_contrasts


def _add(asked_contrasts: AskedContrasts, contrast: Contrast, cells: list[Conditioning]) -> None:
    number = len(asked_contrasts.contrasts)
    asked_contrasts.contrasts.append(contrast)
    blind = conditionings.without_binding(cells)
    for k in range(4):
        asked_contrasts.conds[budget.blind_cell(number, k)] = blind[k]
        if k:
            asked_contrasts.conds[budget.cell(number, k)] = cells[k]


def shares(
    asked_contrasts: AskedContrasts, measured: tuple[BindingShare, ...], clip: Any, text: str
) -> list[ContrastShares]:
    """Each contrast at the image model, beside what the Binding Probe says of the encoder."""
    if not asked_contrasts.contrasts:
        return []
    at_encoder = _probed(clip, text)
    out = []
    for contrast, share in zip(asked_contrasts.contrasts, measured, strict=True):
        encoder_share, verdict = at_encoder.get(contrast.label(), (None, None))
        out.append(ContrastShares(contrast.label(), contrast.kind, encoder_share, verdict, share))
    return out


def _probed(clip: Any, text: str) -> Mapping[str, tuple[float, str]]:
    """Contrast -> share of binding and verdict of the Binding Probe."""
    setup = probe_encoder.take_apart(clip)
    options = ProbeOptions(
        setup.inputs, partial(probe_encoder.host_encodings, setup), host_progress.cache_folder()
    )
    result = probe(text, setup.encoders, options)
    return {
        design.contrast.label(): (_best_share(result, k), result.outcomes[k])
        for k, design in enumerate(result.plan.designs)
    }


def _best_share(result: ProbeResult, contrast: int) -> float:
    """The largest share among the readouts that decide, the bound ones first."""
    verdicts = result.deciding(contrast)
    bound = [verdict for verdict in verdicts if verdict.verdict == BOUND]
    return max((verdict.share for verdict in bound or verdicts), default=0.0)
