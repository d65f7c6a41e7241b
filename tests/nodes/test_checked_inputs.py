"""A stranger's workflow may hold anything in the place of a text, a choice, a number or a link."""

from __future__ import annotations

import math
from typing import Any

import pytest
from encoderscope.conditioning.errors import EncoderScopeError

pytestmark = pytest.mark.host

NUMBERS: list[Any] = [math.nan, math.inf, "5", None, [1], {}]
BEYOND: list[Any] = [-(10**400), -11, 10**400, 2**70]
WRONG: dict[str, list[Any]] = {
    "STRING": [5, None, ["a"], {"a": 1}],
    "COMBO": [5, 1.5, True, None, ["a", "b"], {"a": [1]}],
    "INT": [*NUMBERS, 0.5, *BEYOND],
    "FLOAT": [*NUMBERS, *BEYOND],
    "BOOLEAN": ["x", math.nan, None, [1]],
}
LINKS: list[Any] = [5, "x", [1], {}, [[1, {}]]]


def test_what_is_of_another_kind_is_refused_in_a_sentence(host_folder: Any) -> None:
    from encoderscope.nodes import extension

    tried = 0
    for node in extension.NODES:
        for entry in node.define_schema().inputs:
            for value in WRONG.get(entry.get_io_type(), LINKS):
                with pytest.raises(EncoderScopeError, match="was expected") as caught:
                    node.execute(**{entry.id: value})
                assert f"{entry.id!r} is " in caught.value.problem, node
                tried += 1
    assert tried > 500


@pytest.mark.parametrize(
    "io_type", ["CLIP", "MODEL", "VAE", "IMAGE", "TEXT_STATES", "ENCODERSCOPE_JUDGE"]
)
def test_an_object_of_another_type_is_refused(io_type: str, host_folder: Any) -> None:
    """A socket of any type lets everything through."""
    import numpy as np
    import torch
    from encoderscope.nodes.checked_inputs import Expected, require_kinds

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    for value in (
        object(),
        [object()],
        Broken(),
        np.zeros((1, 8, 8, 3)),
        {},
        {1: object()},
        type,
        5,
        torch.zeros(2).to_sparse(),
    ):
        with pytest.raises(EncoderScopeError, match=f"link of the type {io_type} was expected"):
            require_kinds([Expected("a", io_type, True)], {"a": value})


def test_a_node_that_is_asked_what_it_needs_checks_too(host_folder: Any) -> None:
    """The host asks Cached Encode before it works whether it needs the CLIP."""
    from encoderscope.nodes import extension

    asked = [node for node in extension.NODES if "check_lazy_status" in vars(node)]
    assert asked
    for node in asked:
        with pytest.raises(EncoderScopeError, match="max_gb"):
            node.check_lazy_status(text="a", max_gb=math.nan)


def test_what_a_node_gives_passes(host_folder: Any) -> None:
    import torch
    from encoderscope.nodes.checked_inputs import Expected, require_kinds

    conditioning = [[torch.zeros(1, 2), {"pooled_output": None}]]
    for value in (conditioning, [], torch.zeros(1), object(), [object()], None):
        require_kinds([Expected("a", "CONDITIONING", True)], {"a": value})
    for value in (5, 32, 1024):
        require_kinds([Expected("a", "INT", False, 5, 1024)], {"a": value})
    for value in (5, -1, 1.5, torch.zeros(()).item(), 10**400, True):
        require_kinds([Expected("a", "FLOAT", False)], {"a": value, "b": None})
