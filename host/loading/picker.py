"""Which files make which family: data, and the few functions that look it up.

A *role* is what an encoder can be in a family (`clip_l`, `t5xxl`): its architecture and the width
that the image model was trained to read. Families are those of `conditioning/families/table.py`. A
set of files that makes no sense is refused with the sets that would.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from ...conditioning.encoder_files.description import Description
from ...conditioning.errors import EncoderScopeError, UnknownName
from ...conditioning.families.table import FAMILIES

AUTO, ALONE = "auto", "encoder alone"
Roles = tuple[str, ...]
"""Sorted names."""


class Role(NamedTuple):
    title: str
    architecture: str
    variants: tuple[str, ...]
    size: str
    width: int
    layers: int


ROLES: dict[str, Role] = {
    "clip_l": Role("CLIP-L", "clip", ("clip", "long_clip"), "l", 768, 12),
    "clip_g": Role("CLIP-G", "clip", ("clip", "long_clip"), "g", 1280, 32),
    "clip_h": Role("CLIP-H", "clip", ("clip",), "h", 1024, 24),
    "t5xxl": Role("T5 v1.1 XXL", "t5", ("t5_v1_1",), "xxl", 4096, 24),
    "t5_11b": Role("T5 11B (the original)", "t5", ("t5",), "11b", 1024, 24),
    "t5base": Role("T5-base (the original)", "t5", ("t5",), "base", 768, 12),
    "pile_t5xl": Role("Pile-T5 XL", "t5", ("pile_t5",), "xl", 2048, 24),
    "umt5xxl": Role("UMT5-XXL", "t5", ("umt5",), "xxl", 4096, 24),
    "umt5base": Role("UMT5-base", "t5", ("umt5",), "base", 768, 12),
}

# Roles that only the host's own loaders build: named, so that a set with them is refused for the
# right reason.
HOST_ROLES = {"llm": "a language model", "bert": "Chinese CLIP (BERT)"}


def _subsets(*roles: str) -> tuple[Roles, ...]:
    return tuple(tuple(sorted(s)) for n in range(1, len(roles) + 1) for s in combinations(roles, n))


SETS: dict[str, tuple[Roles, ...]] = {
    "sd1": (("clip_l",),),
    "sd2": (("clip_h",),),
    "sdxl": (("clip_g", "clip_l"),),
    "sdxl_refiner": (("clip_g",),),
    "stable_cascade": (("clip_g",),),
    "sd3": _subsets("clip_l", "clip_g", "t5xxl"),
    "flux": (("clip_l", "t5xxl"),),
    "hidream": _subsets("clip_l", "clip_g", "t5xxl"),
    "pixart_alpha": (("t5xxl",),),
    "pixart": (("t5xxl",),),
    "chroma": (("t5xxl",),),
    "ltxv": (("t5xxl",),),
    "mochi": (("t5xxl",),),
    "cosmos": (("t5_11b",),),
    "wan": (("umt5xxl",),),
    "aura": (("pile_t5xl",),),
    "stable_audio": (("t5base",),),
    "ace": (("umt5base",),),
}
"""Family -> the sets of roles it can be built from."""

AUTOMATIC: dict[Roles, str] = {
    ("clip_l",): "sd1",
    ("clip_h",): "sd2",
    ("clip_g", "clip_l"): "sdxl",
    ("clip_g", "t5xxl"): "sd3",
    ("clip_g", "clip_l", "t5xxl"): "sd3",
    ("clip_l", "t5xxl"): "flux",
    ("t5_11b",): "cosmos",
    ("umt5xxl",): "wan",
    ("pile_t5xl",): "aura",
    ("t5base",): "stable_audio",
    ("umt5base",): "ace",
}
"""What `auto` makes of a set. A set of SETS that is missing here fits several families equally
well: `auto` asks.
"""

NEEDS_HOST: dict[str, str] = {
    "hunyuan_dit": "DualCLIPLoader or a checkpoint loader",
    "hunyuan_video": "DualCLIPLoader with type hunyuan_video",
    "hunyuan_video_15": "DualCLIPLoader with type hunyuan_video_15",
    "hunyuan_image": "DualCLIPLoader with type hunyuan_image",
    "lumina2": "CLIPLoader with type lumina2",
    "qwen_image": "CLIPLoader with type qwen_image",
    "z_image": "CLIPLoader with type lumina2",
    "omnigen2": "CLIPLoader with type omnigen2",
    "flux2": "CLIPLoader with type flux2",
}
"""Families with a language model: which of the host's loaders is right for them."""

