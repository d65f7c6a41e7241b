"""What a stranger's file costs: less than a second of the processor and 100 MB, and one sentence
each for what was given, what was expected and what to do.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from encoderscope.conditioning import tokenizer_folder
from encoderscope.conditioning.bounded_reading import TooLarge, check_library_files
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.hostile import bombs
from encoderscope.tests.hostile.cost import MOST_MEGABYTES, MOST_SECONDS, Cost, cost_of

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="pipes, sparse files and /proc are Linux's"
)


def _cost(maker: bombs.Maker, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Cost:
    monkeypatch.chdir(folder)  # names of sockets must be short
    return cost_of(maker(folder))


def _name(maker: bombs.Maker) -> str:
    return str(getattr(maker, "__name__", maker))


@pytest.mark.parametrize("maker", bombs.BOMBS, ids=_name)
def test_a_bomb_is_refused_at_once(
    maker: bombs.Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cost = _cost(maker, tmp_path, monkeypatch)
    assert cost.refused, cost.answer
    assert "\n" not in cost.answer and cost.answer.count(". ") >= 2 and len(cost.answer) < 1000
    assert cost.seconds < MOST_SECONDS and cost.megabytes < MOST_MEGABYTES, cost


@pytest.mark.parametrize("maker", bombs.HEAVY, ids=_name)
def test_what_is_as_large_as_may_be_costs_no_more(
    maker: bombs.Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cost = _cost(maker, tmp_path, monkeypatch)
    assert not cost.refused, cost.answer
    assert cost.seconds < MOST_SECONDS and cost.megabytes < MOST_MEGABYTES, cost


def test_bombs_take_no_room(tmp_path: Path) -> None:
    """Else these tests would fill the disks of those who run them."""
    for number, maker in enumerate((bombs.gguf_long_array, bombs.config_of_3_gb)):
        folder = tmp_path / str(number)
        folder.mkdir()
        maker(folder)
        blocks = sum(file.stat().st_blocks for file in folder.rglob("*"))
        assert 512 * blocks < 1_000_000


def test_the_measure_sees_memory_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of 180 MB that is hashed in one piece would be noticed."""
    path = bombs.safetensors_most_tensors(tmp_path)
    small = _cost(bombs.fifo_as_config, _folder(tmp_path, "small"), monkeypatch)
    large = cost_of(path)
    assert large.megabytes > small.megabytes + 10 and large.seconds > small.seconds


def _folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def test_no_open_waits_for_a_pipe_beside_a_tokenizer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tokenizer.json")
    with pytest.raises(EncoderScopeError, match=r"tokenizer.json is a pipe"):
        tokenizer_folder.load(str(tmp_path))


def test_a_vocabulary_of_3_gb_is_not_opened(tmp_path: Path) -> None:
    with (tmp_path / "vocab.json").open("wb") as file:
        file.truncate(3 * bombs.GB)
    with pytest.raises(EncoderScopeError, match=r"vocab.json has 3,000,000,000 bytes"):
        tokenizer_folder.load(str(tmp_path))


@pytest.mark.parametrize("value", [b"[],", b'"a",'])
def test_a_vocabulary_of_too_many_values_is_refused_before_it_is_parsed(
    value: bytes, tmp_path: Path
) -> None:
    """60 MB of empty lists took 14 s and 1.5 GB before transformers refused them."""
    (tmp_path / "tokenizer.json").write_bytes(b"[" + value * (60_000_000 // len(value)) + b"0]")
    started = time.process_time()
    with pytest.raises(TooLarge, match="values"):
        check_library_files(tmp_path)
    assert time.process_time() - started < MOST_SECONDS


def test_as_many_values_as_the_largest_vocabulary_has_are_let_through(tmp_path: Path) -> None:
    pieces = ",".join(f'"{number:x}":{number}' for number in range(260_000))
    merges = ",".join('["a","b"]' for _ in range(520_000))
    (tmp_path / "tokenizer.json").write_text(f'{{"vocab":{{{pieces}}},"merges":[{merges}]}}')
    check_library_files(tmp_path)
