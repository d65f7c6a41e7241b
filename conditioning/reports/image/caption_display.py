"""What the views of an image report say of its captions: whose meaning each has, and its
percentage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...translation import translatable, translate
from .. import shares

Report = Mapping[str, Any]
Fields = dict[str, Any]

_STANDING = {
    "sigmoid": translatable(
        "Percentages are no part of the verdict. Here each bar stands alone: they need "
        "not add up to 100 %."
    ),
    "softmax": translatable(
        "Percentages are no part of the verdict. They are shares among the captions shown: "
        "together 100 %."
    ),
    "answers": translatable(
        "Each bar is the probability that a judge gives to the prompt's answer."
    ),
}


def standing(report: Report) -> str:
    """What the percentages are shares of."""
    if not report["captions"]:
        return translate(_STANDING["answers"])
    if not has_percentages(report):
        return translate("There are no percentages here, and no verdict needs them.")
    return _standing(report["scorer"])


def _standing(scorer: Report) -> str:
    return translate(_STANDING.get(scorer["objective"], _STANDING["softmax"]))


def has_percentages(report: Report) -> bool:
    """Whether a percentage is known for any caption."""
    return any(share is not None for image in report["images"] for share in image["percentages"])


def meaning(role: str) -> str:
    """prompt, swap or unrelated. A role of a newer report means neither."""
    first = role.split(" ", 1)[0]
    if first not in ("prompt", "swap"):
        return "unrelated"
    return first


def percentage_text(percentage: float | None) -> str:
    """'42.1 %'; '—' for none."""
    return "—" if percentage is None else shares.percentage_text(percentage, 1)


def caption_fields(
    scorer: Report, caption: Report, percentage: float | None, logit: float
) -> Fields:
    role = translate(str(caption["role"]))
    return {
        "meaning": meaning(caption["role"]),
        "role": role,
        "text": percentage_text(percentage),
        "tip": [
            caption["text"],
            translate("{role}: {percentage}", role=role, percentage=_exactly(percentage)),
            _score_text(scorer, logit),
            _standing(scorer),
        ],
    }


def _score_text(scorer: Report, logit: float) -> str:
    scale, bias = scorer["scale"], scorer["bias"]
    if not bias:
        return translate("Score {logit:g} (cosine × {scale:g})", logit=logit, scale=scale)
    return translate(
        "Score {logit:g} (cosine × {scale:g}, bias {bias:g})", logit=logit, scale=scale, bias=bias
    )


def _exactly(percentage: float | None) -> str:
    if percentage is None:
        return translate("no percentage")
    return f"{percentage:g} %"