MODELS: dict[str, str] = {
    "SD15": "sd1",
    "SD20": "sd2",
    "SDXL": "sdxl",
    "SDXLRefiner": "sdxl_refiner",
    "Stable_Cascade_C": "stable_cascade",
    "SD3": "sd3",
    "Flux2": "flux2",
    "Flux": "flux",
    "HiDream": "hidream",
    "PixArtSigma": "pixart",
    "PixArtAlpha": "pixart_alpha",
    "Chroma": "chroma",
    "LTXV": "ltxv",
    "GenmoMochi": "mochi",
    "CosmosT2V": "cosmos",
    "CosmosT2IPredict2": "cosmos",
    "WAN21_T2V": "wan",
    "AuraFlow": "aura",
    "StableAudio": "stable_audio",
    "ACEStep": "ace",
    "HunyuanDiT": "hunyuan_dit",
    "HunyuanImage21": "hunyuan_image",
    "HunyuanVideo15": "hunyuan_video_15",
    "HunyuanVideo": "hunyuan_video",
    "ZImage": "z_image",
    "Lumina2": "lumina2",
    "QwenImage": "qwen_image",
    "Omnigen2": "omnigen2",
}
"""Class in the host's `supported_models.py` -> family; a subclass that is not listed counts as its
nearest listed base.
"""


class NoFamily(EncoderScopeError):
    """A set of files that no family (or not the chosen one) is made of."""


def role_of(one: Description) -> str | None:
    """`None`: an encoder that no family takes."""
    if one.architecture in HOST_ROLES:
        return one.architecture
    for name, role in ROLES.items():
        same = (one.architecture, one.width) == (
            role.architecture,
            role.width,
        ) and one.variant in role.variants
        if (
            same
            and one.size in (role.size, "")
            and (one.architecture != "clip" or one.layers == role.layers)
        ):
            # a T5 of an unusual depth or width inside gives states that the image model can read:
            # it is reported
            return name
    return None


def family_of_model(model: object) -> str:
    """The family of a host MODEL, by the class of its configuration."""
    settings = getattr(getattr(model, "model", None), "model_config", None)
    names = [cls.__name__ for cls in type(settings).__mro__]
    found = next((MODELS[name] for name in names if name in MODELS), None)
    if found is None:
        raise NoFamily(
            f"The connected MODEL is a {names[0]}, whose text encoders EncoderScope does not know.",
            f"A MODEL of one of {_titles(dict.fromkeys(MODELS.values()))} was expected.",
            "Disconnect the MODEL and choose the family by its name.",
        )
    return found


def choose(
    given: Sequence[Description], wanted: str, from_model: str | None = None
) -> tuple[str, Mapping[str, int]]:
    """Family and, for each of its roles, which of the given files plays it. Raises
    :class:`NoFamily`.

    `wanted`: a family's name, `auto` or `encoder alone`. `from_model`: the family of the connected
    MODEL, which decides for `auto`.
    """
    if wanted not in (AUTO, ALONE, *SETS, *NEEDS_HOST):
        raise UnknownName("family", wanted, [AUTO, ALONE, *SETS])
    if wanted == AUTO and from_model:
        wanted = from_model
    elif from_model and wanted not in (from_model, ALONE):
        raise NoFamily(
            (
                f"The family is set to {_title(wanted)}, and the connected MODEL is of "
                f"{_title(from_model)}."
            ),
            "One family was expected.",
            "Set the family to auto, or disconnect the MODEL.",
        )
    roles = [role_of(one) for one in given]
    if wanted == ALONE or (wanted == AUTO and len(given) == 1 and roles[0] is None):
        return ALONE, {"alone": _only(given)}
    if wanted in NEEDS_HOST or any(role in HOST_ROLES for role in roles):
        raise _for_the_host(given, roles, wanted)
    _check_each_once(given, roles)
    found = tuple(sorted(role or "" for role in roles))
    family = _automatic(given, found) if wanted == AUTO else wanted
    if found not in SETS[family]:
        raise _does_not_fit(given, roles, family)
    return family, {role: roles.index(role) for role in found}


