"""What a verdict means for the generator at hand, and what to do: one sentence each, with its
source.
"""

from __future__ import annotations

from typing import NamedTuple

from .generator_inputs import TRANSFORMERS, UNET, GeneratorInputs
from .verdicts import BOUND, COLLAPSED, UNDECIDED

_OPEN = (
    "arXiv 2606.03715: how much a generator needs the encoder to bind depends on its "
    "architecture; the question is open for many."
)
_WORDS_IN_CONTEXT = (
    "arXiv 2606.03715 (SD 2.1 and SDXL fail with context-free word vectors); ELLA, arXiv "
    "2403.05135 (same U-Net, T5 helps)."
)
_WORDS_SUFFICE = (
    "arXiv 2606.03715: on diffusion transformers, word vectors with their places do nearly "
    "as well as whole encodings."
)


class Advice(NamedTuple):
    """What artists read below a verdict."""

    meaning: str
    remedy: str
    source: str


WEAK = 0.1
"""Encoders that were trained to ignore attribute binding still keep shares of this size by chance
(``docs/calibration.md``).
"""
_COLLAPSED = Advice(
    "What the generator gets is the same for your prompt and for its rival: it "
    "cannot know which one you meant.",
    "Look at the words that never arrive (Token Map), move this part to the "
    "front, or say it in words that differ.",
    "By construction: equal inputs give equal pictures.",
)
_UNDECIDED = Advice(
    "The sentences disagree too much to tell, or the words have different "
    "lengths in this encoder and hide the effect.",
    "Try simpler words for the same things, or mark the contrast yourself: [red] "
    "car | [blue] house.",
    _OPEN,
)


def advise(
    verdict: str,
    subject: str,
    inputs: GeneratorInputs | None,
    streams: tuple[str, ...],
    share: float = 1.0,
) -> Advice:
    """For one contrast. ``subject``: :attr:`Contrast.subject`. ``streams``: the encoders' titles,
    for naming a remedy that exists. ``share``: the largest that is bound.
    """
    if verdict == COLLAPSED:
        return _COLLAPSED
    if verdict == UNDECIDED:
        return _UNDECIDED
    if verdict == BOUND:
        return _bound(subject, inputs, share)
    return _order_only(subject, inputs, streams)


def _bound(subject: str, inputs: GeneratorInputs | None, share: float) -> Advice:
    meaning = f"The encoding holds {subject}."
    if share < WEAK:
        meaning += (
            f" But weakly: {100 * share:.1f} % of what the sentences differ in, no more "
            "than encoders keep that were trained to ignore it."
        )
    if inputs is None:
        remedy = "If pictures get it wrong, look at the generator, not at this encoder."
    else:
        remedy = (
            "The encoder has it: if the picture gets it wrong, look at the generator (guidance, "
            "steps, seed, model)."
        )
    return Advice(meaning, remedy, _OPEN)


def _order_only(subject: str, inputs: GeneratorInputs | None, streams: tuple[str, ...]) -> Advice:
    meaning = f"The encoding holds the words and their order, but not {subject}."
    if inputs is not None and not inputs.known:
        meaning += f" How {inputs.title} reads its tokens is not known."
    generator = inputs.generator if inputs is not None else None
    if generator == UNET:
        return Advice(
            f"{meaning} A U-Net takes binding from the tokens: the encoder is the suspect.",
            "Say it in two short sentences with the property straight before its thing, "
            "use regional prompts, or a model with an "
            "encoder that binds.",
            _WORDS_IN_CONTEXT,
        )
    if generator in TRANSFORMERS:
        remedy = "Look at the generator first."
        if len(streams) > 1 and any("T5" in title for title in streams):
            remedy += " Raise T5's part with Mix Pooled + Sequence."
        return Advice(
            f"{meaning} It can still read the order from the words. For a diffusion "
            "transformer that usually suffices.",
            remedy,
            _WORDS_SUFFICE,
        )
    return Advice(
        meaning,
        "For a U-Net this encoder is the suspect: use one that binds. A diffusion "
        "transformer often manages with words and their order.",
        _OPEN,
    )
