"""The sentences of refusals (``EncoderScopeError`` and its children), read from the code: English
templates among the arguments of the exception. A refusal with an f-string, or with a sentence out
of a name that nothing marks as ``translatable``, is English in every language: the catalogues do
not know it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

BASE = "EncoderScopeError"
NAMED = "UnknownName"
"""Its first argument alone is said: what kind of name is unknown."""
_OWN_INIT = "super().__init__"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_BUILT = (ast.JoinedStr, ast.BinOp)
"""Sentences that are put together in the code."""


class Refusal(NamedTuple):
    """A place that makes one. ``values``: their names."""

    line: int
    templates: tuple[str, ...]
    values: frozenset[str]
    translatable: bool


Exceptions = Mapping[str, frozenset[str]]
"""The name of each -> the values that it knows of itself."""


def exceptions(trees: Iterable[ast.AST]) -> Exceptions:
    """The base and what inherits from it, at any distance."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    known: dict[str, frozenset[str]] = {BASE: frozenset()}
    while more := [node for node in classes if node.name not in known and _parent(node, known)]:
        known |= {node.name: known[_parent(node, known)] | _own_values(node) for node in more}
    return known


def _parent(node: ast.ClassDef, known: Exceptions) -> str:
    bases = (ast.unparse(base).rpartition(".")[2] for base in node.bases)
    return next(filter(known.__contains__, bases), "")


def _own_values(node: ast.ClassDef) -> frozenset[str]:
    calls = (call for call in ast.walk(node) if isinstance(call, ast.Call))
    own = (call for call in calls if ast.unparse(call.func) == _OWN_INIT)
    return frozenset(keyword.arg for call in own for keyword in call.keywords if keyword.arg)


def in_tree(tree: ast.AST, exceptions: Exceptions) -> Iterator[Refusal]:
    """The refusals that a module makes."""
    yield from _in_scope(tree, exceptions, {})


def _in_scope(
    scope: ast.AST, exceptions: Exceptions, outer: Mapping[str, list[ast.expr]]
) -> Iterator[Refusal]:
    nodes = list(_own_nodes(scope))
    values = {**outer, **_assigned(nodes)}
    for node in nodes:
        if isinstance(node, _SCOPES):
            yield from _in_scope(node, exceptions, values)
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in exceptions or (ast.unparse(node.func) == _OWN_INIT and len(node.args) >= 3):
            sentences = node.args[:1] if name == NAMED else node.args
            refusal = _refusal(node, sentences, values)
            yield refusal._replace(values=refusal.values | exceptions.get(name, frozenset()))


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """What stands in a module, a class or a function, and not in a function within it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, _SCOPES):
            yield from _own_nodes(node)


def _assigned(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr]]:
    """Name -> all that is assigned to it."""
    values: defaultdict[str, list[ast.expr]] = defaultdict(list)
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                values[name].append(value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                values[name].append(value)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=parts)):
                for target, part in zip(targets, parts, strict=False):
                    values[ast.unparse(target)].append(part)
    return values


def _refusal(
    call: ast.Call, sentences: list[ast.expr], values: Mapping[str, list[ast.expr]]
) -> Refusal:
    branches = [branch for sentence in sentences for branch in _branches(sentence)]
    return Refusal(
        call.lineno,
        tuple(
            branch.value
            for branch in branches
            if isinstance(branch, ast.Constant) and isinstance(branch.value, str)
        ),
        frozenset(keyword.arg for keyword in call.keywords if keyword.arg),
        not any(isinstance(branch, _BUILT) for branch in branches)
        and not any(
            isinstance(part, _BUILT) or _is_unmarked(part) for part in _of_names(branches, values)
        ),
    )


def _of_names(
    branches: Iterable[ast.expr], values: Mapping[str, list[ast.expr]]
) -> Iterator[ast.expr]:
    """What is assigned to those that are names."""
    for branch in branches:
        if isinstance(branch, ast.Name):
            for value in values.get(branch.id, ()):
                yield from _branches(value)


def _is_unmarked(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and bool(value.value)


def _branches(sentence: ast.expr) -> Iterator[ast.expr]:
    if isinstance(sentence, ast.IfExp):
        yield from _branches(sentence.body)
        yield from _branches(sentence.orelse)
    else:
        yield sentence
