"""Sentences of reports with one, several and none: each reads as a person would write it."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
from encoderscope.cli import cache as cache_command
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.mixing import mix_notes
from encoderscope.conditioning.reports.benchmark import sentences
from encoderscope.conditioning.reports.wording import plural, verb
from encoderscope.tests.encoder_files import make


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 rows are"), (1, "1 row is"), (2, "2 rows are"), (1234, "1,234 rows are")],
)
def test_noun_and_verb_go_together(count: int, text: str) -> None:
    assert f"{plural(count, 'row')} {verb(count, 'is', 'are')}" == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 entries"), (1, "1 entry"), (3, "3 entries")])
def test_entries_of_the_cache(count: int, text: str) -> None:
    items = [SimpleNamespace(bytes=1000) for _ in range(count)]
    assert cache_command._counted(items).startswith(f"{text}, ")  # type: ignore[arg-type]


@pytest.mark.parametrize(("rows", "text"), [(1, "1 row against"), (77, "77 rows against")])
def test_rows_of_a_mix(rows: int, text: str) -> None:
    assert text in mix_notes.lengthening("t5", rows, 154)


@pytest.mark.parametrize(
    ("better", "text"), [(1, "1 of 3 pairs of encoders differs."), (2, "differ.")]
)
def test_pairs_that_differ(better: int, text: str) -> None:
    own = [{"question": "image", "better": "A" if k < better else None} for k in range(3)]
    sentence = sentences._differences({"comparisons": own}, {"name": "image"})
    assert sentence.endswith(text)


@pytest.mark.parametrize(("lost", "text"), [(1, "1 tensor that"), (2, "2 tensors that")])
def test_tensors_that_are_in_no_shard(lost: int, text: str, tmp_path: Path) -> None:
    names = [f"model-0000{k}-of-00002.safetensors" for k in (1, 2)]
    for k, name in enumerate(names):
        make.sparse(tmp_path / name, {f"layer.{k}.weight": (2, 2)})
    weight_map = {"layer.0.weight": names[0], "layer.1.weight": names[1]}
    weight_map |= {f"gone.{k}.weight": names[0] for k in range(lost)}
    index = {"weight_map": weight_map}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(EncoderScopeError) as caught:
        open_checkpoint(tmp_path / names[0])
    sentence = str(caught.value)
    assert text in sentence and (" is in no shard" in sentence) == (lost == 1)
