"""Which files make which family: which encoder plays which of its roles, or why none does.

Families, their sets of roles and the roles themselves are those of `conditioning/families`. A set
of files that makes no sense is refused with the sets that would.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...conditioning.encoder_files import fits, host_loader, sentences
from ...conditioning.encoder_files.description import Description
from ...conditioning.errors import EncoderScopeError, UnknownName
from ...conditioning.families.family import RoleSet
from ...conditioning.families.roles import CLIP_H, EncoderRole
from ...conditioning.families.table import FAMILIES
from ...conditioning.families.table import ROLES as ALL_ROLES
from ...conditioning.translation import (
    Deferred,
    deferred,
    either,
    in_turn,
    later,
    later_count,
    localized,
    translatable,
)

AUTO, ALONE = "auto", "encoder alone"
HOST_ARCHITECTURES = ("llm", "bert", "t5gemma", "xlm_roberta")
"""Encoders that only the host's own loaders build: they count as roles of these names, so that a
set with them is refused for the right reason.
"""
SETS: dict[str, tuple[RoleSet, ...]] = {
    name: family.sets for name, family in FAMILIES.items() if family.sets
}
"""Family -> the sets of roles it can be built from."""
ROLES: dict[str, EncoderRole] = {
    name: ALL_ROLES[name] for sets in SETS.values() for roles in sets for name in roles
}
AUTOMATIC: dict[RoleSet, str] = {
    roles: name for name, family in FAMILIES.items() for roles in family.automatic
}
"""What `auto` makes of a set. A set of SETS that is missing here fits several families equally
well: `auto` asks.
"""
NEEDS_HOST: dict[str, str] = {
    name: family.host_loader
    for name, family in FAMILIES.items()
    if family.model_classes and not family.sets
}
"""Families that only the host builds, as far as a MODEL can ask for them: which of its loaders is
right for them.
"""
MODELS: dict[str, str] = {
    model: name for name, family in FAMILIES.items() for model in family.model_classes
}
"""Class in the host's `supported_models.py` -> family; a subclass that is not listed counts as its
nearest listed base.
"""


class NoFamily(EncoderScopeError):
    """A set of files that no family (or not the chosen one) is made of."""


def role_of(description: Description) -> str | None:
    """The role that an encoder plays; `None`: one that no family takes.

    A T5 of an unusual depth or width inside gives states that the image model can read: it keeps
    its role, and the report says so.
    """
    if description.architecture in HOST_ARCHITECTURES:
        return description.architecture
    return next((name for name, role in ROLES.items() if _plays(description, role)), None)


def _plays(description: Description, role: EncoderRole) -> bool:
    return (
        description.architecture == role.architecture
        and description.width == role.width
        and description.variant in role.variants
        and description.size in (role.size, "")
        and (description.architecture != "clip" or role.layers in _depths(description))
    )


def _depths(description: Description) -> tuple[int | None, ...]:
    """Layers of a CLIP; CLIP-H without its last one counts as whole (`read_clip.py`)."""
    layers = description.layers
    if description.size == "h":
        return layers, CLIP_H.layers
    return (layers,)


def family_of_model(model: object) -> str:
    """The family of a host MODEL, by the class of its configuration. Raises :class:`NoFamily`."""
    settings = getattr(getattr(model, "model", None), "model_config", None)
    names = [cls.__name__ for cls in type(settings).__mro__]
    for name in names:
        if name in MODELS:
            return MODELS[name]
    raise NoFamily(
        "The connected MODEL is a {model}, whose text encoders EncoderScope does not know.",
        "A MODEL of one of {titles} was expected.",
        "Disconnect the MODEL and choose the family by its name.",
        model=names[0],
        titles=_titles(dict.fromkeys(MODELS.values())),
    )


def choose(
    descriptions: Sequence[Description], choice: str, from_model: str | None = None
) -> tuple[str, Mapping[str, int]]:
    """Family and, for each of its roles, which of the files plays it. Raises :class:`NoFamily`.

    `choice`: a family's name, `auto` or `encoder alone`. `from_model`: the family of the connected
    MODEL, which decides for `auto`.
    """
    choice = _with_model(choice, from_model)
    roles = [role_of(description) for description in descriptions]
    if choice in (ALONE, AUTO) and any(role in HOST_ARCHITECTURES for role in roles):
        raise _for_the_host(descriptions, roles, choice)
    if choice == ALONE or (choice == AUTO and roles == [None]):
        return ALONE, {"alone": _only(descriptions)}
    if choice in NEEDS_HOST or any(role in HOST_ARCHITECTURES for role in roles):
        raise _for_the_host(descriptions, roles, choice)
    _check_each_once(descriptions, roles)
    role_set = _role_set(roles)
    family = choice
    if choice == AUTO:
        family = _automatic(descriptions, role_set)
    if role_set not in SETS[family]:
        raise _does_not_fit(descriptions, roles, family)
    return family, {role: roles.index(role) for role in role_set}


def _with_model(choice: str, from_model: str | None) -> str:
    """The family that was chosen, by name or by the connected MODEL."""
    if choice not in (AUTO, ALONE, *SETS, *NEEDS_HOST):
        raise UnknownName("family", choice, [AUTO, ALONE, *SETS])
    if choice == AUTO and from_model:
        return from_model
    if from_model and choice not in (from_model, ALONE):
        raise NoFamily(
            "The family is set to {choice}, and the connected MODEL is of {model}.",
            "One family was expected.",
            "Set the family to auto, or disconnect the MODEL.",
            choice=_title(choice),
            model=_title(from_model),
        )
    return choice


def _role_set(roles: Iterable[str | None]) -> RoleSet:
    return tuple(sorted(role or "" for role in roles))


def _only(descriptions: Sequence[Description]) -> int:
    if len(descriptions) == 1:
        return 0
    raise NoFamily(
        "Several encoders were given for '{alone}': {files}.",
        "One encoder was expected.",
        "Choose one file that holds a single encoder, and set the others to none.",
        alone=ALONE,
        files=_list(descriptions),
    )


def _check_each_once(descriptions: Sequence[Description], roles: Sequence[str | None]) -> None:
    for role in dict.fromkeys(roles):
        if role and roles.count(role) > 1:
            same = [file for file, its in zip(descriptions, roles, strict=True) if its == role]
            problem = translatable("Several of the files are {title}.")
            if len({file.title for file in same}) > 1:
                problem = translatable("Several of the files are {title}: {files}.")
            raise NoFamily(
                problem,
                "Each encoder of a family is given once.",
                "Set one of them to none, or to the encoder that is missing.",
                title=ROLES[role].title,
                files=_list(same),
            )


def _automatic(descriptions: Sequence[Description], role_set: RoleSet) -> str:
    if role_set in AUTOMATIC:
        return AUTOMATIC[role_set]
    several = [family for family, sets in SETS.items() if role_set in sets]
    if several:
        raise NoFamily(
            "{files} alone fits {titles}.",
            "Nothing in a file tells which of them it is for.",
            "Choose the family by its name, or connect the MODEL it is for.",
            files=_list(descriptions),
            titles=_titles(several),
        )
    strangers = list(dict.fromkeys(f.title for f in descriptions if role_of(f) is None))
    problem = later("No model takes {files} together.", files=_list(descriptions))
    if strangers:
        others = deferred(lambda: either(sentences.shortened(list(map(localized, strangers)))))
        problem = in_turn([problem, later("No family takes {files}.", files=others)])
    raise NoFamily(
        problem,
        "One of these was expected: {sets}.",
        "Change the files, or load one of them with the family '{alone}'.",
        sets=_sets_near(role_set),
        alone=ALONE,
    )


def _does_not_fit(
    descriptions: Sequence[Description], roles: Sequence[str | None], family: str
) -> NoFamily:
    usable = {role for role_set in SETS[family] for role in role_set}
    wrong = [file for file, role in zip(descriptions, roles, strict=True) if role not in usable]
    fitting = _titles(name for name, sets in SETS.items() if _role_set(roles) in sets)
    problem = later(
        "{family} cannot be built from {files}.", family=_title(family), files=_list(descriptions)
    )
    expected = [later("It takes {encoders}.", encoders=_any_of(SETS[family]))]
    if any(file.width not in _widths_of(usable) for file in wrong):
        expected.append(later("Widths: {widths}.", widths=_widths(usable)))
    remedies = [later("Choose those files."), *(_takers(file) for file in wrong)]
    if fitting:
        other = later("Choose those files, or the family that fits: {families}.", families=fitting)
        remedies = [other]
    widths = _widths_of(usable)  # of one file alone the expected widths say enough
    telling = [file for file in wrong if len(descriptions) > 1 or file.width in widths]
    reasons = [_reason(file, usable) for file in telling]
    return NoFamily(in_turn([problem, *reasons]), in_turn(expected), in_turn(remedies))


def _any_of(sets: Sequence[RoleSet]) -> Deferred:
    return deferred(lambda: either([_names(role_set) for role_set in sets]))


def _reason(file: Description, usable: Iterable[str]) -> Deferred:
    """Why a file plays none of these roles: the most telling difference."""
    alike = [ROLES[name] for name in usable if ROLES[name].architecture == file.architecture]
    if file.width not in _widths_of(usable):
        template = translatable("{title} has states of width {width}.")
    elif file.architecture == "clip" and file.layers not in [role.layers for role in alike]:
        template = translatable("{title} has the same width, {width}, but {layers} layers.")
    elif file.vocabulary:
        template = translatable(
            "{title} has the same width, {width}, but another vocabulary, of {pieces:,} pieces."
        )
    else:
        template = translatable("{title} has the same width, {width}, but was trained otherwise.")
    return later(
        template, title=file.title, width=file.width, layers=file.layers, pieces=file.vocabulary
    )


def _takers(file: Description) -> Deferred:
    """The families that take a file, in a sentence."""
    role = role_of(file)
    families = [name for name, sets in SETS.items() if any(role in roles for roles in sets)]
    if not families:
        return later("No image model takes {files}.", files=file.title)
    return later("{title} is for {families}.", title=file.title, families=_titles(families))


def _for_the_host(
    descriptions: Sequence[Description], roles: Sequence[str | None], choice: str
) -> NoFamily:
    others = [
        file for file, role in zip(descriptions, roles, strict=True) if role in HOST_ARCHITECTURES
    ]
    if others:
        problem = _begun_large(
            later_count(
                "{files} is no CLIP, SigLIP or T5.",
                "{files} are no CLIP, SigLIP or T5.",
                len(others),
                files=_list(others),
            )
        )
    else:
        problem = later("{family} reads with a language model.", family=_title(choice))
    if others and not _host_takes(descriptions):
        return NoFamily(
            problem,
            "A text encoder that an image model reads was expected; got {files}.",
            "No image model takes {others}: choose the model's own text encoder.",
            files=_list(descriptions),
            others=_list(others),
        )
    return NoFamily(
        problem,
        "This loader builds encoders of these three kinds; got {files}.",
        _loader_for(descriptions, choice),
        files=_list(descriptions),
    )


def _loader_for(descriptions: Sequence[Description], choice: str) -> Deferred:
    """What loads encoders that ours does not build."""
    if any(file.key_style == "gguf" for file in descriptions):
        return later(
            "ComfyUI itself reads no GGUF: the loaders of the pack ComfyUI-GGUF do. Or choose a "
            ".safetensors version, with ComfyUI's own loader."
        )
    models = [file for file in descriptions if file.architecture in HOST_ARCHITECTURES]
    if not all(map(host_loader.host_finds, models)):
        return later(
            "ComfyUI's own loader is right for it, and knows other names of its tensors: take the "
            "version of this model that was made for ComfyUI."
        )
    usual = later("CLIPLoader, DualCLIPLoader or QuadrupleCLIPLoader with the model's type")
    loader = NEEDS_HOST.get(choice, usual)
    if not models:
        return later("Choose its language model in ComfyUI's own loader: {loader}.", loader=loader)
    return later("ComfyUI's own loader is right for it: {loader}.", loader=loader)


def _host_takes(descriptions: Sequence[Description]) -> bool:
    """Whether some image model reads each encoder that only the host builds."""
    return all(
        any(fit.fits for fit in fits.fits(description))
        for description in descriptions
        if description.architecture in HOST_ARCHITECTURES
    )


def _sets_near(role_set: RoleSet) -> str:
    """Sets that share a role with what was given, shortest first; all of them where none does."""
    near = [
        (roles, family)
        for family, sets in SETS.items()
        for roles in sets
        if set(roles) & set(role_set)
    ]
    near = near or [(roles, family) for family, sets in SETS.items() for roles in sets[-1:]]
    family_of = {
        roles: AUTOMATIC.get(roles, family)
        for roles, family in sorted(near, key=lambda pair: len(pair[0]))
    }
    return "; ".join(f"{_names(roles)} ({_title(family)})" for roles, family in family_of.items())


def _title(family: str) -> str:
    return FAMILIES[family].title


def _titles(families: Iterable[str]) -> str:
    return ", ".join(_title(family) for family in families)


def _names(roles: Iterable[str]) -> str:
    return " + ".join(ROLES[role].title for role in roles)


def _widths_of(roles: Iterable[str]) -> set[int]:
    return {ROLES[role].width for role in roles}


def _widths(roles: Iterable[str]) -> str:
    return ", ".join(f"{ROLES[role].title} {ROLES[role].width}" for role in sorted(roles))


def _list(descriptions: Sequence[Description]) -> Deferred:
    return sentences.titles(descriptions)


def _begun_large(sentence: Deferred) -> Deferred:
    """With a capital letter: a file's title may begin with *an*."""
    return deferred(lambda: (text := localized(sentence))[:1].upper() + text[1:])
