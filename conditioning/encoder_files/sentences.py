"""What a file is, in words: one verdict for the top, and notes below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..translation import (
    Deferred,
    deferred,
    joined,
    localized,
    translatable,
    translate,
    translate_count,
)
from . import other_files
from .description import Description
from .fits import FamilyFit, fits
from .host_loader import OUR_NAMES, UNKNOWN_NAMES, host_sentence

_LISTED = 4  # names in a sentence before it counts the rest
# The families that most files are for come first in sentences.
_FIRST = ("flux", "sd3", "sdxl", "sd1", "wan", "hidream", "pixart", "chroma")
_RANKS = {family: rank for rank, family in enumerate(_FIRST)}
_CHECKPOINT_POSITIONS = 77
_NO_CHECKPOINT = translatable(
    "Load Checkpoint does not take it, since it holds no diffusion model. Take a file that holds "
    "the text encoder alone."
)
_KINDS = {
    "clip": translatable("Text tower of {title}"),
    "siglip": translatable("Text tower of {title}"),
    "t5": translatable("Encoder of {title}"),
    "bert": translatable("{title}"),
    "llm": translatable("{title}"),
    "t5gemma": translatable("Encoder of {title}"),
    "xlm_roberta": translatable("Text tower of {title}"),
}
ASSUMED = {"heads": translatable("heads"), "activation": translatable("activation")}
"""What a file may not tell: the field of a description -> its name for people."""


def verdict(description: Description, sound: bool = True) -> str:
    """What it is and who takes it, or would if it were ``sound``: two sentences, three at most."""
    if description.kind == "other":
        return _other(description)
    if description.kind == "checkpoint":
        inside = list(map(_inside, description.inside))
        return translate_count(
            "This is {title}. It holds {count} text encoder: {encoders}.",
            "This is {title}. It holds {count} text encoders: {encoders}.",
            len(inside),
            title=localized(description.title),
            encoders=joined(shortened(inside)),
        )
    subject = translate("{subject}.", subject=_subject(description))
    return " ".join((subject, *_takers(fits(description), sound)))


def _inside(encoder: Description) -> str:
    """An encoder and where it stands in its checkpoint."""
    title = localized(encoder.title)
    if not encoder.prefix:
        return title
    return translate("{title} (below {prefix!r})", title=title, prefix=encoder.prefix)


def _other(description: Description) -> str:
    title = localized(description.title)
    if not description.architecture:
        return translate("This is {title}: no text encoder was found in it.", title=title)
    return translate("This is {title}: no text encoder.", title=title)


def _subject(description: Description) -> str:
    subject = translate(_KINDS[description.architecture], title=localized(description.title))
    subject = f"{subject[:1].upper()}{subject[1:]}"
    if packing := description.quantisation.packing:
        subject = translate("{subject}, {packing}", subject=subject, packing=packing)
    if objective := localized(description.objective):
        subject = translate("{subject} ({objective})", subject=subject, objective=objective)
    for part in description.also:
        subject = translate("{subject}, with its {part}", subject=subject, part=localized(part))
    return subject


def _takers(answers: Sequence[FamilyFit], sound: bool) -> list[str]:
    """Which image models take it; where none does, what those expect that come nearest."""
    fitting = [answer for answer in answers if answer.fits]
    if fitting:
        names = _families(fitting)
        roles = joined(list(dict.fromkeys(answer.wants for answer in fitting)))
        if not sound:
            return [translate("{families} would take it as {roles}.", families=names, roles=roles)]
        return [
            translate_count(
                "{families} takes it as {roles}.",
                "{families} take it as {roles}.",
                len(fitting),
                families=names,
                roles=roles,
            )
        ]
    groups: dict[tuple[str, str], list[FamilyFit]] = {}
    for answer in answers:
        if answer.stream:
            groups.setdefault((answer.wants, answer.why), []).append(answer)
    if not groups:
        return [translate("No image model that EncoderScope knows takes it.")]
    (role, reason), nearest = max(groups.items(), key=lambda group: len(group[1]))
    return [
        translate_count(
            "{families} expects {role}: this will not fit ({why}).",
            "{families} expect {role}: this will not fit ({why}).",
            len(nearest),
            families=_families(nearest),
            role=role,
            why=reason,
        )
    ]


def _families(answers: Sequence[FamilyFit]) -> str:
    ordered = sorted(answers, key=lambda answer: _RANKS.get(answer.family, len(_RANKS)))
    titles = list(dict.fromkeys(answer.title for answer in ordered))
    return joined(shortened(titles))


def loader_of_checkpoint(description: Description) -> str:
    """What to load a checkpoint with, in a sentence or two: the host makes a checkpoint's CLIP for
    77 positions, whatever it holds.
    """
    if not other_files.is_diffusion(description.architecture):
        return translate(_NO_CHECKPOINT)
    long = [each for each in description.inside if (each.positions or 0) > _CHECKPOINT_POSITIONS]
    if not any(each.architecture == "clip" for each in long):
        return translate("Load it with Load Checkpoint, which gives its CLIP.")
    return translate(
        "Load Checkpoint fails on it: its {title} has {positions} positions, and ComfyUI makes a "
        "checkpoint's CLIP for {usual}. Put the file into models/diffusion_models and load its "
        "model with Load Diffusion Model, with a CLIP and a VAE from files of their own.",
        title=localized(long[0].title),
        positions=long[0].positions,
        usual=_CHECKPOINT_POSITIONS,
    )


def notes(description: Description, in_own_file: bool = False) -> list[str]:
    """What else is true of it; ``in_own_file`` as :func:`host_loader.host_sentence` takes it."""
    own = list(map(localized, description.notes))
    if description.kind == "checkpoint" and description.architecture:
        return [*own, loader_of_checkpoint(description)]
    in_one_file = not any("/" in each.prefix for each in description.inside)
    if description.kind == "checkpoint" and in_one_file:
        return [*own, f"{translate(UNKNOWN_NAMES)} {translate(OUR_NAMES)}"]
    if description.kind != "encoder":
        return own
    return [*own, *_fit_notes(description, in_own_file), *_file_notes(description)]


def _fit_notes(description: Description, in_own_file: bool) -> Iterator[str]:
    host = host_sentence(description, in_own_file)
    if host:
        yield host
    caveats: dict[str, list[FamilyFit]] = {}
    for answer in fits(description):
        if answer.fits and answer.why:
            caveats.setdefault(answer.why, []).append(answer)
    for reason, answers in caveats.items():
        yield translate("{families}: {why}", families=_families(answers), why=reason)


def _file_notes(description: Description) -> Iterator[str]:
    if description.prefix:
        yield translate("Its keys stand below {prefix!r}.", prefix=description.prefix)
    if description.also:
        yield translate(
            "Its {parts} lies in the file too, and a text encoder does not read it.",
            parts=joined([localized(part) for part in description.also]),
        )
    quantisation = description.quantisation
    if quantisation.format != "none":
        yield translate_count(
            "Quantised: {title}, {count} weights.",
            "Quantised: {title}, {count} weights.",
            quantisation.layers,
            title=localized(quantisation.title),
        )
    if description.assumed:
        yield translate(
            "Not in the file, taken from the usual model of this size: {assumed}.",
            assumed=joined([translate(ASSUMED[name]) for name in description.assumed]),
        )


def titles(descriptions: Sequence[Description]) -> Deferred:
    """What encoders are called, in the language of the moment; the first few, where many."""
    return deferred(lambda: joined(shortened([localized(each.title) for each in descriptions])))


def shortened(names: Sequence[str]) -> list[str]:
    """The first few, and how many more there are."""
    more = len(names) - _LISTED
    if more > 0:
        counted = translate_count("{count:,} more", "{count:,} more", more)
        return [*names[:_LISTED], counted]
    return list(names)
