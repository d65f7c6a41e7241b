"""Which image models take a file as one of their text encoders, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from ..families.roles import EncoderRole
from ..families.table import FAMILIES, Family
from ..translation import joined, localized, translatable, translate
from .description import Description
from .host_loader import HOST_SIZES

_OF_KIND = {
    "clip": translatable("it takes {titles}, and this is a CLIP"),
    "siglip": translatable("it takes {titles}, and this is a SigLIP"),
    "t5": translatable("it takes {titles}, and this is a T5"),
    "bert": translatable("it takes {titles}, and this is a BERT"),
    "llm": translatable("it takes {titles}, and this is a language model"),
    "t5gemma": translatable("it takes {titles}, and this is a T5Gemma"),
    "xlm_roberta": translatable("it takes {titles}, and this is a Jina CLIP"),
}
_LONG_BESIDE = translatable(
    "CLIP-L and CLIP-G are joined side by side and cut to the shorter, so both should have "
    "the same number of positions."
)
_NO_PROJECTION = translatable(
    "the pooled vector is read through text_projection.weight, which is missing in this file"
)


@dataclass(frozen=True)
class FamilyFit:
    """One family's answer."""

    family: str
    title: str
    stream: str
    """The family's stream that the file was compared with: `l`, `t5xxl`; '' where none is of its
    kind.
    """
    wants: str
    """What the family expects there, in words."""
    fits: bool
    why: str
    """Why it does not fit, or what to mind where it does."""


def fits(description: Description) -> tuple[FamilyFit, ...]:
    """One answer for every family that takes text encoders; empty for what is no encoder."""
    if description.kind != "encoder":
        return ()
    return tuple(
        _answer(description, family) for family in FAMILIES.values() if not family.stands_for
    )


def _answer(description: Description, family: Family) -> FamilyFit:
    def answer(stream: str, takes: str, fitting: bool, why: str) -> FamilyFit:
        return FamilyFit(family.name, family.title, stream, takes, fitting, why)

    roles = _roles(family)
    for stream, role in roles.items():
        if description.name in role.file_names:
            if lacks_projection(description, family, role):
                return answer(stream, role.title, False, translate(_NO_PROJECTION))
            return answer(stream, role.title, True, _caveat(description, family, stream, role))
    architecture = _compared_with(description)
    alike = {name: role for name, role in roles.items() if role.architecture == architecture}
    if alike:
        nearest = min(alike, key=lambda name: _distance(description, alike[name]))
        role = alike[nearest]
        return answer(nearest, role.title, False, _difference(description, role))
    titles = _all_of([role.title for role in roles.values()]) or _all_of(
        [stream.title for stream in family.streams if stream.encoder and stream.taken]
    )
    reason = translate(_OF_KIND[description.architecture], titles=titles)
    return answer("", titles, False, reason)


def _all_of(titles: Sequence[str]) -> str:
    """ "A and B and C": a set, all of which are wanted."""
    return reduce(lambda some, title: joined((some, title)), titles) if titles else ""


def lacks_projection(description: Description, family: Family, role: EncoderRole) -> bool:
    """Whether the family reads the pooled vector through a projection that the file lacks."""
    projected = any(stream.projected for stream in family.streams if stream.role == role)
    return projected and description.architecture == "clip" and description.projection is None


def needs_projection(description: Description) -> bool:
    """Whether a projection is all that the file lacks, and no image model takes it without."""
    answers = fits(description)
    return any(a.why == translate(_NO_PROJECTION) for a in answers) and not any(
        a.fits for a in answers
    )


def _roles(family: Family) -> Mapping[str, EncoderRole]:
    """Stream -> the encoder that reads it, each once, as far as files of its kind are known."""
    roles: dict[str, EncoderRole] = {}
    for stream in family.streams:
        role = stream.role
        if role and role.variants and stream.taken and role not in roles.values():
            roles[stream.name] = role
    return roles


def _compared_with(description: Description) -> str:
    """SigLIP is compared with CLIP, which it is mistaken for; DistilBERT with nothing."""
    if description.variant == "distilbert":
        return ""
    return description.architecture.replace("siglip", "clip")


def _distance(description: Description, role: EncoderRole) -> tuple[int, int]:
    return abs((description.width or 0) - role.width), abs((description.layers or 0) - role.layers)


def _difference(description: Description, role: EncoderRole) -> str:
    if description.architecture == "siglip":
        return translate("SigLIP has another vocabulary and reads a prompt without a causal mask")
    if description.width != role.width:
        return translate(
            "{role} is {wanted} wide, this is {width} wide",
            role=role.title,
            wanted=role.width,
            width=description.width,
        )
    if description.layers != role.layers:
        return translate(
            "{role} has {wanted} layers, this has {layers}",
            role=role.title,
            wanted=role.layers,
            layers=description.layers,
        )
    vocabulary, _ = HOST_SIZES.get(role, (None, 0))
    if vocabulary and description.vocabulary not in (None, vocabulary):
        return translate(
            "this is {title}, as wide, but with another vocabulary of {pieces:,} pieces instead of "
            "{wanted:,}",
            title=localized(description.title),
            pieces=description.vocabulary,
            wanted=vocabulary,
        )
    return translate(
        "this is {title}, of the same width but trained otherwise",
        title=localized(description.title),
    )


def _caveat(description: Description, family: Family, stream: str, role: EncoderRole) -> str:
    if description.variant == "long_clip" and stream in family.side_by_side:
        return translate(_LONG_BESIDE)
    own, *others = role.variants
    return "" if others and description.variant == own else translate(role.caveat)
