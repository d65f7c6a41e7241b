"""Folders with captions.jsonl: what is read, and what is refused with the name of its line."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.benchmark import dataset as datasets
from encoderscope.conditioning.benchmark import drawn_sets
from encoderscope.conditioning.errors import EncoderScopeError, UnknownName
from encoderscope.conditioning.scenes import scene


def test_a_folder_is_read(folder: Any) -> None:
    root = folder(
        {"generated_correctly": True},
        {"kind": None, "generated_correctly": False, "more": [1]},
        b"  ",
        {"paraphrase": None, "generated_correctly": None},
    )
    dataset = datasets.read_folder(root)
    assert [pair.number for pair in dataset.pairs] == [1, 2, 4], "lines, blank ones counted"
    assert [pair.kind for pair in dataset.pairs] == [
        "colour",
        "other",
        "colour",
    ] and dataset.kinds == ["colour", "other"]
    assert [pair.correct for pair in dataset.pairs] == [True, False, None]
    assert (
        dataset.pairs[0].paraphrase == "a blue house and a red car"
        and dataset.pairs[2].paraphrase == ""
    )
    assert dataset.where(dataset.pairs[2]) == "captions.jsonl, line 4"
    sizes = [tuple(picture.shape) for picture in dataset.pictures(dataset.pairs)]
    assert sizes == [(1, 8, 9, 3), (1, 8, 10, 3), (1, 8, 12, 3)]


def test_without_kinds_there_are_none(folder: Any) -> None:
    assert datasets.read_folder(folder({"kind": None}, {"kind": None})).kinds == []


HOLES = [
    ({"caption": None}, "Line 2: there is no caption."),
    ({"swap": None}, "Line 2: there is no swap."),
    ({"image": None}, "Line 2: there is no image."),
    ({"caption": "  "}, "Line 2: its caption is empty."),
    ({"caption": 7}, "Line 2: its caption is no text."),
    ({"image": "gone.png"}, "Line 2: there is no picture 'gone.png'."),
    ({"image": "x" * 300 + ".png"}, "Line 2: there is no picture"),
    ({"image": "../1.png"}, "Line 2: the image '../1.png' does not lie in the folder."),
    ({"image": "..\\1.png"}, "does not lie in the folder"),
    ({"image": "sub/../../1.png"}, "does not lie in the folder"),
    ({"image": "/etc/passwd"}, "does not lie in the folder"),
    ({"image": "C:\\1.png"}, "does not lie in the folder"),
    ({"image": "C:1.png"}, "does not lie in the folder"),
    ({"image": "\\\\host\\share\\1.png"}, "does not lie in the folder"),
    ({"image": "1.png\0"}, "does not lie in the folder"),
    ({"image": "."}, "does not lie in the folder"),
    ({"swap": "A red car  next to a blue HOUSE"}, "Line 2: caption and swap are the same"),
    (
        {"paraphrase": "a red car next to a blue house"},
        "Line 2: the paraphrase is the caption itself.",
    ),
    (
        {"paraphrase": "a blue car next to a red house"},
        "Line 2: the paraphrase is the swap itself.",
    ),
    ({"generated_correctly": "yes"}, "Line 2: generated_correctly is 'yes'"),
    ({"generated_correctly": 2}, "Line 2: generated_correctly is '2'"),
    ({"caption": "half \ud83d of an emoji"}, "half a character"),
    (b'{"image": "1.png", ', "Line 2: it is no JSON"),
    (b"[1, 2]", "Line 2: it is JSON, but no object"),
    (b"\xff\xfe{}", "Line 2: it is no JSON"),
    (b"[" * 19_000, "Line 2: it is no JSON"),
    (b"[" * 100_000, "is too long: at line 2"),
]


@pytest.mark.parametrize(("line", "sentence"), HOLES, ids=[str(k) for k in range(len(HOLES))])
def test_a_hole_is_told_with_its_line(folder: Any, line: Any, sentence: str) -> None:
    with pytest.raises(EncoderScopeError) as refused:
        datasets.read_folder(folder({}, line, {}))
    assert sentence in str(refused.value) and "captions.jsonl" in str(refused.value)


def test_many_holes_are_counted(folder: Any) -> None:
    with pytest.raises(EncoderScopeError, match=r"Line 1: .* Line 5: .* And 4 more lines"):
        datasets.read_folder(folder(*[{"swap": None}] * 9))


def test_a_list_of_holes_is_not_read_to_its_end(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100,000 pictures that are not where they are looked for took five seconds."""
    looked = []
    pair = datasets._pair
    monkeypatch.setattr(datasets, "_pair", lambda *line: (looked.append(1), pair(*line))[1])
    monkeypatch.setattr(datasets, "_ENOUGH", 8)
    with pytest.raises(
        EncoderScopeError, match=r"And 3 more lines\. After 8 holes the rest was not"
    ):
        datasets.read_folder(folder(*[{"image": "gone.png"}] * 20))
    assert len(looked) == 8


