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
from typing import Any

import comfy.model_management
import torch

from ...conditioning.cache import entry
from ...conditioning.cache.key import Fingerprints, Key, key
from ...conditioning.cache.store import GIB, Store
from ...conditioning.errors import EncoderScopeError
from .. import clip as host_clip
from .. import progress as host_progress
from . import environment, graph_files, stale_clip
from . import graph as upstream

FOLDER = "ENCODERSCOPE_CONDITIONINGS"
"""Environment variable: another folder for the cache, such as one that several machines share."""
_POCKET = 16
_asked: dict[tuple[str, str], Asked] = {}
"""What was found out before the CLIP was asked for, until the node runs."""
_last: dict[str, Key] = {}
"""Node -> the key of its last run, to say what changed."""


@dataclass(frozen=True)
class Asked:
    key: Key | None
    why: str
    """Why there is no key; empty where there is one."""
    files: tuple[upstream.FileRead, ...] = ()
    ran: frozenset[str] | None = None
    at: float = 0.0
    found: entry.Unpacked | None = None
    bytes: int = 0
    seconds: float = 0.0
    """To look it up."""
    warning: str = ""


@dataclass(frozen=True)
class Question:
    """One text at one node."""

    graph: Any
    """The host's DynamicPrompt."""
    node: str
    text: str

    def named(self) -> tuple[Key, tuple[upstream.FileRead, ...]]:
        """Raises :class:`EncoderScopeError` where anything above cannot be named with certainty."""
        if self.graph is None:
            raise EncoderScopeError(
                "ComfyUI gave no graph.", "It is read to name what is connected.", "Update ComfyUI."
            )
        link = self.graph.get_node(self.node)["inputs"].get("clip")
        named = upstream.name(self.graph.get_node, link, fingerprints(), host_progress.progress())
        found = graph_files.embeddings(self.text, fingerprints())
        return key(self.text, named.facts, found, environment.facts(), named.mode), named.files


@cache
def fingerprints() -> Fingerprints:
    return Fingerprints(host_progress.cache_folder() / "files.json")


def store(max_gb: float) -> Store:
    given = os.environ.get(FOLDER)
    return Store(
        Path(given) if given else host_progress.cache_folder() / "conditionings", int(max_gb * GIB)
    )


def ask(question: Question, kept: Store) -> Asked:
    """What the cache holds. Remembered until the node runs."""
    asked = _look(question, kept)
    while len(_asked) >= _POCKET:  # left by runs that were stopped
        _asked.pop(next(iter(_asked)))
    _asked[question.node, question.text] = asked
    return asked


def _look(question: Question, kept: Store) -> Asked:
    start, ran = time.perf_counter(), stale_clip.started()
    try:
        made, files = question.named()
    except comfy.model_management.InterruptProcessingException:
        raise
    # a cache never keeps anything from being encoded, whatever the device, the disk or another pack
    # does
    except Exception as error:
        return Asked(None, _why(error), at=start)
    try:
        read, warning = kept.read(made.digest), ""
    except EncoderScopeError as error:
        read, warning = None, f"{error.given} It is written anew."
        logging.warning("EncoderScope's conditioning cache: %s", error)
    found, size = read or (None, 0)
    return Asked(made, "", files, ran, start, found, size, time.perf_counter() - start, warning)


def answer(question: Question, clip: Any, kept: Store) -> tuple[Any, Told]:
    """The conditioning, and what happened. Raises :class:`EncoderScopeError` where there is nothing
    to encode with.
    """
    remembered = _asked.pop((question.node, question.text), None)
    asked = remembered or _look(question, kept)
    if asked.key is not None and asked.found is not None:
        _last[question.node] = asked.key
        return placed(asked.found.conditioning), _hit(asked)
    if clip is None and remembered is None:
        raise EncoderScopeError(
            "What the cache held is gone.",
            "Nothing was to remove it while it was asked for.",
            "Run again.",
        )
    _require(clip)
    waited, start = time.perf_counter() - asked.at - asked.seconds, time.perf_counter()
    made = clip.encode_from_tokens_scheduled(clip.tokenize(question.text))
    took = time.perf_counter() - start
    return made, _miss(
        question, asked, took, _keep(question, asked, clip, kept, Made(made, waited, took))
    )


