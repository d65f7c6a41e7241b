"""The adapter to the host: its CLIP objects, its folders, its progress. Nothing else of the pack
looks inside the host.

Tokens are the host's own. :func:`record` runs the host's tokenizer itself, on a shallow copy whose
vocabularies also write down what they were asked, and hands both to the core. No weight, window, id
or template rule of the host is repeated here.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ..conditioning.errors import EncoderScopeError, HostRefused, UnknownName
from ..conditioning.families import table
from ..conditioning.tokens.recording import Origin, StreamRecording
from ..conditioning.tokens.word_ids import numbered, recorded_ids
from ..conditioning.vocabulary import unknown_id
from .recorder import Heard, Probe, heard_as, shadow_of

_UNLIMITED = 1_000_000  # the host writes 99999999 for "no maximum"


class Recorded(NamedTuple):
    streams: list[StreamRecording]
    family: table.Family | None


class TokenizerOnly:
    """The tokenizing half of a CLIP object: no weights. ``absent``: streams whose encoder the CLIP
    it came from does not hold.
    """

    def __init__(
        self,
        tokenizer: Any,
        options: dict[str, Any] | None = None,
        absent: frozenset[str] = frozenset(),
    ) -> None:
        self.tokenizer, self.tokenizer_options, self.absent = tokenizer, options or {}, absent

    def tokenize(self, text: str, return_word_ids: bool = False, **kwargs: Any) -> Any:
        if self.tokenizer_options:
            kwargs["tokenizer_options"] = {
                **self.tokenizer_options,
                **kwargs.get("tokenizer_options", {}),
            }
        return self.tokenizer.tokenize_with_weights(text, return_word_ids, **kwargs)


def tokenizer_only(name: str) -> TokenizerOnly:
    """The running host's own tokenizer for a family, without any model file. Built once and kept.

    Raises :class:`UnknownName`, or :class:`EncoderScopeError` for families whose vocabulary travels
    in the model file.
    """
    family = table.FAMILIES.get(name)
    if family is None:
        raise UnknownName("family", name, sorted(table.FAMILIES))
    if family.tokenizer_in_file:
        raise EncoderScopeError(
            (
                f"{family.title} keeps its vocabulary inside the text encoder's file, so "
                "there is nothing to read without it."
            ),
            "A CLIP input was expected.",
            "Connect a CLIP loader with that file.",
        )
    return _build(family)


def _tokenizer_paths(family: table.Family) -> Sequence[str]:
    shared = [f for f in table.FAMILIES.values() if family.name in f.stands_for]
    return family.tokenizers or tuple(path for f in shared for path in f.tokenizers)


def family_names() -> list[str]:
    """Families that this host has a tokenizer for, in the table's order."""
    names = []
    for family in table.FAMILIES.values():
        if not family.stands_for and any(
            _exists(path, family.newer) for path in _tokenizer_paths(family)
        ):
            names.append(family.name)
    return names


def _exists(path: str, newer: bool) -> bool:
    module, _, cls = path.rpartition(".")
    if importlib.util.find_spec(module) is None:
        return False
    return not newer or hasattr(importlib.import_module(module), cls)


@lru_cache(maxsize=32)
def _build(family: table.Family) -> TokenizerOnly:
    for path in _tokenizer_paths(family):
        module, _, cls = path.rpartition(".")
        try:
            made = getattr(importlib.import_module(module), cls)
        except (ImportError, AttributeError):
            continue  # another version of the host
        return TokenizerOnly(made(embedding_directory=embedding_folders()))
    raise EncoderScopeError(
        f"This ComfyUI has no tokenizer for {family.title}.",
        f"One of {', '.join(_tokenizer_paths(family))} was expected.",
        "Update ComfyUI, or connect a CLIP.",
    )


def detached(clip: Any, family: table.Family | None) -> TokenizerOnly:
    """The tokenizing half of ``clip``, to keep after its weights are gone."""
    absent = (
        frozenset(r.name for r in family.streams if _encoder(clip, r.name, family) is None)
        if family
        else frozenset()
    )
    return TokenizerOnly(clip.tokenizer, dict(getattr(clip, "tokenizer_options", {})), absent)


def embedding_folders() -> list[str]:
    import folder_paths

    return list(folder_paths.get_folder_paths("embeddings"))


def embedding_names() -> list[str]:
    """Names of all textual inversions the host can load, as they are written after
    ``embedding:``.
    """
    import folder_paths

    return [name.rsplit(".", 1)[0] for name in folder_paths.get_filename_list("embeddings")]


def version() -> str | None:
    """ "ComfyUI 0.3.75", or ``None`` when the host does not say."""
    try:
        return f"ComfyUI {importlib.import_module('comfyui_version').__version__}"
    except (ImportError, AttributeError):
        return None


def require_clip(clip: Any) -> None:
    """Refuses the CLIP of a checkpoint that has none."""
    if clip is None:
        raise EncoderScopeError(
            "No CLIP arrived: the checkpoint holds no text encoder.",
            "A CLIP was expected.",
            (
                "Load the text encoders with Load Text Encoders (EncoderScope) or the host's "
                "CLIP loaders."
            ),
        )


