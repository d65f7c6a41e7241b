"""What a verdict means for the generator at hand, and what to do: one sentence each, with its
source, in the report's language.
"""

from __future__ import annotations

from typing import NamedTuple

from ..translation import translatable, translate
from .generator_inputs import TRANSFORMERS, UNET, GeneratorInputs
from .verdicts import BOUND, COLLAPSED, UNDECIDED

_OPEN = translatable(
    "arXiv 2606.03715: how much a generator needs the encoder to bind depends on its "
    "architecture; the question is open for many."
)
_WORDS_IN_CONTEXT = translatable(
    "arXiv 2606.03715 (SD 2.1 and SDXL fail with context-free word vectors); ELLA, arXiv "
    "2403.05135 (same U-Net, T5 helps)."
)
_WORDS_SUFFICE = translatable(
    "arXiv 2606.03715: on diffusion transformers, word vectors with their places do nearly "
    "as well as whole encodings."
)
_HELD = {
    "binding": translatable("The encoding holds which property belongs to which thing."),
    "count": translatable("The encoding holds which number belongs to which thing."),
    "number": translatable("The encoding holds the number itself, however it is spelt."),
    "negation": translatable("The encoding holds which of two things is negated."),
    "relation": translatable("The encoding holds which thing stands where."),
    "role": translatable("The encoding holds who does it to whom."),
}
"""By the kind of a contrast."""
_NOT_HELD = {
    "binding": translatable(
        "The encoding holds the words and their order, but not which property belongs to which "
        "thing."
    ),
    "count": translatable(
        "The encoding holds the words and their order, but not which number belongs to which thing."
    ),
    "number": translatable(
        "The encoding holds the words and their order, but not the number itself, however it is "
        "spelt."
    ),
    "negation": translatable(
        "The encoding holds the words and their order, but not which of two things is negated."
    ),
    "relation": translatable(
        "The encoding holds the words and their order, but not which thing stands where."
    ),
    "role": translatable(
        "The encoding holds the words and their order, but not who does it to whom."
    ),
}
_LOOK_BEHIND = translatable("Look at the generator first.")
WEAK = 0.1
"""Encoders that were trained to ignore attribute binding still keep shares of this size by chance
(``docs/calibration.md``).
"""


class Advice(NamedTuple):
    """What artists read below a verdict."""

    meaning: str
    remedy: str
    source: str


def advise(
    verdict: str,
    kind: str,
    inputs: GeneratorInputs | None,
    streams: tuple[str, ...],
    share: float = 1.0,
) -> Advice:
    """For one contrast of this kind. ``streams``: the encoders' titles, for naming a remedy that
    exists. ``share``: the largest that is bound.
    """
    if verdict == COLLAPSED:
        return _collapsed()
    if verdict == UNDECIDED:
        return _undecided()
    if verdict == BOUND:
        return _bound(kind, inputs, share)
    return _order_only(kind, inputs, streams)


def _collapsed() -> Advice:
    return Advice(
        translate(
            "What the generator gets is the same for your prompt and for its rival: it cannot know "
            "which one you meant."
        ),
        translate(
            "Look at the words that never arrive (Token Map), move this part to the front, or say "
            "it in words that differ."
        ),
        translate("By construction: equal inputs give equal pictures."),
    )


def _undecided() -> Advice:
    return Advice(
        translate(
            "The sentences disagree too much to tell, or the words have different lengths in this "
            "encoder and hide the effect."
        ),
        translate(
            "Try simpler words for the same things, or mark the contrast yourself: [red] car | "
            "[blue] house."
        ),
        translate(_OPEN),
    )


def _bound(kind: str, inputs: GeneratorInputs | None, share: float) -> Advice:
    meaning = translate(_HELD[kind])
    if share < WEAK:
        weakly = translate(
            "But weakly: {share:.1f} % of what the sentences differ in, no more than encoders keep "
            "that were trained to ignore it.",
            share=100 * share,
        )
        meaning = f"{meaning} {weakly}"
    remedy = translate("If pictures get it wrong, look at the generator, not at this encoder.")
    if inputs is not None:
        remedy = translate(
            "The encoder has it: if the picture gets it wrong, look at the generator (guidance, "
            "steps, seed, model)."
        )
    return Advice(meaning, remedy, translate(_OPEN))


def _order_only(kind: str, inputs: GeneratorInputs | None, streams: tuple[str, ...]) -> Advice:
    meaning = translate(_NOT_HELD[kind])
    if inputs is not None and not inputs.known:
        unknown = translate("How {family} reads its tokens is not known.", family=inputs.title)
        meaning = f"{meaning} {unknown}"
    generator = inputs.generator if inputs is not None else None
    if generator == UNET:
        return _for_a_unet(meaning)
    if generator in TRANSFORMERS:
        return _for_a_transformer(meaning, streams)
    return Advice(
        meaning,
        translate(
            "For a U-Net this encoder is the suspect: use one that binds. A diffusion transformer "
            "often manages with words and their order."
        ),
        translate(_OPEN),
    )


def order_only_remedy(generator: str | None) -> str | None:
    """What to do about ORDER ONLY where the encoder was probed without its image model; None where
    this kind of image model is not known, either.
    """
    return translate(_LOOK_BEHIND) if generator in TRANSFORMERS else None


def _for_a_unet(meaning: str) -> Advice:
    suspect = translate("A U-Net takes binding from the tokens: the encoder is the suspect.")
    return Advice(
        f"{meaning} {suspect}",
        translate(
            "Say it in two short sentences with the property straight before its thing, use "
            "regional prompts, or a model with an encoder that binds."
        ),
        translate(_WORDS_IN_CONTEXT),
    )


def _for_a_transformer(meaning: str, streams: tuple[str, ...]) -> Advice:
    order = translate(
        "It can still read the order from the words. For a diffusion transformer that usually "
        "suffices."
    )
    remedy = translate(_LOOK_BEHIND)
    if len(streams) > 1 and any("T5" in title for title in streams):
        more = translate("Raise T5's part with Mix Pooled + Sequence.")
        remedy = f"{remedy} {more}"
    return Advice(f"{meaning} {order}", remedy, translate(_WORDS_SUFFICE))