def test_what_is_no_dataset_is_refused(folder: Any, tmp_path: Path) -> None:
    with pytest.raises(EncoderScopeError, match="There is no folder"):
        datasets.read_folder(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderScopeError, match=r"has no captions.jsonl"):
        datasets.read_folder(tmp_path / "empty")
    (tmp_path / "empty" / "captions.jsonl").write_bytes(b"\n\n")
    with pytest.raises(EncoderScopeError, match=r"is empty"):
        datasets.read_folder(tmp_path / "empty")


def test_a_byte_order_mark_and_folders_of_either_system_are_read(folder: Any) -> None:
    root = folder({}, {})
    (root / "sub").mkdir()
    (root / "1.png").rename(root / "sub" / "1.png")
    lines = (root / "captions.jsonl").read_bytes().replace(b'"1.png"', b'"sub\\\\1.png"')
    (root / "captions.jsonl").write_bytes(b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n"))
    dataset = datasets.read_folder(root)
    assert len(dataset.pairs) == 2 and next(dataset.pictures(dataset.pairs[:1])).shape == (
        1,
        8,
        9,
        3,
    )


def test_the_fingerprint_knows_pictures_and_sentences_but_not_judgements(folder: Any) -> None:
    before = datasets.read_folder(folder({}, {})).fingerprint
    judged = datasets.read_folder(folder({"generated_correctly": True, "kind": "size"}, {}))
    root = folder({}, {})
    for name in ("1.png", "2.png"):  # written anew above
        os.utime(root / name, ns=(0, 0))
    still = datasets.read_folder(root).fingerprint
    os.utime(root / "2.png", ns=(0, 7))
    assert datasets.read_folder(root).fingerprint != still
    root = folder({"generated_correctly": True, "kind": "size"}, {})
    for name in ("1.png", "2.png"):
        os.utime(root / name, ns=(0, 0))
    assert datasets.read_folder(root).fingerprint == still
    root = folder({}, {"swap": "a car"})
    for name in ("1.png", "2.png"):
        os.utime(root / name, ns=(0, 0))
    assert datasets.read_folder(root).fingerprint != still and before and judged


def test_kinds_are_chosen(folder: Any) -> None:
    dataset = datasets.read_folder(folder({}, {"kind": "size"}, {}))
    assert [pair.number for pair in datasets.of_kinds(dataset, ["colour"]).pairs] == [1, 3]
    assert datasets.of_kinds(dataset, []) is dataset
    with pytest.raises(UnknownName, match="colour, size"):
        datasets.of_kinds(dataset, ["shape"])


# The drawn sets


def test_a_drawn_set_has_a_picture_for_each_pair_and_even_kinds() -> None:
    dataset = drawn_sets.drawn("drawn-200")
    assert len(dataset.pairs) == len({pair.image for pair in dataset.pairs}) == 200
    counts = Counter(pair.kind for pair in dataset.pairs)
    assert (
        set(counts) == {"colour", "size", "relation"}
        and max(counts.values()) - min(counts.values()) <= 2
    )
    for pair in dataset.pairs:
        assert (
            sorted(re.findall(r"\w+", pair.caption)) == sorted(re.findall(r"\w+", pair.swap))
            and pair.caption != pair.swap
        )
        assert pair.paraphrase not in (pair.caption, pair.swap, "")


def test_a_drawn_set_is_the_same_every_time_and_kept_from_training() -> None:
    first, again = drawn_sets.drawn("drawn-20"), drawn_sets.drawn("drawn-20")
    assert (
        first.pairs == again.pairs
        and first.fingerprint == again.fingerprint != drawn_sets.drawn("drawn-21").fingerprint
    )
    assert all(
        torch.equal(a, b)
        for a, b in zip(first.pictures(first.pairs), again.pictures(again.pairs), strict=True)
    )
    mine = {(frozenset(bag.colours), frozenset(bag.shapes)) for bag in scene.bags("test")}
    for pair in drawn_sets.drawn("drawn-200").pairs:
        words = re.findall(r"\w+", pair.caption)
        bag = tuple(frozenset(words) & frozenset(known) for known in (scene.COLOURS, scene.SHAPES))
        assert pair.kind != "colour" or bag in mine, "kept from training"


def test_pictures_of_a_drawn_set_stand_beside_their_pairs() -> None:
    dataset = drawn_sets.drawn("drawn-20")
    every = torch.cat(list(dataset.pictures(dataset.pairs)))
    assert every.shape == (20, 128, 128, 3)
    some = torch.cat(list(dataset.pictures([dataset.pairs[k] for k in (17, 3)])))
    assert torch.allclose(some, every[[17, 3]], atol=1e-6)


@pytest.mark.parametrize(
    "name", ["drawn-0", "drawn-99999", "drawn-9999999999999999999", "drawn-x", "drawn"]
)
def test_an_unknown_drawn_set_is_refused(name: str) -> None:
    with pytest.raises(UnknownName, match="drawn-20, drawn-200"):
        drawn_sets.drawn(name)


def test_the_folder_s_own_place_is_looked_up_once(
    folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder({}, {}, {})
    looked_up: list[str] = []
    resolve = os.path.realpath

    def counting(path: Any, **options: Any) -> Any:
        looked_up.append(os.fspath(path))
        return resolve(path, **options)

    monkeypatch.setattr(os.path, "realpath", counting)
    assert len(datasets.read_folder(root).pairs) == 3
    assert looked_up.count(str(root)) == 1