def record(clip: Any, text: str, family: table.Family | None = None) -> Recorded:
    """Tokenise ``text`` as ``clip`` does and keep what every vocabulary was asked.

    ``clip`` is the host's ``comfy.sd.CLIP``, or anything with its ``tokenize`` and ``tokenizer``.
    ``family`` overrides the layout that the object's classes tell. Raises :class:`HostRefused` when
    the host's own tokenizer fails on this text.
    """
    shadow, listeners = shadow_of(clip)
    try:
        tokens = shadow.tokenize(text, return_word_ids=True)
    except Exception as error:
        raise HostRefused(
            f"ComfyUI's tokenizer cannot read this prompt ({type(error).__name__}: {error}).",
            "Any text node would fail on it, not only this one.",
            "Look for 'embedding:' without a name, or for very deeply nested brackets.",
        ) from error
    layout, probe = family or family_of(clip), Probe(clip)
    streams = [
        _stream(
            name,
            windows,
            heard_as(name, windows, listeners),
            text,
            probe,
            _encoder(clip, name, layout),
        )
        for name, windows in by_stream(clip, tokens).items()
    ]
    order = [rule.name for rule in layout.streams] if layout else []
    streams.sort(
        key=lambda stream: order.index(stream.name) if stream.name in order else len(order)
    )
    return Recorded(streams, layout)


def by_stream(clip: Any, tokens: Any) -> dict[str, Any]:
    """The windows of each stream in what ``clip`` made of a prompt.

    Newer hosts put other things beside the streams (ACE 1.5's metadata), and give the windows alone
    where a CLIP is one bare encoder.
    """
    named = (
        tokens
        if isinstance(tokens, dict)
        else {getattr(clip.tokenizer, "embedding_key", "tokens"): tokens}
    )
    return {name: value for name, value in named.items() if _are_windows(value)}


def _are_windows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(window, list) for window in value)


def family_of(clip: Any) -> table.Family | None:
    """The layout of a CLIP object, from the classes of its tokenizer and of its encoders."""
    model = getattr(clip, "cond_stage_model", None)
    return table.by_host_classes(
        _qualified(type(clip.tokenizer)), [_qualified(c) for c in type(model).__mro__]
    )


def _qualified(cls: type) -> str:
    """A class that the host makes inside a function has the name it would have outside."""
    return f"{cls.__module__}.{cls.__qualname__.rpartition('<locals>.')[2]}"


_ANY_ENCODER = (
    object()
)  # nothing is known against it: a tokenizer without weights, or an unknown layout


def _encoder(clip: Any, name: str, family: table.Family | None) -> Any:
    """The encoder of a stream, ``None`` when this CLIP holds none."""
    model = getattr(clip, "cond_stage_model", None)
    rule = next((r for r in family.streams if r.name == name), None) if family else None
    if name in getattr(clip, "absent", ()):
        return None
    if model is None or rule is None or not rule.encoder:
        return _ANY_ENCODER
    return getattr(model, rule.encoder, None)


def _stream(
    name: str, windows: Any, heard: Heard | None, text: str, probe: Probe, encoder: Any
) -> StreamRecording:
    if heard is None:
        unheard = numbered(windows, (), ())
        return StreamRecording(
            name, text, True, unheard, (), Origin(0, 0, traced=False), encoded=encoder is not None
        )
    sub = heard.listener.sub
    capacity = sub.max_length - (sub.start_token is not None) - (sub.end_token is not None)
    unknown = unknown_id(heard.listener.vocabulary)
    return StreamRecording(
        name=name,
        source=heard.source(),
        weights=heard.weights,
        windows=numbered(windows, heard.windows, recorded_ids(heard.events), sub.start_token),
        events=heard.events,
        origin=probe.origin(text, heard),
        capacity=capacity if sub.max_length < _UNLIMITED else None,
        start_id=sub.start_token,
        end_id=sub.end_token,
        unknown_id=unknown
        if unknown != sub.end_token
        else None,  # CLIP names its end token as the unknown one and never emits it
        encoded=encoder is not None,
        masking_id=_masking_id(encoder),
        pad_id=sub.pad_token,
    )


def _masking_id(encoder: Any) -> int | None:
    """The id from which on an encoder hides the rest of a window, from its own attention and from
    whoever takes its sequence.
    """
    told = getattr(encoder, "zero_out_masked", False) or getattr(
        encoder, "return_attention_masks", False
    )
    if not (told and getattr(encoder, "enable_attention_masks", False)):
        return None
    special = encoder.special_tokens
    found = special.get("end", special.get("pad"))
    return found if isinstance(found, int) else None


def load(clip: Any) -> None:
    """To where it computes. Some models of newer hosts estimate their memory from tokens, and
    cannot do it from none.
    """
    estimates = hasattr(clip.cond_stage_model, "memory_estimation_function")
    clip.load_model(*([clip.tokenize("a")] if estimates else []))


def is_dynamic(patcher: Any) -> bool:
    """Newer hosts on NVIDIA GPUs: weights stay where they are, and come to the GPU for each product
    (dynamic VRAM).
    """
    asked = getattr(patcher, "is_dynamic", None)
    return asked is not None and bool(asked())