def _only(given: Sequence[Description]) -> int:
    if len(given) == 1:
        return 0
    raise NoFamily(
        f"{len(given)} files were given for '{ALONE}': {_list(given)}.",
        "One file was expected.",
        "Set the others to none.",
    )


def _check_each_once(given: Sequence[Description], roles: Sequence[str | None]) -> None:
    for role in dict.fromkeys(roles):
        if role and roles.count(role) > 1:
            same = [one for one, its in zip(given, roles, strict=True) if its == role]
            raise NoFamily(
                f"{len(same)} of the files are {ROLES[role].title}: {_list(same)}.",
                "Each encoder of a family is given once.",
                "Set one of them to none, or to the encoder that is missing.",
            )


def _automatic(given: Sequence[Description], found: Roles) -> str:
    if found in AUTOMATIC:
        return AUTOMATIC[found]
    several = [family for family, sets in SETS.items() if found in sets]
    if several:
        raise NoFamily(
            f"{_list(given)} alone fits {_titles(several)}.",
            "Nothing in a file tells which of them it is for.",
            "Choose the family by its name, or connect the MODEL it is for.",
        )
    strangers = [one.title for one in given if role_of(one) is None]
    why = f" No family takes {' or '.join(strangers)}." if strangers else ""
    raise NoFamily(
        f"No model takes {_list(given)} together.{why}",
        f"One of these was expected: {_sets_near(found)}.",
        f"Change the files, or load one of them with the family '{ALONE}'.",
    )


def _does_not_fit(
    given: Sequence[Description], roles: Sequence[str | None], family: str
) -> NoFamily:
    takes = " or ".join(_names(one) for one in SETS[family])
    usable = {role for one in SETS[family] for role in one}
    wrong = [one for one, role in zip(given, roles, strict=True) if role not in usable]
    tells = "; ".join(f"{one.title} has states {one.width} wide" for one in wrong if one.width)
    return NoFamily(
        f"{_title(family)} cannot be built from {_list(given)}{f' ({tells})' if tells else ''}.",
        f"It takes {takes}" + (f" ({_widths(usable)})" if wrong else "") + ".",
        "Choose those files, or the family that fits these"
        + (f": {fits}." if (fits := _fitting(roles)) else "."),
    )


def _for_the_host(
    given: Sequence[Description], roles: Sequence[str | None], wanted: str
) -> NoFamily:
    models = [one.title for one, role in zip(given, roles, strict=True) if role in HOST_ROLES]
    loader = NEEDS_HOST.get(
        wanted, "CLIPLoader, DualCLIPLoader or QuadrupleCLIPLoader with the model's type"
    )
    return NoFamily(
        f"{' and '.join(models)} is no CLIP, SigLIP or T5."
        if models
        else f"{_title(wanted)} reads with a language model.",
        f"This loader builds encoders of these three kinds; {'got ' + _list(given)}.",
        f"ComfyUI's own loader is right for it: {loader}.",
    )


def _fitting(roles: Sequence[str | None]) -> str:
    found = tuple(sorted(role or "" for role in roles))
    return _titles(family for family, sets in SETS.items() if found in sets)


def _sets_near(found: Roles) -> str:
    """Sets that share a role with what was given, shortest first; all of them where none does."""
    near = [
        (roles, family)
        for family, sets in SETS.items()
        for roles in sets
        if set(roles) & set(found)
    ]
    near = near or [(roles, family) for family, sets in SETS.items() for roles in sets[-1:]]
    chosen = {
        roles: AUTOMATIC.get(roles, family)
        for roles, family in sorted(near, key=lambda pair: len(pair[0]))
    }
    return "; ".join(f"{_names(roles)} ({_title(family)})" for roles, family in chosen.items())


def _title(family: str) -> str:
    return FAMILIES[family].title if family in FAMILIES else family


def _titles(families: Iterable[str]) -> str:
    return ", ".join(_title(family) for family in families)


def _names(roles: Iterable[str]) -> str:
    return " + ".join(ROLES[role].title for role in roles)


def _widths(roles: Iterable[str]) -> str:
    return ", ".join(f"{ROLES[role].title}: {ROLES[role].width} wide" for role in sorted(roles))


def _list(given: Sequence[Description]) -> str:
    return " and ".join(one.title for one in given)
