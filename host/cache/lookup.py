"""Asks the cache before the encoder is loaded, and stores what had to be encoded. The rules are
those of docs/decisions/0008-cache.md.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import comfy.model_management
import torch

from ...conditioning.cache import entry
from ...conditioning.cache.key import CacheKey, Fingerprints, cache_key
from ...conditioning.cache.store import GIB, Store
from ...conditioning.errors import EncoderScopeError
from ...conditioning.tokens.text_length import require_encodable
from ...conditioning.translation import current_language, listed, translatable, translate
from .. import clip as host_clip
from .. import progress_bar as host_progress
from . import environment, graph_files, stale_clip
from .graph import FileRead, graph_key

FOLDER = "ENCODERSCOPE_CONDITIONINGS"
"""Environment variable: another folder for the cache, such as one that several machines share."""
_MOST_PENDING = 16
_pending: dict[tuple[str, str], CacheAnswer] = {}
"""(node, text) -> what the cache answered before the CLIP was asked for, until the node runs."""
_last_keys: dict[str, CacheKey] = {}
"""Node -> the key of its last run, to say what changed."""


@dataclass(frozen=True)
class CacheAnswer:
    """What the cache holds for a query."""

    key: CacheKey | None
    no_key_reason: str
    """Why there is no key; empty where there is one."""
    files: tuple[FileRead, ...] = ()
    nodes_run: frozenset[str] | None = None
    """Those that had run before the key was made."""
    asked_at: float = 0.0
    unpacked: entry.Unpacked | None = None
    """The entry; None where nothing is stored."""
    bytes: int = 0
    seconds: float = 0.0
    """To look it up."""
    warning: str = ""


@dataclass(frozen=True)
class CacheQuery:
    """One text at one node."""

    graph: Any
    """The host's DynamicPrompt."""
    node: str
    text: str

    def make_key(self) -> tuple[CacheKey, tuple[FileRead, ...]]:
        """The key of the result, and the files that it names. Raises :class:`EncoderScopeError`
        where the result of anything above the node is not certain.
        """
        if self.graph is None:
            raise EncoderScopeError(
                "ComfyUI gave no graph.", "It is read to name what is connected.", "Update ComfyUI."
            )
        link = self.graph.get_node(self.node)["inputs"].get("clip")
        upstream = graph_key(self.graph.get_node, link, fingerprints(), host_progress.progress())
        embeddings = graph_files.embeddings(self.text, fingerprints())
        return (
            cache_key(
                self.text, upstream.entries, embeddings, environment.snapshot(), upstream.mode
            ),
            upstream.files,
        )


@dataclass(frozen=True)
class Encoding:
    """A result that had to be encoded."""

    conditioning: Any
    wait_seconds: float
    """Until the encoder was there."""
    encode_seconds: float


class Outcome(NamedTuple):
    """What came of storing it."""

    state: str
    """stored or not stored."""
    sentence: str


@dataclass(frozen=True)
class CacheReport:
    """What happened, for people."""

    state: str
    """hit, stored or not stored."""
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    def card(self) -> dict[str, Any]:
        """What the node's card draws of it, in the language that it is written in."""
        return {"language": current_language(), "state": self.state, "lines": list(self.lines)}


@cache
def fingerprints() -> Fingerprints:
    """The hashes of files, shared by all nodes of this process."""
    return Fingerprints(host_progress.cache_folder() / "files.json")


def store(max_gb: float) -> Store:
    """The cache on the disk, with the room that a node gives it."""
    default = host_progress.cache_folder() / "conditionings"
    return Store(Path(os.environ.get(FOLDER) or default), int(max_gb * GIB))


def ask(query: CacheQuery, cached: Store) -> CacheAnswer:
    """What the cache holds. Remembered until the node runs."""
    answer = _look_up(query, cached)
    while len(_pending) >= _MOST_PENDING:  # left by runs that were stopped
        _pending.pop(next(iter(_pending)))
    _pending[query.node, query.text] = answer
    return answer


def _look_up(query: CacheQuery, cached: Store) -> CacheAnswer:
    start = time.perf_counter()
    nodes_run = stale_clip.nodes_run()
    try:
        made_of, files = query.make_key()
    except comfy.model_management.InterruptProcessingException:
        raise
    # a cache never keeps anything from being encoded, whatever the device, the disk or another pack
    # does
    except Exception as error:
        return CacheAnswer(None, _reason(error), asked_at=start)
    unpacked, size, warning = None, 0, ""
    try:
        unpacked, size = cached.read(made_of.digest) or (None, 0)
    except EncoderScopeError as error:
        warning = translate("{problem} It is written anew.", problem=error.problem)
        logging.warning("EncoderScope's conditioning cache: %s", error)
    seconds = time.perf_counter() - start
    return CacheAnswer(made_of, "", files, nodes_run, start, unpacked, size, seconds, warning)


def encode(query: CacheQuery, clip: Any, cached: Store) -> tuple[Any, CacheReport]:
    """The conditioning, out of the cache or by ``clip``, and what happened. Raises
    :class:`EncoderScopeError` where there is nothing to encode with.
    """
    pending = _pending.pop((query.node, query.text), None)
    answer = pending or _look_up(query, cached)
    if answer.key is not None and answer.unpacked is not None:
        _last_keys[query.node] = answer.key
        return on_host_device(answer.unpacked.conditioning), _hit_report(answer, answer.unpacked)
    if clip is None and pending is None:
        raise EncoderScopeError(
            "What the cache held is gone.",
            "Nothing was to remove it while it was asked for.",
            "Run again.",
        )
    _require_clip(clip)
    require_encodable(query.text)
    start = time.perf_counter()
    host_progress.announce(
        translate("Not known yet: the text encoder is loaded, and its answer is kept.")
    )
    conditioning = clip.encode_from_tokens_scheduled(clip.tokenize(query.text))
    encoding = Encoding(
        conditioning, start - answer.asked_at - answer.seconds, time.perf_counter() - start
    )
    outcome = _store(query, answer, clip, cached, encoding)
    return conditioning, _miss_report(query, answer, encoding, outcome)


