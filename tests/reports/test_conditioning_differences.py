"""What the conditioning report says of two conditionings: which parts differ, by how much, and what
cannot be compared.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("jsonschema")

from encoderscope.tests.reports.conditionings import entry, report, sd3  # noqa: E402


def test_the_same_is_identical() -> None:
    differences = report([sd3()], [sd3()])["differences"]
    assert differences["sentence"] == (
        "The CLIP rows are identical; the T5 rows are identical; the pooled vectors are identical."
    )
    assert set(differences["pairs"][0]["sequence"]["levels"]) == {0}


def test_each_part_is_compared_with_its_own_kind() -> None:
    a, b = sd3(77, 30), sd3(154, 40, seed=1)
    b[0][:, 154:184] = a[0][:, 77:]
    b[1]["pooled_output"] = a[1]["pooled_output"] * 2
    differences = report([a], [b])["differences"]
    clip, t5 = differences["pairs"][0]["sequence"]["parts"]
    assert (clip["compared"], clip["extra"], clip["identical"]) == (77, [0, 77], 0)
    assert (t5["compared"], t5["extra"], t5["identical"]) == (30, [0, 10], 30)
    assert "the T5 rows are identical (10 more in the second)" in differences["sentence"]
    assert "the pooled vectors differ: cosine 1, but of another length." in differences["sentence"]
    pooled = differences["pairs"][0]["pooled"]
    assert (
        pooled["cosine"] == pytest.approx(1)
        and pooled["change"] == pytest.approx(0.5)
        and not pooled["identical"]
    )


def test_cosines_and_changes_are_the_formula() -> None:
    a, b = entry(5, 768, 768), entry(5, 768, 768, seed=3)
    b[0][0, 1], a[0][0, 2], a[0][0, 3], b[0][0, 3] = 0, math.nan, 0, 0
    sequence = report([a], [b])["differences"]["pairs"][0]["sequence"]
    x, y = a[0][0, 0], b[0][0, 0]
    assert sequence["cosines"][0] == pytest.approx(
        float(torch.cosine_similarity(x, y, dim=0)), abs=1e-3
    )
    assert sequence["changes"][0] == pytest.approx(
        float((x - y).norm() / max(x.norm(), y.norm())), rel=1e-3
    )
    assert (sequence["cosines"][1], sequence["changes"][1]) == (None, 1.0)
    assert (sequence["cosines"][2], sequence["changes"][2]) == (None, None)
    assert (sequence["cosines"][3], sequence["changes"][3]) == (None, 0.0)
    assert sequence["parts"][0]["identical"] == 1 and sequence["parts"][0]["zero"] == 1


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (entry(77, 2048, 1280), "4096 wide, the second 2048"),
        (entry(77, 4096, None), "the second has no pooled vector"),
        (entry(77, 4096, 768), "2048 wide, the second 768"),
    ],
)
def test_what_cannot_be_compared_is_said(other: list[Any], words: str) -> None:
    assert words in report([sd3()], [other])["differences"]["sentence"]


def test_no_pooled_vector_on_either_side_is_no_difference() -> None:
    differences = report([entry(4, 4096, None)], [entry(4, 4096, None)])["differences"]
    assert (
        differences["pairs"][0]["pooled"]["identical"]
        and "have no pooled vector" in differences["sentence"]
    )


def test_numbers_of_entries() -> None:
    a, b = sd3(), sd3(seed=1)
    assert [(p["a"], p["b"]) for p in report([a], [b, b, b])["differences"]["pairs"]] == [
        (0, 0),
        (0, 1),
        (0, 2),
    ]
    uneven = report([a, a, a], [a, b])["differences"]
    assert uneven["uncompared"] == 1 and "1 entry more has no partner" in uneven["sentence"]
    assert uneven["shown"] == 1 and uneven["sentence"].startswith(
        "1 of 2 pairs of entries differs. Pair 2:"
    )
    both, three = report([a, b], [a, b]), report([a, b, a], [a, b, a])
    assert both["differences"]["sentence"] == "Both pairs of entries are identical."
    assert three["differences"]["sentence"] == "All 3 pairs of entries are identical."


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_rows_without_numbers_have_no_distance(value: float) -> None:
    whole, hurt = entry(77, 768, 768), entry(77, 768, 768)
    hurt[0][0, 39, 5] = value
    differences = report([whole], [hurt])["differences"]
    assert differences["sentence"] == (
        "The CLIP rows differ: 76 of 77 identical, distance unknown, no numbers: row 40; the "
        "pooled vectors are identical."
    )
    assert differences["pairs"][0]["sequence"]["parts"][0]["unknown"] == [[39, 40]]
    hurt[0].fill_(value)
    differences = report([whole], [hurt])["differences"]
    assert "differ: distance unknown, no numbers: rows 1 to 77" in differences["sentence"]
    assert "in rows 1 to 77" in report([hurt])["sentence"]


def test_another_number_of_entries_is_named() -> None:
    a, b = entry(7, 768, 768), entry(7, 768, 768, 1)
    sentence = report([a], [a, b])["differences"]["sentence"]
    assert sentence.startswith(
        "The first has 1 entry, the second 2 entries: the first's was compared with each of the "
        "second's. 1 of 2 pairs of entries differs. Pair 2: "
    )


def test_further_parts_of_a_name_are_more_rows_and_not_the_only_ones() -> None:
    a, b = sd3(seed=1), sd3(seed=2)
    both = [torch.cat([a[0], b[0]], dim=1), a[1]]
    sentence = report([both], [a])["differences"]["sentence"]
    assert sentence.startswith(
        "The CLIP rows are identical; the T5 rows are identical; the first has 77 more CLIP rows; "
        "the first has 30 more T5 rows;"
    )
    assert "the second has 77 more CLIP rows" in report([a], [both])["differences"]["sentence"]


def test_other_settings_that_differ_are_named_and_are_no_identity() -> None:
    a = entry(7, 768, 768, mask=torch.ones(1, 4, 4), gligen=("x", [1, 2]), nan=math.nan)
    b = [a[0], {**a[1], "mask": torch.ones(1, 4, 4), "gligen": ("x", [1, 2]), "nan": math.nan}]
    assert report([a], [b])["differences"]["pairs"][0]["keys"] == []
    b[1] |= {"guidance": 3.5, "mask": torch.zeros(1, 4, 4), "start_percent": 0.5}
    differences = report([a, a], [a, b])["differences"]
    assert differences["pairs"][1]["keys"] == ["mask", "guidance", "start_percent"]
    assert differences["shown"] == 1 and differences["sentence"].endswith(
        "the pooled vectors are identical; 3 other settings differ: mask, guidance, start."
    )


def test_of_batches_the_first_prompts_are_compared_and_said_to_be() -> None:
    row, other = torch.ones(7, 768), torch.zeros(7, 768)
    a = [torch.stack([row, row]), {"pooled_output": torch.ones(1, 768)}]
    b = [torch.stack([row, other]), a[1]]
    same = report([a], [[a[0].clone(), a[1]]])["differences"]
    assert same["pairs"][0]["batches"] == [] and "batches" not in same["sentence"]
    differences = report([a, a], [b, b])["differences"]
    assert differences["pairs"][0]["batches"] == [2, 2]
    assert differences["sentence"].startswith("2 of 2 pairs of entries differ.")
    assert differences["sentence"].endswith(
        "of batches of 2 and 2 prompts only the first ones are compared."
    )
