"""What a stranger's report costs, read and refused: less than a second of the processor and 100 MB,
whatever its size is made of.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from encoderscope.tests.hostile.cost import MOST_MEGABYTES, MOST_SECONDS, cost_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

WIDE, ESCAPED = "\U0001f600", "\\ud83d\\ude00"


def report(item: Callable[[int], str], count: int) -> bytes:
    """A report of a known format; a text between the items, which else have none."""
    items = [item(number) if number % 20_000 else '"x"' for number in range(count)]
    return f'{{"format":"encoderscope.tokens","version":1,"t":[{",".join(items)}]}}'.encode()


def texts(start: str, size: int, count: int) -> bytes:
    return report(lambda _: f'"{start}{"a" * size}"', count)


def card(kind: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(body)) + kind + body + check


def packed(text: bytes) -> bytes:
    return card(b"zTXt", b"encoderscope\0\0" + zlib.compress(text))


MADE: dict[str, Callable[[], bytes]] = {
    "texts": lambda: texts("", 390_000, 49),
    "one wide text": lambda: texts("", 390_000, 48)[:-2] + f',"{WIDE}"]}}'.encode(),
    "long texts, each wide": lambda: texts(WIDE, 390_000, 35),
    "long texts, each wide by an escape": lambda: texts(ESCAPED, 390_000, 38),
    "short texts, each wide": lambda: texts(WIDE, 40, 200_000),
    "short texts, each of 16 bits": lambda: texts("\u20ac", 390_000, 50),
    "short texts, wide in both ways": lambda: texts(f"\u20ac{WIDE}", 390_000, 50),
    "empty objects": lambda: report(lambda _: "{}", 330_000),
    "objects": lambda: report(lambda number: f'{{"a":"{number}"}}', 230_000),
    "objects with keys of their own": lambda: report(lambda number: f'{{"{number}":1.5}}', 170_000),
    "lists": lambda: report(lambda number: f"[{number}]", 420_000),
    "lists in lists": lambda: report(lambda number: f"[[{number},2]]", 260_000),
    "numbers": lambda: report(str, 1_600_000),
    "fractions": lambda: report(lambda _: "1e5", 1_700_000),
    "words": lambda: report(lambda number: f'"{number}"', 700_000),
    "a card of all that is read": lambda: packed(texts(ESCAPED, 390_000, 40)),
    "a card of more": lambda: packed(b" " * 200_000_000),
    "a card whose picture is large": lambda: card(b"IDAT", b"a" * 60_000_000),
    "a card whose text is large": lambda: card(b"iTXt", b"encoderscope\0" + bytes(60_000_000)),
}


@pytest.mark.parametrize("name", MADE)
def test_a_report_costs_little_before_it_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "report.bin"
    path.write_bytes(MADE[name]())
    cost = cost_of(path, "report")
    assert cost.refused and "\n" not in cost.answer and len(cost.answer) < 500
    assert cost.seconds < MOST_SECONDS and cost.megabytes < MOST_MEGABYTES, cost
