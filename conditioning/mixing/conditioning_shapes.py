"""What a generator takes: which encoders, how wide, and which rows of a sequence are whose.

Encoders and widths are those of the table of families. How they are put together:
``encode_token_weights`` of ComfyUI's ``comfy/sdxl_clip.py`` and
``comfy/text_encoders/{sd3_clip,flux,pixart_t5}.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import torch

from ..families.conditioning_widths import (
    FittingFamilies,
    families_without_pooled,
    fitting_families,
    widths_of_family,
)
from ..families.family import Family
from ..families.roles import CLIP_G as CLIP_G_ROLE
from ..families.roles import CLIP_H as CLIP_H_ROLE
from ..families.roles import CLIP_L as CLIP_L_ROLE
from ..families.roles import T5_XXL
from ..families.table import FAMILIES
from ..translation import joined, listed, translatable, translate, translate_count
from .text_states import ROWS, Entry


@dataclass(frozen=True)
class EncoderSlot:
    """One encoder's place in a conditioning shape."""

    name: str
    title: str
    width: int | None
    """None: any width."""
    streams: tuple[str, ...]
    """The host's names of streams that fill it."""
    choice: str
    """The input that says what becomes of it."""


ANONYMOUS = ("clip_text", "siglip")
"""Streams of encoders that were loaded alone: they fill the slot that has their width."""
_T5_STREAMS = ("t5xxl", "pile_t5xl", "umt5xxl", "umt5base", "t5base", "t5")
CLIP_L = EncoderSlot("l", CLIP_L_ROLE.title, CLIP_L_ROLE.width, ("l", *ANONYMOUS), "clip_l")
CLIP_H = EncoderSlot("h", "OpenCLIP-H", CLIP_H_ROLE.width, ("h", *ANONYMOUS), "clip_l")
CLIP_G = EncoderSlot("g", CLIP_G_ROLE.title, CLIP_G_ROLE.width, ("g", *ANONYMOUS), "clip_g")
T5 = EncoderSlot("t5", T5_XXL.short, T5_XXL.width, _T5_STREAMS, "t5")
ANY_T5 = EncoderSlot("t5", "T5", None, _T5_STREAMS, "t5")
_SLOTS = {
    CLIP_L_ROLE.name: CLIP_L,
    CLIP_H_ROLE.name: CLIP_H,
    CLIP_G_ROLE.name: CLIP_G,
    T5_XXL.name: T5,
}


@dataclass(frozen=True)
class ConditioningShape:
    """A form of CONDITIONING that can be assembled and mixed."""

    name: str
    title: str
    slots: tuple[EncoderSlot, ...]
    sequence: int | None
    pooled: int | None
    """Widths; None: any sequence, or no pooled vector."""


def _shape(name: str) -> ConditioningShape:
    family = FAMILIES[name]
    slots = tuple(_SLOTS[stream.role.name] for stream in family.streams if stream.role)
    return ConditioningShape(name, family.title, slots, *widths_of_family(name))


_ANY_T5 = ConditioningShape(
    "pixart", "PixArt, Chroma and others with T5 alone", (ANY_T5,), None, None
)
SHAPES: dict[str, ConditioningShape] = {
    shape.name: shape
    for shape in (*(_shape(name) for name in ("sd1", "sd2", "sdxl", "sd3", "flux")), _ANY_T5)
}


def shape_of_family(name: str | None) -> ConditioningShape | None:
    """The shape that a family's conditioning has, or None where it has none here."""
    if name is None or name not in FAMILIES:
        return None
    if name in SHAPES:
        return SHAPES[name]
    roles = [stream.role for stream in FAMILIES[name].streams]
    t5_alone = len(roles) == 1 and roles[0] is not None and roles[0].architecture == "t5"
    return _ANY_T5 if t5_alone else None


class RowOwner(NamedTuple):
    """A run of a sequence's rows that one part gave."""

    name: str
    """clip or t5."""
    start: int
    stop: int


class RecognisedShape(NamedTuple):
    """What a CONDITIONING turned out to be."""

    shape: str | None
    title: str
    parts: tuple[RowOwner, ...]
    """Every row, in order."""
    evidence: str
    """metadata, zero padding, all zero, or width."""
    sentence: str
    misfit: str = ""
    """What is wrong with the pooled vector beside this sequence."""
    row_title: str = ""
    """Who may have written the rows, where that is more or less than ``parts`` says: "CLIP or T5",
    "T5" where no language model can have, "language-model" where no T5 can have.
    """
    is_known: bool = True
    """Whether some image model takes this layout."""


