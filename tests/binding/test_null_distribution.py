"""Thresholds from blind controls: the same every time, kept on disk, and never taken from a file
that does not hold them.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.binding import null_distribution as module
from encoderscope.conditioning.binding import suite
from encoderscope.conditioning.binding.design_answers import measure_designs
from encoderscope.conditioning.binding.designs import plan
from encoderscope.conditioning.binding.measures import interval
from encoderscope.conditioning.binding.null_distribution import is_level, nulls
from encoderscope.conditioning.binding.nulls import saved
from encoderscope.conditioning.binding.nulls.keys import Keys, keys_of
from encoderscope.conditioning.binding.nulls.saved import Nulls
from encoderscope.conditioning.binding.readouts import CROSS, MEAN, POOLED, SEQUENCE
from encoderscope.conditioning.binding.thresholds import Thresholds
from encoderscope.conditioning.encoding.text_encoder import Architecture
from encoderscope.conditioning.english.reading import read
from encoderscope.tests.binding.kit import BagOfWords, Neighbours, Tagged, Toy, Words

pytestmark = pytest.mark.usefixtures("small_nulls")


class Counted(Tagged):
    """Static vectors and tokens are free; every control asks for the former, so they tell how often
    nulls were made.
    """

    asked = 0

    def static(self, ids: Sequence[int]) -> Any:
        self.asked += 1
        return super().static(ids)


def null_distribution_of(encoder: Toy, folder: Path | None, kind: str = "role") -> Nulls:
    return nulls(encoder, kind, folder)


def test_the_same_every_time_and_made_once(tmp_path: Path) -> None:
    encoder = Counted()
    first = null_distribution_of(encoder, tmp_path / "not" / "there")
    asked = encoder.asked
    assert asked >= 3 and not encoder.calls, "the encoder itself is never run"
    second = null_distribution_of(encoder, tmp_path / "not" / "there")
    assert second == first and encoder.asked == asked + 1  # once for the key
    names = sorted(file.name[:6] for file in (tmp_path / "not" / "there").iterdir())
    assert names == ["nulls-", "untrai"]
    torch.manual_seed(123)
    torch.rand(3)
    assert null_distribution_of(Counted(), None) == first
    assert set(first.level) == set(first.uneven) == {POOLED, SEQUENCE, CROSS} and first.samples == (
        12,
        0,
    )
    assert all(0 <= item <= 1 for item in (*first.level.values(), *first.uneven.values()))
    torch.manual_seed(999)
    state = torch.random.get_rng_state()
    null_distribution_of(Tagged(), None)
    assert torch.equal(state, torch.random.get_rng_state()), "the host's own dice are left alone"


def test_progress_is_told_and_may_stop_it(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    nulls(Tagged(), "role", None, lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] and all(0 <= a <= b for a, b in seen)
    assert [a / b for a, b in seen] == sorted(a / b for a, b in seen)

    def stop(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nulls(Tagged(), "role", tmp_path, stop)
    assert not list(tmp_path.iterdir()), "half a null is none"


def good() -> dict[str, Any]:
    share = {POOLED: 0.5, SEQUENCE: 0.5, CROSS: 0.5}
    return {
        "format": "encoderscope.nulls",
        "version": module.VERSION,
        "kind": "role",
        "level": share,
        "uneven": share,
        "samples": [1, 2],
    }


FOREIGN = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "a number": "3",
    "bytes": "\ufffd\x00",
    "another format": json.dumps(good() | {"format": "other"}),
    "another version": json.dumps(good() | {"version": module.VERSION + 1}),
    "another kind": json.dumps(good() | {"kind": "binding"}),
    "no readouts": json.dumps(good() | {"level": {}}),
    "other readouts": json.dumps(good() | {"uneven": {POOLED: 0.5}}),
    "too much": json.dumps(good() | {"level": {POOLED: 0.5, SEQUENCE: 2, CROSS: 0.5}}),
    "not a number": json.dumps(good() | {"level": {POOLED: float("nan"), SEQUENCE: 0, CROSS: 0.5}}),
    "words": json.dumps(good() | {"level": {POOLED: "x", SEQUENCE: 0, CROSS: 0.5}}),
    "level a list": json.dumps(good() | {"level": [1]}),
    "no samples": json.dumps(good() | {"samples": []}),
    "endless samples": json.dumps(good() | {"samples": [float("inf"), 1]}),
    "null": json.dumps(good() | {"samples": None}),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_file_that_holds_something_else_is_made_again(
    case: str, small_nulls: Path, tmp_path: Path
) -> None:
    expected = null_distribution_of(Tagged(), small_nulls)
    null_distribution_of(Tagged(), tmp_path)
    [file] = tmp_path.glob("nulls-*")
    for each in tmp_path.iterdir():
        each.write_text(FOREIGN[case], encoding="utf-8")
    assert saved.read(file, "role") is None
    if case in ("no JSON", "no readouts"):
        assert null_distribution_of(Tagged(), tmp_path) == expected == saved.read(file, "role")


def test_a_good_file_is_believed(tmp_path: Path) -> None:
    null_distribution_of(Tagged(), tmp_path)
    [file] = tmp_path.glob("nulls-*")
    file.write_text(json.dumps(good()), encoding="utf-8")
    assert null_distribution_of(Tagged(), tmp_path).level[POOLED] == 0.5


def test_untrained_encoders_are_measured_once_for_all_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other word vectors and another width: only the bags are measured again, and no number is
    another one for it.
    """
    expected = null_distribution_of(Slightly(), None)
    null_distribution_of(Tagged(), tmp_path)
    monkeypatch.setattr(module, "untrained", None)  # it would be called, and fail
    assert null_distribution_of(Slightly(), tmp_path) == expected
    [file] = tmp_path.glob("untrained-*")
    high = {POOLED: 0.9, SEQUENCE: 0.0, CROSS: 0.9}
    file.write_text(json.dumps(good() | {"level": high}), encoding="utf-8")
    for each in tmp_path.glob("nulls-*"):
        each.unlink()
    worst = null_distribution_of(Slightly(), tmp_path).level
    assert worst[POOLED] == worst[CROSS] == 0.9 and worst[SEQUENCE] > 0, "the bags count, too"


