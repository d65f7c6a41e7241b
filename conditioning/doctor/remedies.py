"""What works in which family: weights, guidance, more seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..families.family import UNET
from ..families.table import FAMILIES, Family
from ..reports.wording import short
from ..translation import translatable, translate

Report = Mapping[str, Any]
DISTILLED = frozenset(
    ("flux", "flux2", "flux2_klein_4b", "flux2_klein_8b", "hunyuan_video", "hidream")
)
"""Families whose usual files were distilled to a guidance of their own: the host draws them with
cfg 1 and, where they take it, FluxGuidance (comfy_extras/nodes_flux.py).
"""
GUIDED = frozenset(
    (
        *("sd1", "sd2", "sdxl", "sdxl_refiner", "stable_cascade", "sd3"),
        *("pixart_alpha", "pixart", "aura", "hunyuan_dit"),
    )
)
"""Families that are trained for classifier-free guidance, and drawn with it."""

RAISE_GUIDANCE = translatable(
    "Raise the sampler's cfg to about 4 to 7, unless the model was distilled to do without "
    "(Turbo, Lightning, LCM)."
)
"""Where guidance is off and the family needs it."""


@dataclass(frozen=True)
class FamilyFacts:
    """What is known of the family at hand."""

    family: Family | None
    weights: bool | None
    """Every encoder that counts applies weights such as (red:1.2); None: not known."""

    @classmethod
    def of(cls, tokens: Report | None, probe: Report | None) -> FamilyFacts:
        """From the reports of the first two stations."""
        names = [report.get("family") for report in (tokens, probe) if report is not None]
        family = next((FAMILIES[name] for name in names if name in FAMILIES), None)
        return cls(family, _applies_weights(tokens))

    @property
    def guided(self) -> bool:
        """Whether the family needs classifier-free guidance."""
        return self.family is not None and self.family.name in GUIDED

    @property
    def generator(self) -> str | None:
        """The kind of image model."""
        return self.family.attention.generator if self.family else None

    def louder(self, parts: Sequence[Report]) -> str:
        """What to do about a phrase that the image model ignores."""
        weight = f"({short(str(parts[0]['text']))}:1.3)"
        if self.weights and self.guided:
            return translate(
                "Say it in other words or earlier, give it a weight: {weight}, or raise the "
                "sampler's cfg.",
                weight=weight,
            )
        if self.weights:
            return translate(
                "Say it in other words or earlier, or give it a weight: {weight}.", weight=weight
            )
        if self.guided:
            return translate("Say it in other words or earlier, or raise the sampler's cfg.")
        return translate("Say it in other words or earlier.")

    def redraw(self) -> str:
        """What to do where the model uses a phrase and the picture lacks it."""
        if self.family is not None and self.family.name in DISTILLED:
            return translate("Try two more seeds, or raise FluxGuidance a little.")
        if self.generator == UNET:
            return translate("Raise the sampler's cfg by 1 or 2, or try two more seeds.")
        return translate("Try two more seeds, or raise guidance a little.")


def _applies_weights(tokens: Report | None) -> bool | None:
    if tokens is None:
        return None
    weights = [
        stream.get("weights") for stream in tokens["streams"] if stream["status"] == "encoded"
    ]
    if not weights or None in weights:
        return None
    return all(weights)