_T5_ALONE = (widths_of_family("aura")[0], widths_of_family("pixart")[0])
_FOREIGN_POOLED = {
    CLIP_L_ROLE.width: translatable(
        "The pooled vector is {width} wide, as CLIP-L's is, but should be {wanted}: sampling stops "
        "with an error."
    ),
    CLIP_G_ROLE.width: translatable(
        "The pooled vector is {width} wide, as CLIP-G's is, but should be {wanted}: sampling stops "
        "with an error."
    ),
    CLIP_L_ROLE.width + CLIP_G_ROLE.width: translatable(
        "The pooled vector is {width} wide, as CLIP-L's and CLIP-G's together are, but should be "
        "{wanted}: sampling stops with an error."
    ),
}
"""By the width of the pooled vector."""
_UNKNOWN_POOLED = translatable(
    "The pooled vector is {width} wide, but should be {wanted}: sampling stops with an error."
)
_MANY = 4
"""As many families are named in a title."""
_SD3 = widths_of_family("sd3")
SD3_CLIP_WIDTH = widths_of_family("sdxl")[0]
"""CLIP-L beside CLIP-G: from this column on SD3's CLIP rows are zero."""
_OWNERS = {
    "clip": translatable("{title}: all {count} rows are CLIP's."),
    "t5": translatable("{title}: all {count} rows are T5's or a language model's."),
}
_OWNER = {
    "clip": translatable("{title}: the only row is CLIP's."),
    "t5": translatable("{title}: the only row is T5's or a language model's."),
}
"""Of a single row."""
KINDS = {"CLIP": "CLIP", "T5": "T5", "language-model": translatable("language-model")}


def unknown_layout() -> str:
    """What is said in place of a layout's title."""
    return translate("a layout that EncoderScope does not know")


def width_of(pooled: torch.Tensor | None) -> int | None:
    """The width of a pooled vector (batch, dim); None without one."""
    return None if pooled is None else int(pooled.shape[-1])


def recognise(entry: Entry) -> RecognisedShape:
    """The shape of one entry of a CONDITIONING and whose its rows are, with how that is known.

    ``entry``: [sequence (batch, token, dim), dictionary].
    """
    sequence, keys = entry
    pooled = width_of(keys.get("pooled_output"))
    tokens, width = int(sequence.shape[1]), int(sequence.shape[2])
    if "conditioning_llama3" in keys:
        return _one_owner(None, FAMILIES["hidream"].title, "t5", tokens, "T5")
    if (width, pooled) == _SD3 or (width == _SD3[0] and ROWS in keys):
        return _sd3(sequence, keys)
    families = fitting_families(width, pooled, keys)
    if not families.named:
        unknown = _one_owner(None, unknown_layout(), "t5", tokens)
        return unknown._replace(sentence=unknown_layout(), is_known=False)
    return _by_widths(families, width, pooled, tokens)


def _by_widths(
    families: FittingFamilies, width: int, pooled: int | None, tokens: int
) -> RecognisedShape:
    """What sequences of a width with a pooled vector of another (None: without) can be."""
    part = "t5"
    clips = [stream.name in ("l", "g", "h") for stream in families.named[0].streams if stream.taken]
    if all(clips) or families.kinds == ("CLIP",):
        part = "clip"
    title = _any_of(families.exact)
    if families.pooled_missing:
        without = translate(
            "{families} without a pooled vector", families=_any_of(families.pooled_missing)
        )
        title = translate("{title}, or {other}", title=title, other=without) if title else without
    if families.pooled_foreign:
        title = translate(
            "{families} with another model's pooled vector",
            families=_any_of(families.pooled_foreign),
        )
    row_title = ""
    if families.kinds not in (("CLIP",), ("T5", "language-model")):
        row_title = _or([translate(KINDS[kind]) for kind in families.kinds])
    recognised = _one_owner(_shape_name(width, pooled), title, part, tokens, row_title)
    if len(families.named) > _MANY:
        fits = translate("It fits {families}.", families=listed(_titles(families.named)))
        recognised = recognised._replace(sentence=f"{recognised.sentence} {fits}")
    return recognised._replace(misfit=_misfit(families, width, pooled))


def _shape_name(width: int, pooled: int | None) -> str | None:
    """The name in SHAPES of the form with these widths."""
    if pooled is None:
        return _ANY_T5.name if width in _T5_ALONE else None
    names = (
        name for name in SHAPES if name in FAMILIES and widths_of_family(name) == (width, pooled)
    )
    return next(names, None)


def _misfit(families: FittingFamilies, width: int, pooled: int | None) -> str:
    """Whose width the pooled vector should have had; "" where there is nothing to say."""
    ignoring = families_without_pooled(width)
    if families.pooled_foreign:
        wanting: dict[int | None, list[Family]] = {}
        for family in families.pooled_foreign:
            wanting.setdefault(widths_of_family(family.name)[1], []).append(family)
        wanted = [
            translate("{width} for {families}", width=wanted_width, families=_all_of(each))
            for wanted_width, each in wanting.items()
        ]
        sentence = _FOREIGN_POOLED.get(pooled or 0, _UNKNOWN_POOLED)
        text = translate(sentence, width=pooled, wanted=_or(wanted))
        if ignoring:
            aside = translate(
                "Only {families} take none and leave it aside.", families=_all_of(ignoring)
            )
            return f"{text} {aside}"
        return text
    takes_pooled = any(stream.pooled for family in families.exact for stream in family.streams)
    if pooled and not takes_pooled and pooled != widths_of_family(families.exact[0].name)[1]:
        return translate(
            "{families} take no pooled vector: this is left aside.",
            families=_all_of(families.exact),
        )
    return ""


