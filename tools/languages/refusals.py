"""The sentences of refusals (``EncoderScopeError`` and its children), read from the code: English
templates among the arguments of the exception. A refusal with an f-string is English in every
language, for its sentence is not known before it is made.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

BASE = "EncoderScopeError"
NAMED = "UnknownName"
"""Its first argument alone is said: what kind of name is unknown."""
_OWN_INIT = "super().__init__"


class Refusal(NamedTuple):
    """A place that makes one. ``values``: the names of the keywords."""

    line: int
    templates: tuple[str, ...]
    values: frozenset[str]
    translatable: bool


def names(trees: Iterable[ast.AST]) -> frozenset[str]:
    """The exceptions' names: the base and what inherits from it, at any distance."""
    parents = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {BASE}
    while more := {name for name, bases in parents.items() if bases & known} - known:
        known |= more
    return frozenset(known)


def in_tree(tree: ast.AST, exceptions: frozenset[str]) -> Iterator[Refusal]:
    """The refusals that a module makes."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if (name == _OWN_INIT and len(node.args) >= 3) or name.rpartition(".")[2] in exceptions:
            yield _refusal(node, node.args[:1] if name == NAMED else node.args)


def _refusal(call: ast.Call, sentences: list[ast.expr]) -> Refusal:
    branches = [branch for sentence in sentences for branch in _branches(sentence)]
    return Refusal(
        call.lineno,
        tuple(
            branch.value
            for branch in branches
            if isinstance(branch, ast.Constant) and isinstance(branch.value, str)
        ),
        frozenset(keyword.arg for keyword in call.keywords if keyword.arg),
        not any(isinstance(branch, ast.JoinedStr | ast.BinOp) for branch in branches),
    )


def _branches(sentence: ast.expr) -> Iterator[ast.expr]:
    if isinstance(sentence, ast.IfExp):
        yield from _branches(sentence.body)
        yield from _branches(sentence.orelse)
    else:
        yield sentence
