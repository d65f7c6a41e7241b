"""The two-minute check of the cosine rule: a picture against a prompt and captions of
one's own, without sentence frames or calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import EncoderScopeError
from ...image_text.dual_encoder import DualEncoder, Images
from ...translation import current_language, in_its_language, localized, translate
from ..shares import rounded, rounded_or_none
from .report import REMEDY

Report = dict[str, Any]
FORMAT, VERSION = "encoderscope.variants", 1


def compare(
    images: Images, text: str, variants: Sequence[str], encoder: DualEncoder, threshold: float
) -> Report:
    """Logits of every picture with the prompt and each variant, and the texts' cosines. Raises
    :class:`EncoderScopeError`.
    """
    texts = [text, *dict.fromkeys(variant for variant in variants if variant != text)]
    if len(texts) == 1:
        raise EncoderScopeError(
            "The variants are the prompt itself.",
            "Captions that say something else were expected.",
            "Write the swap.",
        )
    features = encoder.text_features(texts)
    cosines = (features[1:] @ features[0]).tolist()
    logits = encoder.logits_of(encoder.image_features(images), features)
    shares = encoder.probabilities(logits)
    return {
        "format": FORMAT,
        "version": VERSION,
        "language": current_language(),
        "scorer": {"title": localized(encoder.title), "objective": encoder.objective},
        "threshold": threshold,
        "captions": texts,
        "pairs": [
            {"text": variant, "cosine": rounded(cosine), "flagged": cosine > threshold}
            for variant, cosine in zip(texts[1:], cosines, strict=True)
        ],
        "images": [
            {
                "logits": [rounded(value) for value in row.tolist()],
                "percentages": [rounded_or_none(100 * value) for value in share.tolist()],
                "margins": [rounded(float(row[0] - other)) for other in row[1:]],
            }
            for row, share in zip(logits, shares, strict=True)
        ],
        "prompt_first": bool((logits[:, :1] > logits[:, 1:]).all()),
    }


@in_its_language
def plain(report: Mapping[str, Any]) -> str:
    """The comparison in lines of text."""
    lines = [translate("Scorer: {title}", title=report["scorer"]["title"])]
    for number, picture in enumerate(report["images"], 1):
        lines += ["", translate("Picture {number}", number=number)]
        for text, logit, share in zip(
            report["captions"], picture["logits"], picture["percentages"], strict=True
        ):
            figure = "    - %" if share is None else f"{share:5.1f} %"
            lines.append(f"  {figure}  logit {logit:8.3f}  {text}")
        lines += [
            "  " + translate("margin {margin:+.3f} over {text!r}", margin=margin, text=pair["text"])
            for margin, pair in zip(picture["margins"], report["pairs"], strict=True)
        ]
    lines.append("")
    lines += [
        translate(
            "! {text!r}: cosine {cosine:.3f} with the prompt. If it means something else, {remedy}",
            text=pair["text"],
            cosine=pair["cosine"],
            remedy=translate(REMEDY),
        )
        for pair in report["pairs"]
        if pair["flagged"]
    ]
    return "\n".join(lines).rstrip()