@dataclass(frozen=True)
class Made:
    conditioning: Any
    waited: float
    took: float


@dataclass(frozen=True)
class Told:
    """What happened, for people."""

    state: str
    """hit, stored or not stored."""
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def _require(clip: Any) -> None:
    host_clip.require_clip(clip)
    if not hasattr(clip, "encode_from_tokens_scheduled"):
        raise EncoderScopeError(
            f"A {type(clip).__name__} arrived as CLIP.",
            "A CLIP was expected.",
            "Connect a CLIP loader.",
        )


def _keep(question: Question, asked: Asked, clip: Any, kept: Store, made: Made) -> str:
    """Stores it where that is safe; what came of it."""
    if asked.key is None:
        return f"Not stored: {asked.why}"
    try:
        doubt = stale_clip.doubt(clip, asked.files, asked.ran)
        if doubt:
            return f"Not stored: {doubt}"
        if question.named()[0].digest != asked.key.digest:
            return "Not stored: a file or a setting changed while it was encoded."
        notes = {
            "key": asked.key.facts,
            "encode_seconds": made.took,
            "wait_seconds": made.waited,
            "made": time.time(),
        }
        data = entry.pack(made.conditioning, notes)
        kept.write(asked.key.digest, data)
    except comfy.model_management.InterruptProcessingException:
        raise
    except Exception as error:  # as above: what was encoded goes on
        return f"Not stored: {_why(error)}"
    return f"Stored: {_size(len(data))}."


def placed(conditioning: list[Any]) -> list[Any]:
    """Where the host puts what it encodes."""
    device = comfy.model_management.intermediate_device()
    return (
        conditioning
        if device.type == "cpu"
        else _mapped(conditioning, lambda tensor: tensor.to(device))
    )


def _mapped(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    if torch.is_tensor(value):
        return change(value)
    if isinstance(value, dict):
        return {name: _mapped(one, change) for name, one in value.items()}
    return (
        type(value)(_mapped(one, change) for one in value)
        if isinstance(value, (list, tuple))
        else value
    )


# --- words
# --------------------------------------------------------------------------------------------------


_PARTS = {
    "text": "the text",
    "upstream": "a node or a file above",
    "embeddings": "an embedding",
    "with ComfyUI": "ComfyUI",
    "with libraries": "a library",
    "with device": "the device",
    "with precision": "the precision",
    "with settings": "a start setting",
}


def _hit(asked: Asked) -> Told:
    notes = asked.found.notes if asked.found else {}
    encoded, waited = (float(notes.get(name, 0.0)) for name in ("encode_seconds", "wait_seconds"))
    return Told(
        "hit",
        (
            (
                f"Hit: read {_size(asked.bytes)} in {asked.seconds * 1e3:.0f} ms. No encoder "
                "was loaded for it."
            ),
            (
                f"When it was stored, encoding took {encoded:.2f} s and the encoder came "
                f"after {waited:.2f} s."
            ),
        ),
    )


def _miss(question: Question, asked: Asked, took: float, kept: str) -> Told:
    state, encoded = (
        "stored" if kept.startswith("Stored") else "not stored",
        f"Encoding took {took:.2f} s.",
    )
    if asked.key is None:
        return Told(state, ("Miss: the cache was not asked.", kept, encoded))
    last = _last.get(question.node)
    _last[question.node] = asked.key
    changed = asked.key.changed_since(last) if last else []
    since = (
        (
            " Changed since this node's last run: "
            f"{', '.join(_PARTS.get(one, one) for one in changed)}."
        )
        if changed
        else ""
    )
    lines = (
        f"Miss: nothing is stored for this text and these files.{since}",
        asked.warning,
        kept,
        encoded,
    )
    return Told(state, tuple(line for line in lines if line))


def _why(error: Exception) -> str:
    if isinstance(error, EncoderScopeError):
        return f"{error.given} {error.remedy}"
    logging.warning("EncoderScope's conditioning cache: %s", error, exc_info=error)
    return (
        f"It could not be told what belongs to the key ({type(error).__name__}: "
        f"{str(error)[:120]}). ComfyUI's log says more."
    )


def _size(count: int) -> str:
    return f"{count / 1e6:.2f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"