class Slightly(Tagged):
    """One token's vector differs in one number."""

    def static(self, ids: Sequence[int]) -> Any:
        return super().static(ids) + torch.tensor([[1e-3 if item == 1 else 0.0] for item in ids])


class Wide(Tagged):
    """Twice as wide."""

    def __init__(self, **changed: Any) -> None:
        super().__init__(**changed)
        self.architecture = replace(self.architecture, width=2 * self.architecture.width)

    def static(self, ids: Sequence[int]) -> Any:
        return super().static(ids).repeat(1, 2)


def keys(encoder: Toy, kind: str = "role", contrasts: int | None = None) -> Keys:
    return keys_of(encoder, module.rules(kind), suite.of_kind("role", 3)[:contrasts])


@pytest.mark.parametrize("which", Keys._fields)
def test_the_key_knows_all_that_nulls_depend_on(
    which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def key(*arguments: Any) -> str:
        return str(getattr(keys(*arguments), which))

    first = key(Tagged())
    assert key(Tagged(name="other", title="Another")) == first, "names are of no account"
    static = key(Slightly())
    assert (static == first) is which.startswith("untrained")
    other = [
        key(Tagged(Words(split=["goat"]))),
        key(Tagged(Words(length=40))),
        key(Tagged(layers=2)),
        key(Tagged(causal=True)),
        key(Tagged(kind="bert")),
        key(Tagged(pooled=False)),
        key(Tagged(), "relation"),
        key(Tagged(), "role", 7),
    ]
    monkeypatch.setattr(module, "PERCENTILE", 0.95)
    other.append(key(Tagged()))
    assert len({first, *other}) == 10


def test_untrained_encoders_are_the_same_for_all_widths_and_depths_beyond_theirs() -> None:
    """CLIP-L, CLIP-G and CLIP-H share them, and so do all T5 of twelve layers or more."""
    shallow, deep = keys(Tagged(layers=12)), keys(Wide(layers=32))
    assert shallow.untrained_here == deep.untrained_here
    assert shallow.untrained_anywhere == deep.untrained_anywhere
    assert shallow.anywhere != deep.anywhere
    assert keys(Tagged(layers=11)).untrained_anywhere != shallow.untrained_anywhere


def test_only_the_keys_of_here_know_the_version_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    first = keys(Tagged())
    monkeypatch.setattr(torch, "__version__", "99")
    second = keys(Tagged())
    assert first.anywhere == second.anywhere and first.here != second.here
    assert first.untrained_anywhere == second.untrained_anywhere
    assert first.untrained_here != second.untrained_here


def test_the_key_survives_a_new_release() -> None:
    """A representation that changes makes every saved file anew: raise VERSION with it."""
    assert module.VERSION == 2
    assert keys(Tagged()).anywhere == "f5a449dbedf13b59799c16a4"
    assert keys(Tagged()).untrained_anywhere == "1e9b6dbcef6bfaf827325f03"
    assert repr(Architecture("clip", 768, 12, causal=True)) == (
        "Architecture(kind='clip', width=768, layers=12, causal=True, pooled=True, windows=False)"
    )


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_folder_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    expected = null_distribution_of(Tagged(), None)
    assert (
        null_distribution_of(Tagged(), tmp_path / "file")
        == null_distribution_of(Tagged(), tmp_path / "file" / "below")
        == expected
    )
    if os.geteuid():
        tmp_path.chmod(0o500)
        assert null_distribution_of(Tagged(), tmp_path / "new") == expected
        tmp_path.chmod(0o700)


def test_without_a_pooled_vector_nulls_are_of_the_mean() -> None:
    assert set(null_distribution_of(Neighbours(pooled=False), None).level) == {
        MEAN,
        SEQUENCE,
        CROSS,
    }


def test_the_worst_sort_of_control_counts() -> None:
    """Hundreds of bags that score nothing hide no untrained encoder that scores much."""
    shares = {
        ("bag", CROSS): [0.0] * 300,
        ("untrained", CROSS): [0.1] * 12,
        ("untrained", POOLED): [0.3, 0.2],
    }
    assert module._percentiles(shares) == {CROSS: 0.1, POOLED: 0.3}
    assert module._percentiles(shares, {("untrained", CROSS): [0.4]}) == {CROSS: 0.4, POOLED: 0.3}


# --- level and uneven
# --------------------------------------------------------------------------------------------------

LEVEL = {
    "a red car and a blue house": ([], True),
    "a red car and a turquoise house": (["turquoise"], False),
    "a rusty red car and a turquoise house": (["turquoise", "rusty"], True),
    "two cats and three dogs": ([], True),
    "one cat and three dogs": ([], False),
    "four trucks": ([], False),
    "an apple above a dog": ([], True),
    "a cat in front of a dog": ([], False),
    "a cat to the left of a dog": ([], True),
    "a dog chasing a cat": ([], True),
    "a dog chasing a kangaroo": (["kangaroo"], False),
    "a dog without a hat": ([], True),
}


@pytest.mark.parametrize("text", LEVEL)
def test_level_is_what_leaves_a_tagged_bag_without_binding(text: str) -> None:
    split, expected = LEVEL[text]
    encoder = Tagged(Words(split=split))
    kind = {"two": "count", "one": "count", "four": "number"}.get(text.split()[0])
    design = next(design for design in plan(read(text)).designs if kind in (None, design.kind))
    if text.startswith("a rusty"):
        design = next(design for design in plan(read("a rusty car and a turquoise house")).designs)
    measured = measure_designs(encoder, [design])[0]
    assert is_level(encoder, design) is expected
    for readout in (POOLED, CROSS):
        assert (measured[readout].share < 1e-9) is expected, readout


def test_one_thing_and_many_is_not_bound_by_its_plural() -> None:
    """one cat / three dogs against three cats / one dog: a bag hears the plural. Its own leak is
    what it has to beat.
    """
    plans = plan(read("one cat and three dogs"))
    encoder = Tagged()
    thresholds = Thresholds([encoder], plans)
    k = next(k for k, design in enumerate(plans.designs) if design.kind == "count")
    for blind in (encoder, BagOfWords()):
        for readout, measure in measure_designs(blind, plans.designs)[k].items():
            assert (
                measure.share > 0.1
                and interval(measure.shares)[0] <= thresholds.of(k, "text", readout)[1]
            ), readout
    assert thresholds.of(k, "text", POOLED)[0] < 0.01 and thresholds.of(k, "text", POOLED)[1] == 1


def test_words_that_leak_raise_their_own_threshold() -> None:
    encoder = Tagged(Words(split=["turquoise"]))
    level, uneven = (
        Thresholds([encoder], plan(read(f"a red car and a {colour} house")))
        for colour in ("blue", "turquoise")
    )
    for readout in (POOLED, SEQUENCE, CROSS):
        low, high = level.of(0, "text", readout)
        assert low == high == level.nulls["text", "binding"].level[readout]
        lower, higher = uneven.of(0, "text", readout)
        assert lower == low < higher and higher >= uneven.leaks[0, "text", readout]


@pytest.mark.parametrize("kind", ["binding", "count", "number", "negation", "relation", "role"])
def test_most_of_the_suite_is_level(kind: str) -> None:
    designs = suite.of_kind(kind, 1)
    flat = [is_level(Tagged(), design) for design in designs]
    assert sum(flat) >= {"number": 0, "relation": 30}.get(kind, len(designs))


def test_where_texts_are_long_fewer_contrasts_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    every = suite.of_kind("binding", 3)
    monkeypatch.setattr(module, "BUDGET", 100_000)
    assert len(module._affordable(Tagged(), every)) == 60
    some = module._affordable(Tagged(Words(length=300)), every)
    assert (
        len(some) == 100_000 // (300 * 4 * 3)
        and some[0] == every[0]
        and some == sorted(some, key=every.index)
    )
    assert len(module._affordable(Tagged(Words(length=5000)), every)) == module.FEWEST


# --- the untrained encoder
# --------------------------------------------------------------------------------------------------
