"""A conditioning as bytes: every bit comes back, whatever cannot be stored is refused by name,
whatever is damaged is told.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.cache import entry

DTYPES = [
    getattr(torch, name)
    for name in (
        "float64",
        "float32",
        "float16",
        "bfloat16",
        "float8_e4m3fn",
        "float8_e5m2",
        "int64",
        "uint8",
        "bool",
    )
]


def bits(tensor: Any) -> bytes:
    return bytes(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())


def alike(a: Any, b: Any) -> bool:
    """The same types, values and bits, all the way down."""
    if torch.is_tensor(a):
        return (
            torch.is_tensor(b) and a.dtype == b.dtype and a.shape == b.shape and bits(a) == bits(b)
        )
    if isinstance(a, dict):
        return (
            type(a) is type(b) and list(a) == list(b) and all(alike(a[name], b[name]) for name in a)
        )
    if isinstance(a, (list, tuple)):
        return (
            type(a) is type(b)
            and len(a) == len(b)
            and all(alike(x, y) for x, y in zip(a, b, strict=True))
        )
    return type(a) is type(b) and (a == b or (a != a and b != b))


def back(value: Any) -> Any:
    return entry.unpack(entry.pack(value, {"a": 1}), "test").conditioning


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_bit_of_every_dtype_comes_back(dtype: Any) -> None:
    raw = torch.randint(
        0, 256, (1, 7, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    tensor = (
        (raw % 2 == 0) if dtype is torch.bool else raw.view(dtype)
    )  # NaN, infinities and subnormal numbers among them
    assert alike(back([[tensor, {}]]), [[tensor, {}]])


def test_every_plain_value_comes_back() -> None:
    shared = torch.arange(12.0).reshape(3, 4)
    keys = {
        "pooled_output": None,
        "guidance": 3.5,
        "tenth": 0.1,
        "width": 1024,
        "big": 2**70,
        "flag": True,
        "name": "Ünï\n\ud800",
        "nan": math.nan,
        "inf": -math.inf,
        "pair": (1, 2.0),
        "list": [1, [None, "x"]],
        "empty": {},
        "nested": {"mask": torch.ones(1, 3)},
        "turned": shared.T,
        "again": shared.T,
        "scalar": torch.tensor(2.5),
        "nothing": torch.empty(0, 4),
        "": 1,
        "a.b/ü": torch.ones(2),
    }
    inputs = [[torch.zeros(1, 2, 3), keys], (torch.ones(1, 1), {"value": 1, "tensor": "x"})]
    assert alike(back(inputs), inputs)


def test_what_comes_back_is_its_own() -> None:
    tensor = torch.zeros(2, 2)
    restored = back([[tensor, {}]])
    restored[0][0][0, 0] = 7
    assert tensor[0, 0] == 0


class Hook:
    pass


UNSTORABLE = {
    "hooks": Hook(),
    "a.control": [Hook()],
    "layers": {3: "x"},
    "mask": torch.ones(2).to_sparse(),
    "weight": torch.nn.Parameter(torch.ones(2)),
    "complex": torch.ones(2, dtype=torch.complex64),
}


@pytest.mark.parametrize("name", UNSTORABLE)
def test_what_cannot_be_stored_is_refused_by_name(name: str) -> None:
    with pytest.raises(entry.CannotStore, match=rf"1\.{name}"):
        entry.pack([[torch.ones(1, 2, 3), {name: UNSTORABLE[name]}]], {})


@pytest.mark.parametrize(
    "value", [None, [], {}, [[1, {}]], [[torch.ones(1)]], [torch.ones(1)]], ids=str
)
def test_only_conditionings_are_stored(value: Any) -> None:
    with pytest.raises(entry.CannotStore):
        entry.pack(value, {})


TOO_MUCH: dict[str, tuple[Any, str]] = {
    "numbers": ([0.5] * 100_000, "more than a megabyte"),
    "tensors": ([torch.zeros(1)] * 10_001, "more than 10,000 tensors"),
    "a name": ({"n" * 9000: torch.zeros(1)}, "a name in it takes 9,0"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_would_not_be_read_again_is_not_written(name: str) -> None:
    value, problem = TOO_MUCH[name]
    with pytest.raises(entry.CannotStore, match=problem):
        entry.pack([[torch.ones(1, 2, 3), {"more": value}]], {})


def test_every_damaged_byte_is_noticed() -> None:
    """One bit at a time, all over the file: never another answer than the right one."""
    inputs = [
        [torch.arange(12.0).reshape(1, 3, 4), {"pooled_output": torch.ones(1, 4), "guidance": 3.5}]
    ]
    data = entry.pack(inputs, {"key": {"text": "a fox"}})
    for at in range(len(data)):
        for bit in (0, 5):
            broken = bytearray(data)
            broken[at] ^= 1 << bit
            try:
                unpacked = entry.unpack(bytes(broken), "test")
            except entry.Unreadable:
                continue
            assert alike(unpacked.conditioning, inputs) and unpacked.notes == {
                "key": {"text": "a fox"}
            }, f"byte {at}, bit {bit}"


@pytest.mark.parametrize("keep", [0, 4, 8, 100, -1])
def test_a_torn_file_is_told(keep: int) -> None:
    data = entry.pack([[torch.ones(1, 3, 4), {}]], {})
    with pytest.raises(entry.Unreadable, match="torn"):
        entry.unpack(data[:keep], "torn")
    assert isinstance(entry.notes_of(data[:keep]), dict)


def test_files_of_others_are_told() -> None:
    from safetensors.torch import save

    with pytest.raises(entry.Unreadable, match="was not written by"):
        entry.unpack(save({"x": torch.ones(2)}), "x")
    newer = entry.pack([[torch.ones(1), {}]], {}).replace(b'"version": "1"', b'"version": "9"')
    with pytest.raises(entry.Unreadable, match="'9'"):
        entry.unpack(newer, "x")


def test_any_reader_of_safetensors_can_open_it() -> None:
    from safetensors.torch import load

    data = entry.pack([[torch.ones(1, 3, 4), {"pooled_output": torch.zeros(1, 4)}]], {})
    assert sorted(tuple(item.shape) for item in load(data).values()) == [(1, 3, 4), (1, 4)]
    (length,) = struct.unpack("<Q", data[:8])
    assert (
        json.loads(data[8 : 8 + length])["__metadata__"]["format"]
        == "encoderscope.conditioning_file"
    )


def test_a_header_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(entry.pack([[torch.ones(1, 3), {"a": 1}]], {"b": 2}))
    parsed: list[bytes] = []

    class Counting(entry.HeaderReader):
        def __init__(self, text: bytes) -> None:
            parsed.append(text)
            super().__init__(text)

    monkeypatch.setattr(entry, "HeaderReader", Counting)
    unpacked, size = entry.load(path)
    assert len(parsed) == 1 and size == path.stat().st_size
    assert unpacked.notes == {"b": 2} and unpacked.conditioning[0][1] == {"a": 1}


def test_a_file_that_is_replaced_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header of one file is never used for the tensors of another."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(entry.pack([[torch.zeros(1, 3), {"a": 1}]], {"b": 1}))
    newer = entry.pack([[torch.ones(1, 3), {"a": 2}]], {"b": 2})
    monkeypatch.setattr(entry, "read_bytes", lambda path, most: newer)
    unpacked, _ = entry.load(path)
    assert unpacked.notes == {"b": 2} and bool((unpacked.conditioning[0][0] == 1).all())


@pytest.mark.parametrize(
    ("made", "says"),
    [
        ((), "it has no entries"),
        (None, "it is a NoneType"),
        ([[torch.ones(1, 2, 3), {}], [torch.ones(1, 2, 3)]], "entry 2 is no pair"),
        ([[torch.ones(1, 2, 3), {1: 2}]], "a dictionary with 1 for a key"),
        ([[torch.ones(1, 2, 3).to_sparse(), {}]], "a sparse tensor of torch.float32"),
        ([[torch.ones(1, 2, 3, device="meta"), {}]], r"a tensor without numbers \(meta\)"),
    ],
)
def test_what_keeps_it_from_being_stored_is_named(made: Any, says: str) -> None:
    with pytest.raises(entry.CannotStore, match=says):
        entry.pack(made, {})


def test_a_tuple_of_entries_is_stored_as_one() -> None:
    result = ([torch.ones(1, 2, 3), {"pooled_output": None}],)
    assert alike(entry.unpack(entry.pack(result, {}), "x").conditioning, result)
