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
from ...conditioning.reports.wording import verb
from ...conditioning.translation import joined

AUTO, ALONE = "auto", "encoder alone"
HOST_ARCHITECTURES = ("llm", "bert")
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
        f"The connected MODEL is a {names[0]}, whose text encoders EncoderScope does not know.",
        f"A MODEL of one of {_titles(dict.fromkeys(MODELS.values()))} was expected.",
        "Disconnect the MODEL and choose the family by its name.",
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
            f"The family is set to {_title(choice)}, and the connected MODEL is of "
            f"{_title(from_model)}.",
            "One family was expected.",
            "Set the family to auto, or disconnect the MODEL.",
        )
    return choice


def _role_set(roles: Iterable[str | None]) -> RoleSet:
    return tuple(sorted(role or "" for role in roles))


def _only(descriptions: Sequence[Description]) -> int:
    if len(descriptions) == 1:
        return 0
    raise NoFamily(
        f"{len(descriptions)} encoders were given for '{ALONE}': {_list(descriptions)}.",
        "One was expected.",
        "Choose one file that holds a single encoder, and set the others to none.",
    )


def _check_each_once(descriptions: Sequence[Description], roles: Sequence[str | None]) -> None:
    for role in dict.fromkeys(roles):
        if role and roles.count(role) > 1:
            same = [file for file, its in zip(descriptions, roles, strict=True) if its == role]
            titles = ""
            if len({file.title for file in same}) > 1:
                titles = f": {_list(same)}"
            raise NoFamily(
                f"{len(same)} of the files are {ROLES[role].title}{titles}.",
                "Each encoder of a family is given once.",
                "Set one of them to none, or to the encoder that is missing.",
            )


def _automatic(descriptions: Sequence[Description], role_set: RoleSet) -> str:
    if role_set in AUTOMATIC:
        return AUTOMATIC[role_set]
    several = [family for family, sets in SETS.items() if role_set in sets]
    if several:
        raise NoFamily(
            f"{_list(descriptions)} alone fits {_titles(several)}.",
            "Nothing in a file tells which of them it is for.",
            "Choose the family by its name, or connect the MODEL it is for.",
        )
    strangers = list(dict.fromkeys(f.title for f in descriptions if role_of(f) is None))
    why = ""
    if strangers:
        why = f" No family takes {' or '.join(sentences.shortened(strangers))}."
    raise NoFamily(
        f"No model takes {_list(descriptions)} together.{why}",
        f"One of these was expected: {_sets_near(role_set)}.",
        f"Change the files, or load one of them with the family '{ALONE}'.",
    )


def _does_not_fit(
    descriptions: Sequence[Description], roles: Sequence[str | None], family: str
) -> NoFamily:
    takes = " or ".join(_names(role_set) for role_set in SETS[family])
    usable = {role for role_set in SETS[family] for role in role_set}
    wrong = [file for file, role in zip(descriptions, roles, strict=True) if role not in usable]
    fitting = _titles(name for name, sets in SETS.items() if _role_set(roles) in sets)
    problem = f"{_title(family)} cannot be built from {_list(descriptions)}"
    expected = f"It takes {takes}"
    if wrong:
        alone = len(descriptions) == 1
        reasons = [_reason(file, usable, "it" if alone else file.title) for file in wrong]
        problem += f" ({'; '.join(reasons)})"
    if any(file.width not in _widths_of(usable) for file in wrong):
        expected += f" ({_widths(usable)})"
    if fitting:
        remedies = [f"Choose those files, or the family that fits these: {fitting}."]
    else:
        remedies = ["Choose those files.", *(_takers(file) for file in wrong)]
    return NoFamily(f"{problem}.", f"{expected}.", " ".join(remedies))


def _reason(file: Description, usable: Iterable[str], name: str) -> str:
    """Why a file plays none of these roles: the most telling difference."""
    alike = [ROLES[name] for name in usable if ROLES[name].architecture == file.architecture]
    if file.width not in _widths_of(usable):
        return f"{name} has states {file.width} wide"
    as_wide = f"{name} is {file.width} wide too, but"
    if file.architecture == "clip" and file.layers not in [role.layers for role in alike]:
        return f"{as_wide} has {file.layers} layers"
    if file.vocabulary:
        return f"{as_wide} has another vocabulary, of {file.vocabulary:,} pieces"
    return f"{as_wide} was trained otherwise"


def _takers(file: Description) -> str:
    """The families that take a file, in a sentence."""
    role = role_of(file)
    families = [name for name, sets in SETS.items() if any(role in roles for roles in sets)]
    if not families:
        return f"No image model takes {file.title}."
    return f"{file.title} is for {_titles(families)}."


def _for_the_host(
    descriptions: Sequence[Description], roles: Sequence[str | None], choice: str
) -> NoFamily:
    others = [
        file.title
        for file, role in zip(descriptions, roles, strict=True)
        if role in HOST_ARCHITECTURES
    ]
    if others:
        named = joined(others)
        named = named[:1].upper() + named[1:]
        problem = f"{named} {verb(len(others), 'is', 'are')} no CLIP, SigLIP or T5."
    else:
        problem = f"{_title(choice)} reads with a language model."
    if others and not _host_takes(descriptions):
        return NoFamily(
            problem,
            f"A text encoder that an image model reads was expected; got {_list(descriptions)}.",
            f"No image model takes {' or '.join(others)}: choose the model's own text encoder.",
        )
    return NoFamily(
        problem,
        f"This loader builds encoders of these three kinds; got {_list(descriptions)}.",
        _loader_for(descriptions, choice),
    )


def _loader_for(descriptions: Sequence[Description], choice: str) -> str:
    """What loads encoders that ours does not build."""
    if any(file.key_style == "gguf" for file in descriptions):
        return (
            "ComfyUI itself reads no GGUF: the loaders of the pack ComfyUI-GGUF do. Or choose a "
            ".safetensors version, with ComfyUI's own loader."
        )
    models = [file for file in descriptions if file.architecture in HOST_ARCHITECTURES]
    if not all(map(host_loader.host_finds, models)):
        return (
            "ComfyUI's own loader is right for it, and knows other names of its tensors: take the "
            "version of this model that was made for ComfyUI."
        )
    loader = NEEDS_HOST.get(
        choice, "CLIPLoader, DualCLIPLoader or QuadrupleCLIPLoader with the model's type"
    )
    if not models:
        return f"Choose its language model in ComfyUI's own loader: {loader}."
    return f"ComfyUI's own loader is right for it: {loader}."


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
    return ", ".join(f"{ROLES[role].title}: {ROLES[role].width} wide" for role in sorted(roles))


def _list(descriptions: Sequence[Description]) -> str:
    return joined(sentences.shortened([file.title for file in descriptions]))
