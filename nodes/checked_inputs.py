"""What a node is given is of the kind that it asks for. The host looks at the kinds of links alone:
a stranger's workflow may hold a number, a list or nothing in the place of a text, a choice or a
link, and NaN among numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from numbers import Integral, Real
from typing import Any, NamedTuple

import torch
from comfy_api.latest import io

from ..conditioning.errors import EncoderScopeError
from ..conditioning.translation import later, translatable
from ..host.ids import DUAL_ENCODER, JUDGE, TEXT_STATES
from ..host.language import in_language_of_editor
from ..host.memory_shortage import saying_what_helps, shortage_of
from .foreign_objects import UNEXPECTED, blamed_link

_WIDGETS: Mapping[str, tuple[type[Any], str]] = {
    "STRING": (str, translatable("A text was expected.")),
    "COMBO": (str, translatable("One of its choices was expected.")),
    "INT": (Integral, translatable("A whole number was expected.")),
    "FLOAT": (Real, translatable("A number was expected.")),
    "BOOLEAN": (int, translatable("Yes or no was expected.")),
}
"""The host's types of widgets -> the type of their values, and what is expected."""
_USED: Mapping[str, tuple[str, ...]] = {
    "CLIP": ("tokenizer", "tokenize", "cond_stage_model", "patcher"),
    "MODEL": ("model", "model_options", "clone"),
    "VAE": ("encode", "decode"),
    TEXT_STATES: ("steps",),
    DUAL_ENCODER: ("towers",),
}
"""The host's types of links -> what any object of the type has."""
_CLASSES: Mapping[str, tuple[type, ...]] = {
    "IMAGE": (torch.Tensor, list, tuple),
    JUDGE: (list, tuple),
}
_ITEMS: Mapping[str, str] = {"IMAGE": "movedim", JUDGE: "answer"}
"""The host's types of links -> what each of several in a list has."""


class Expected(NamedTuple):
    """What an input of a node takes."""

    name: str
    io_type: str
    optional: bool
    """Not connected, or (lazy) not asked for."""
    lowest: float = -math.inf
    highest: float = math.inf


def checking_inputs(node: type[io.ComfyNode]) -> type[io.ComfyNode]:
    """The node; before it is asked what it needs, and before it works, every input is checked. All
    that it says, where memory runs out, too, is in the language of the editor.
    """

    @cache  # a schema lists the files that there are
    def inputs() -> list[Expected]:
        return [
            Expected(
                entry.id,
                str(entry.get_io_type()),
                bool(entry.optional or entry.lazy),
                *_range(entry),
            )
            for entry in node.define_schema().inputs
        ]

    for name in ("check_lazy_status", "execute"):
        if name in vars(node):
            setattr(node, name, classmethod(_checking(getattr(node, name).__func__, inputs)))
    return node


def _checking(method: Callable[..., Any], inputs: Callable[[], list[Expected]]) -> Any:
    @wraps(method)
    @in_language_of_editor
    @saying_what_helps
    def checked(cls: type[io.ComfyNode], *values: Any, **named: Any) -> Any:
        require_kinds(inputs(), named)
        try:
            return method(cls, *values, **named)
        except EncoderScopeError:
            raise
        except UNEXPECTED as error:
            blamed = None
            if shortage_of(error) is None:
                links = [each.name for each in inputs() if each.io_type in _USED]
                blamed = blamed_link(error, links, named)
            if blamed is None:
                raise  # itself: held by nothing, so that what its frames hold on a card goes, too
            raise blamed from error

    return checked


def _range(entry: io.Input) -> tuple[float, float]:
    lowest, highest = getattr(entry, "min", None), getattr(entry, "max", None)
    return (-math.inf if lowest is None else lowest, math.inf if highest is None else highest)


def require_kinds(expected: Iterable[Expected], values: Mapping[str, Any]) -> None:
    """Raises :class:`EncoderScopeError` for a value of another kind than its input takes, and for
    a number outside of its range: the host looks at the numbers of widgets alone.
    """
    for each in expected:
        if each.name not in values:
            continue
        value = values[each.name]
        if not _fits(each, value):
            link = translatable("A link of the type {type} was expected.")
            _, requirement = _WIDGETS.get(each.io_type, (None, link))
        elif each.io_type in ("INT", "FLOAT") and not each.lowest <= value <= each.highest:
            requirement = translatable("A number from {lowest} to {highest} was expected.")
        else:
            continue
        raise EncoderScopeError(
            "The input {name!r} is {value}.",
            requirement,
            "Set it in the node, or connect it: the workflow may be damaged.",
            name=each.name,
            value=shown(value),
            type=each.io_type,
            lowest=each.lowest,
            highest=each.highest,
        )


def _fits(expected: Expected, value: Any) -> bool:
    if expected.io_type in _WIDGETS:
        value_type, _ = _WIDGETS[expected.io_type]
        if not isinstance(value, value_type):
            return False
        return expected.io_type != "FLOAT" or abs(value) < math.inf
    if value is None:
        return expected.optional
    return not is_json(value) and _is_of_type(expected.io_type, value)


def _is_of_type(io_type: str, value: Any) -> bool:
    """Whether an object can be what a link of this type carries."""
    if not isinstance(value, _CLASSES.get(io_type, object)):
        return False
    if io_type == "IMAGE" and isinstance(value, torch.Tensor):
        return value.layout is torch.strided and not value.is_meta
    if isinstance(value, (list, tuple)) and io_type in _ITEMS:
        return all(_has(item, _ITEMS[io_type]) for item in value)
    return all(_has(value, name) for name in _USED.get(io_type, ()))


def _has(value: Any, name: str) -> bool:
    try:
        return getattr(value, name, None) is not None
    except Exception:  # whatever another pack's object does when it is asked
        return False


def shown(value: Any) -> str:
    """A value in a sentence."""
    if isinstance(value, (str, int, float)):
        return repr(value)[:100]
    names = {list: later("a list"), dict: later("an object"), type(None): later("empty")}
    other = later("of the type {type}", type=type(value).__name__)
    return names.get(type(value), other)


def is_json(value: Any) -> bool:
    """Whether a workflow's file can hold this; an empty list may be what a node gives."""
    if isinstance(value, list) and not value:
        return False
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