def _any_of(families: Sequence[Family]) -> str:
    """Such as "A, B or C"; of many the first, and how many more."""
    return _or(_first(families))


def _all_of(families: Sequence[Family]) -> str:
    """Such as "A, B and C"; of many the first, and how many more."""
    return joined(_first(families))


def _titles(families: Sequence[Family]) -> list[str]:
    return [family.title for family in families]


def _first(families: Sequence[Family]) -> list[str]:
    names = _titles(families)
    if len(names) > _MANY:
        rest = len(names) - _MANY + 1
        names[_MANY - 1 :] = [translate_count("{count} other", "{count} others", rest)]
    return names


def _or(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return translate("{names} or {last}", names=listed(names[:-1]), last=names[-1])


def is_known_pair(sequence: int, pooled: int) -> bool:
    """Whether some image model takes a sequence and a pooled vector of these widths."""
    return any(
        widths_of_family(family.name) == (sequence, pooled)
        for family in FAMILIES.values()
        if any(stream.role for stream in family.streams)
    )


def _one_owner(
    shape: str | None, title: str, part: str, tokens: int, row_title: str = ""
) -> RecognisedShape:
    sentence = translate(_OWNERS[part], title=title, count=tokens)
    if tokens == 1:
        sentence = translate(_OWNER[part], title=title)
        if row_title:
            sentence = translate(
                "{title}: the only row is a {owner} row.", title=title, owner=row_title
            )
    elif row_title:
        sentence = translate(
            "{title}: all {count} rows are {owner} rows.",
            title=title,
            count=tokens,
            owner=row_title,
        )
    rows = (RowOwner(part, 0, tokens),)
    return RecognisedShape(shape, title, rows, "width", sentence, row_title=row_title)


def _sd3(sequence: torch.Tensor, keys: dict[str, Any]) -> RecognisedShape:
    """Whose the rows of SD3's (batch, token, 4096) are: as noted, or by CLIP's zero padding."""
    title, tokens = FAMILIES["sd3"].title, int(sequence.shape[1])
    counts = _noted_rows(keys.get(ROWS), tokens)
    if counts is not None:
        owners = _runs(["clip"] * counts[0] + ["t5"] * counts[1])
        sentence = translate("{title}: {rows} (EncoderScope noted it).", **_counted(title, owners))
        return RecognisedShape("sd3", title, owners, "metadata", sentence)
    if not bool(sequence.any()):
        sentence = translate(
            "{title}: all {count} rows are zero, so CLIP's and T5's cannot be told apart.",
            title=title,
            count=tokens,
        )
        return RecognisedShape("sd3", title, (RowOwner("clip", 0, tokens),), "all zero", sentence)
    reach = (sequence[..., SD3_CLIP_WIDTH:] != 0).any(dim=-1).any(dim=0)
    owners = _runs([("clip", "t5")[row] for row in reach.tolist()])
    sentence = translate(
        "{title}: {rows} (CLIP's rows are zero from column {column} on).",
        **_counted(title, owners),
        column=SD3_CLIP_WIDTH,
    )
    return RecognisedShape("sd3", title, owners, "zero padding", sentence)


def _counted(title: str, owners: Sequence[RowOwner]) -> dict[str, str]:
    """'77 of CLIP, then 154 of T5'."""
    rows = ""
    for owner in owners:
        own = translate(
            "{count} of {owner}", count=owner.stop - owner.start, owner=owner.name.upper()
        )
        rows = translate("{rows}, then {more}", rows=rows, more=own) if rows else own
    return {"title": title, "rows": rows}


def _noted_rows(noted: Any, tokens: int) -> tuple[int, int] | None:
    """CLIP's and T5's rows as our own key has them; None where it does not fit the sequence."""
    if not isinstance(noted, dict):
        return None
    clip, t5 = noted.get("clip"), noted.get("t5")
    if not isinstance(clip, int) or not isinstance(t5, int):
        return None
    if min(clip, t5) < 0 or clip + t5 != tokens:
        return None
    return clip, t5


def _runs(names: Sequence[str]) -> tuple[RowOwner, ...]:
    """Equal neighbours as one run each."""
    owners: list[RowOwner] = []
    for name, group in groupby(names):
        start = owners[-1].stop if owners else 0
        owners.append(RowOwner(name, start, start + len(list(group))))
    return tuple(owners)