def _require_clip(clip: Any) -> None:
    host_clip.require_clip(clip)
    if not hasattr(clip, "encode_from_tokens_scheduled"):
        raise EncoderScopeError(
            "A {kind} arrived as CLIP.",
            "A CLIP was expected.",
            "Connect a CLIP loader.",
            kind=type(clip).__name__,
        )


def _store(
    query: CacheQuery, answer: CacheAnswer, clip: Any, cached: Store, encoding: Encoding
) -> Outcome:
    """Stores it where that is safe."""
    if answer.key is None:
        return _not_stored(answer.no_key_reason)
    try:
        stale = stale_clip.stale_reason(clip, answer.files, answer.nodes_run)
        if stale:
            return _not_stored(stale)
        if query.make_key()[0].digest != answer.key.digest:
            return _not_stored(translate("a file or a setting changed while it was encoded."))
        notes = {
            "key": answer.key.facts,
            "encode_seconds": encoding.encode_seconds,
            "wait_seconds": encoding.wait_seconds,
            "made": time.time(),
        }
        if not _is_finite(encoding.conditioning):
            return _not_stored(translate("it holds values that are not numbers (NaN or infinity)."))
        data = entry.pack(encoding.conditioning, notes)
        cached.write(answer.key.digest, data)
    except comfy.model_management.InterruptProcessingException:
        raise
    except Exception as error:  # as above: what was encoded goes on
        return _not_stored(_reason(error))
    return Outcome("stored", translate("Stored: {size}.", size=_size(len(data))))


def _not_stored(why: str) -> Outcome:
    return Outcome("not stored", translate("Not stored: {why}", why=why))


def _is_finite(conditioning: Any) -> bool:
    """Whether every number of every tensor is finite: anything else is not worth keeping."""
    finite = [True]

    def look(tensor: torch.Tensor) -> torch.Tensor:
        finite.append(not tensor.is_floating_point() or bool(tensor.float().isfinite().all()))
        return tensor

    _map_tensors(conditioning, look)
    return all(finite)


def on_host_device(conditioning: list[Any]) -> list[Any]:
    """A conditioning where the host puts what it encodes."""
    device = comfy.model_management.intermediate_device()
    if device.type == "cpu":
        return conditioning
    return _map_tensors(conditioning, lambda tensor: tensor.to(device))  # type: ignore[no-any-return]


def _map_tensors(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    if torch.is_tensor(value):
        return change(value)
    if isinstance(value, dict):
        return {name: _map_tensors(item, change) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_map_tensors(item, change) for item in value)
    return value


# --- sentences
# --------------------------------------------------------------------------------------------------


_KEY_PARTS = {
    "text": translatable("the text"),
    "upstream": translatable("a node or a file above"),
    "embeddings": translatable("an embedding"),
    "with ComfyUI": "ComfyUI",
    "with libraries": translatable("a library"),
    "with device": translatable("the device"),
    "with precision": translatable("the precision"),
    "with settings": translatable("a start setting"),
}


def _hit_report(answer: CacheAnswer, unpacked: entry.Unpacked) -> CacheReport:
    encode_seconds = float(unpacked.notes.get("encode_seconds", 0.0))
    wait_seconds = float(unpacked.notes.get("wait_seconds", 0.0))
    return CacheReport(
        "hit",
        (
            translate(
                "Hit: read {size} in {milliseconds:.0f} ms. No encoder was loaded for it.",
                size=_size(answer.bytes),
                milliseconds=answer.seconds * 1e3,
            ),
            translate(
                "When it was stored, encoding took {encoding:.2f} s and the encoder came after "
                "{waiting:.2f} s.",
                encoding=encode_seconds,
                waiting=wait_seconds,
            ),
        ),
    )


def _miss_report(
    query: CacheQuery, answer: CacheAnswer, encoding: Encoding, outcome: Outcome
) -> CacheReport:
    miss = translate("Miss: the cache was not asked.")
    if answer.key is not None:
        miss = translate("Miss: nothing was stored for this text and these files yet.")
        if changes := _changes_since_last_run(query.node, answer.key):
            miss = f"{miss} {changes}"
    seconds = translate("Encoding took {seconds:.2f} s.", seconds=encoding.encode_seconds)
    lines = (miss, answer.warning, outcome.sentence, seconds)
    return CacheReport(outcome.state, tuple(filter(None, lines)))


def _changes_since_last_run(node: str, made_of: CacheKey) -> str:
    last = _last_keys.get(node)
    _last_keys[node] = made_of
    if last is None or not (changed := made_of.changed_since(last)):
        return ""
    names = listed(translate(_KEY_PARTS.get(name, name)) for name in changed)
    return translate("Changed since this node's last run: {names}.", names=names)


def _reason(error: Exception) -> str:
    if isinstance(error, EncoderScopeError):
        return f"{error.problem} {error.remedy}"
    logging.warning("EncoderScope's conditioning cache: %s", error, exc_info=error)
    return translate(
        "It is not certain what belongs to the key ({why}). ComfyUI's log says more.",
        why=f"{type(error).__name__}: {str(error)[:120]}",
    )


def _size(count: int) -> str:
    if count < 100_000:
        return f"{count / 1e3:.1f} kB"
    return f"{count / 1e6:.2f} MB"
