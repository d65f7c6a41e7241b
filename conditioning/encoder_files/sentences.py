"""What a file is, in words: one verdict for the top, and notes below it."""

from __future__ import annotations

from collections.abc import Sequence

from .description import Description
from .fits import FamilyFit, fits, host_takes_it_for

_SHOWN = 4  # families named in a sentence before it counts the rest
# The families that most files are for come first in sentences.
_FIRST = ("flux", "sd3", "sdxl", "sd1", "wan", "hidream", "pixart", "chroma")


def verdict(said: Description) -> str:
    """What it is and who takes it: two sentences, three at most."""
    if said.kind == "other":
        return _other(said)
    if said.kind == "checkpoint":
        held = joined([f"{one.title} (below {one.prefix!r})" for one in said.inside])
        return (
            f"This is {said.title}. It holds {len(said.inside)} text "
            f"encoder{_s(said.inside)}: {held}."
        )
    return " ".join((f"{_subject(said)}.", *_taken(said, fits(said))))


def _other(said: Description) -> str:
    if not said.architecture:
        return f"This is {said.title}: no text encoder was found in it."
    return f"This is {said.title}: no text encoder."


def _subject(said: Description) -> str:
    objective = f" ({said.objective})" if said.objective else ""
    what = {
        "clip": "Text tower of ",
        "siglip": "Text tower of ",
        "t5": "Encoder of ",
        "bert": "",
        "llm": "",
    }[said.architecture]
    beside = "".join(f", with its {one}" for one in said.also)
    packing = f", {said.quantisation.packing}" if said.quantisation.packing else ""
    return f"{what}{said.title[:1].upper()}{said.title[1:]}{packing}{objective}{beside}"


def _taken(said: Description, answers: Sequence[FamilyFit]) -> list[str]:
    fitting = [answer for answer in answers if answer.fits]
    if fitting:
        roles = list(dict.fromkeys(answer.wants for answer in fitting))
        return [
            f"{_families(fitting)} take{'s' if len(fitting) == 1 else ''} it as {joined(roles)}."
        ]
    alike = [answer for answer in answers if answer.stream]
    groups = list(dict.fromkeys((answer.wants, answer.why) for answer in alike))
    if not groups:
        return ["No image model that EncoderScope knows takes it."]
    nearest = max(
        groups, key=lambda group: sum((answer.wants, answer.why) == group for answer in alike)
    )
    those = [answer for answer in alike if (answer.wants, answer.why) == nearest]
    verb = "expects" if len(those) == 1 else "expect"
    return [f"{_families(those)} {verb} {nearest[0]}: this will not fit ({nearest[1]})."]


def _families(answers: Sequence[FamilyFit]) -> str:
    ordered = sorted(
        answers, key=lambda one: _FIRST.index(one.family) if one.family in _FIRST else len(_FIRST)
    )
    titles = list(dict.fromkeys(one.title for one in ordered))
    more = len(titles) - _SHOWN
    return joined([*titles[:_SHOWN], f"{more} more"] if more > 0 else titles)


def notes(said: Description) -> list[str]:
    """What else is true of it."""
    out = list(said.notes)
    if said.kind != "encoder":
        return out
    mistaken = host_takes_it_for(said)
    if mistaken:
        out.append(f"ComfyUI's own loader takes this file for {mistaken}, without a word.")
    fitting = [answer for answer in fits(said) if answer.fits and answer.why]
    for why in dict.fromkeys(answer.why for answer in fitting):
        out.append(f"{_families([answer for answer in fitting if answer.why == why])}: {why}")
    if said.prefix:
        out.append(f"Its keys stand below {said.prefix!r}.")
    if said.also:
        out.append(
            f"Its {joined(list(said.also))} lies in the file too, and a text encoder "
            "does not read it."
        )
    if said.quantisation.format != "none":
        out.append(f"Quantised: {said.quantisation.title}, {said.quantisation.layers} weights.")
    if said.assumed:
        out.append(
            "Not in the file, taken from the usual model of this size: "
            f"{joined(list(said.assumed))}."
        )
    return out


def joined(names: Sequence[str]) -> str:
    """ "A, B and C"."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _s(things: Sequence[object]) -> str:
    return "" if len(things) == 1 else "s"
