"""What a file is, in words: one verdict for the top, and notes below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .description import Description
from .fits import FamilyFit, fits, host_sentence

_LISTED = 4  # names in a sentence before it counts the rest
# The families that most files are for come first in sentences.
_FIRST = ("flux", "sd3", "sdxl", "sd1", "wan", "hidream", "pixart", "chroma")
_RANKS = {family: rank for rank, family in enumerate(_FIRST)}
_CHECKPOINT_POSITIONS = 77
_KINDS = {
    "clip": "Text tower of ",
    "siglip": "Text tower of ",
    "t5": "Encoder of ",
    "bert": "",
    "llm": "",
}


def verdict(description: Description, sound: bool = True) -> str:
    """What it is and who takes it, or would if it were ``sound``: two sentences, three at most."""
    if description.kind == "other":
        return _other(description)
    if description.kind == "checkpoint":
        inside = [f"{encoder.title} (below {encoder.prefix!r})" for encoder in description.inside]
        return (
            f"This is {description.title}. It holds {len(inside)} text "
            f"encoder{_s(inside)}: {joined(shortened(inside))}."
        )
    return " ".join((f"{_subject(description)}.", *_takers(fits(description), sound)))


def _other(description: Description) -> str:
    if not description.architecture:
        return f"This is {description.title}: no text encoder was found in it."
    return f"This is {description.title}: no text encoder."


def _subject(description: Description) -> str:
    sentence = f"{_KINDS[description.architecture]}{description.title}"
    sentence = f"{sentence[:1].upper()}{sentence[1:]}"
    if description.quantisation.packing:
        sentence += f", {description.quantisation.packing}"
    if description.objective:
        sentence += f" ({description.objective})"
    return sentence + "".join(f", with its {part}" for part in description.also)


def _takers(answers: Sequence[FamilyFit], sound: bool) -> list[str]:
    """Which image models take it; where none does, what those expect that come nearest."""
    fitting = [answer for answer in answers if answer.fits]
    if fitting:
        roles = list(dict.fromkeys(answer.wants for answer in fitting))
        verb = "takes" if len(fitting) == 1 else "take"
        if not sound:
            verb = "would take"
        return [f"{_families(fitting)} {verb} it as {joined(roles)}."]
    groups: dict[tuple[str, str], list[FamilyFit]] = {}
    for answer in answers:
        if answer.stream:
            groups.setdefault((answer.wants, answer.why), []).append(answer)
    if not groups:
        return ["No image model that EncoderScope knows takes it."]
    (role, why), nearest = max(groups.items(), key=lambda group: len(group[1]))
    verb = "expects" if len(nearest) == 1 else "expect"
    return [f"{_families(nearest)} {verb} {role}: this will not fit ({why})."]


def _families(answers: Sequence[FamilyFit]) -> str:
    ordered = sorted(answers, key=lambda answer: _RANKS.get(answer.family, len(_RANKS)))
    titles = list(dict.fromkeys(answer.title for answer in ordered))
    return joined(shortened(titles))


def loader_of_checkpoint(description: Description) -> str:
    """What to load a checkpoint with, in a sentence or two: the host makes a checkpoint's CLIP for
    77 positions, whatever it holds.
    """
    long = [each for each in description.inside if (each.positions or 0) > _CHECKPOINT_POSITIONS]
    if not any(each.architecture == "clip" for each in long):
        return "Load it with Load Checkpoint, which gives its CLIP."
    return (
        f"Load Checkpoint fails on it: its {long[0].title} has {long[0].positions} positions, "
        f"and ComfyUI makes a checkpoint's CLIP for {_CHECKPOINT_POSITIONS}. Put the file into "
        "models/diffusion_models and load its model with Load Diffusion Model, with a CLIP and a "
        "VAE from files of their own."
    )


def notes(description: Description, in_own_file: bool = False) -> list[str]:
    """What else is true of it; ``in_own_file`` as :func:`fits.host_sentence` takes it."""
    if description.kind == "checkpoint" and description.architecture:
        return [*description.notes, loader_of_checkpoint(description)]
    if description.kind != "encoder":
        return list(description.notes)
    return [*description.notes, *_fit_notes(description, in_own_file), *_file_notes(description)]


def _fit_notes(description: Description, in_own_file: bool) -> Iterator[str]:
    host = host_sentence(description, in_own_file)
    if host:
        yield host
    caveats: dict[str, list[FamilyFit]] = {}
    for answer in fits(description):
        if answer.fits and answer.why:
            caveats.setdefault(answer.why, []).append(answer)
    for why, answers in caveats.items():
        yield f"{_families(answers)}: {why}"


def _file_notes(description: Description) -> Iterator[str]:
    if description.prefix:
        yield f"Its keys stand below {description.prefix!r}."
    if description.also:
        parts = joined(description.also)
        yield f"Its {parts} lies in the file too, and a text encoder does not read it."
    quantisation = description.quantisation
    if quantisation.format != "none":
        yield f"Quantised: {quantisation.title}, {quantisation.layers} weights."
    if description.assumed:
        assumed = joined(description.assumed)
        yield f"Not in the file, taken from the usual model of this size: {assumed}."


def shortened(names: Sequence[str]) -> list[str]:
    """The first few, and how many more there are."""
    more = len(names) - _LISTED
    if more > 0:
        return [*names[:_LISTED], f"{more:,} more"]
    return list(names)


def joined(names: Sequence[str]) -> str:
    """ "A, B and C"."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _s(things: Sequence[object]) -> str:
    return "" if len(things) == 1 else "s"
