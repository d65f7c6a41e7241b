"""Which way an op is computed: the first of its ways that does not refuse; every other way says why
it was not taken.

    with recording() as choices:
        encode()
    for choice, calls in choices.items():
        print(choice, calls)            # t5_attention: torch (triton: not used, tensors are on the
        CPU; ...) 24

`ENCODERSCOPE_KERNELS=torch` in the environment, or `with force("torch"):`, admits one way only.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

ENVIRONMENT = "ENCODERSCOPE_KERNELS"
_forced: ContextVar[str | None] = ContextVar("forced", default=None)
_record: ContextVar[Counter[Choice] | None] = ContextVar("record", default=None)


class Choice(NamedTuple):
    """The way that one call took."""

    op: str
    way: str
    reasons: tuple[tuple[str, str], ...]
    """(name, why not) of every way that was not taken."""

    def __str__(self) -> str:
        others = "; ".join(f"{name}: not used, {reason}" for name, reason in self.reasons)
        return f"{self.op}: {self.way} ({others})"


@dataclass(frozen=True)
class Way(Generic[P, R]):
    """One implementation of an op."""

    name: str
    run: Callable[P, R]
    refuses: Callable[P, str | None] | None = None
    """Given the op's arguments, why it cannot take them; None when it can."""


@dataclass(frozen=True)
class Op(Generic[P, R]):
    """An operation with several implementations."""

    name: str
    ways: tuple[Way[P, R], ...]
    """In the order in which they are tried. The last is the reference, and takes everything."""

    def run(self, *arguments: P.args, **named: P.kwargs) -> R:
        """Compute the op the way that :meth:`choose` names."""
        choice = self.choose(*arguments, **named)
        record = _record.get()
        if record is not None:
            record[choice] += 1
        return self._way(choice.way).run(*arguments, **named)

    def choose(self, *arguments: P.args, **named: P.kwargs) -> Choice:
        """The way that `run` would take. Raises ValueError when a way is forced that is unknown or
        refuses.
        """
        forced = _forced.get() or os.environ.get(ENVIRONMENT)
        if forced:
            way = self._way(forced)
            if reason := _refusal(way, *arguments, **named):
                raise ValueError(
                    f"{self.name} was told to use {forced}, but {reason}. Ask for "
                    "another way, or for none: then one is "
                    f"chosen (`force`, or {ENVIRONMENT} in the environment)."
                )
            return self._choice(way, f"{forced} was asked for", {})
        refusals: dict[str, str] = {}
        for way in self.ways:
            reason = _refusal(way, *arguments, **named)
            if reason is None:
                return self._choice(way, f"{way.name} comes first", refusals)
            refusals[way.name] = reason
        raise AssertionError(f"{self.name} has no way that takes everything")

    def _choice(self, way: Way[P, R], reason: str, refusals: Mapping[str, str]) -> Choice:
        """``reason``: why the ways that were not asked are not taken."""
        others = (other.name for other in self.ways if other is not way)
        return Choice(
            self.name, way.name, tuple((name, refusals.get(name, reason)) for name in others)
        )

    def _way(self, name: str) -> Way[P, R]:
        for way in self.ways:
            if way.name == name:
                return way
        names = ", ".join(way.name for way in self.ways)
        raise ValueError(
            f"{self.name} has no way named {name!r}. Known: {names} (`force`, or "
            f"{ENVIRONMENT} in the environment)."
        )


def _refusal(way: Way[P, R], *arguments: P.args, **named: P.kwargs) -> str | None:
    if way.refuses is None:
        return None
    return way.refuses(*arguments, **named)


@contextmanager
def force(way: str) -> Iterator[None]:
    """Inside, every op takes the way of this name, or raises ValueError."""
    before = _forced.set(way)
    try:
        yield
    finally:
        _forced.reset(before)


@contextmanager
def recording() -> Iterator[Counter[Choice]]:
    """Counts the calls that are made inside, by the way they took."""
    calls: Counter[Choice] = Counter()
    before = _record.set(calls)
    try:
        yield calls
    finally:
        _record.reset(before)
