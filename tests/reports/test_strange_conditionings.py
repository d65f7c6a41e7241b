"""The conditioning report on what few graphs make: no numbers, other axes, single rows, batches,
masks of all kinds.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("jsonschema")

from encoderscope.conditioning.errors import EncoderScopeError  # noqa: E402
from encoderscope.conditioning.reports.conditioning import report as conditioning_report  # noqa: E402
from encoderscope.tests.reports.conditionings import entry, report, sd3  # noqa: E402


def test_what_stands_behind_a_pair_is_left_aside_as_the_host_does() -> None:
    result = entry(7, 768, 768)
    assert report([[*result, "more"]])["entries"] == report([result])["entries"]


@pytest.mark.parametrize(
    ("sequence", "pooled", "problem"),
    [
        (torch.ones(1, 7, 768).to_sparse(), None, "the sequence of entry 1 is a sparse tensor"),
        (torch.ones(1, 7, 768, device="meta"), None, "without numbers"),
        (torch.ones(1, 7, 768), "x", "the pooled vector of entry 1 is of type str"),
        (torch.ones(1, 7, 768), [1, 2], "of type list"),
        (torch.ones(1, 7, 768), torch.ones(1, 0), "is empty"),
        (torch.ones(1).expand(1, 50_001, 8), None, "has 50,001 rows"),
        (torch.ones(1).expand(50_001, 8), None, "has 50,001 rows"),
        (torch.ones(1).expand(9, 50_000, 768), None, "holds 345,600,000 numbers, in the shape"),
    ],
)
def test_what_holds_no_numbers_is_refused_in_a_sentence(
    sequence: Any, pooled: Any, problem: str
) -> None:
    with pytest.raises(EncoderScopeError, match=problem):
        report([[sequence, {"pooled_output": pooled}]])


@pytest.mark.parametrize(
    "key", ["guidance", "attention_mask", "start_percent", "end_percent", "area", "strength"]
)
def test_whole_numbers_beyond_floating_point_are_shown(key: str) -> None:
    """A workflow's JSON may hold them."""
    for value in (10**400, [1, 2, 3, -(10**400)]):
        [entry] = report([[torch.ones(1, 7, 768), {key: value}]])["entries"]
        [shown] = entry["keys"]
        assert "e+400" in shown["what"]


def test_complex_numbers_are_read_as_the_host_casts_them() -> None:
    sequence = torch.complex(torch.ones(1, 7, 768), torch.full((1, 7, 768), 5.0))
    [part] = report([[sequence, {}]])["entries"][0]["sequence"]["rows"]
    assert part["mean_norm"] == pytest.approx(768**0.5, rel=1e-3)


@pytest.mark.parametrize("shape", [(768,), (1, 1, 768)])
def test_a_pooled_vector_of_other_axes_is_no_ones(shape: tuple[int, ...]) -> None:
    sentence = report([[torch.ones(1, 7, 768), {"pooled_output": torch.ones(shape)}]])
    assert sentence["sentence"].endswith(
        f"The pooled vector is {' × '.join(map(str, shape))} where (batch, width) is wanted: "
        "models that take one stop with an error."
    )


@pytest.mark.parametrize("shape", [(1, 0, 768), (0, 7, 768)])
def test_a_sequence_without_rows_names_no_rows(shape: tuple[int, ...]) -> None:
    sentence = report([[torch.ones(shape), {"pooled_output": torch.ones(1, 768)}]])
    assert sentence["entries"][0]["sequence"]["rows"] == [] and not sentence["usable"]
    assert "no rows of 768" in sentence["sentence"]


def test_a_single_row_is_one_and_a_batch_says_whose_rows_are_shown() -> None:
    plain = conditioning_report.plain(report([sd3(77, 1)]))
    assert "T5: row 78, mean norm" in plain and "first of the batch" not in plain
    batch = [[torch.ones(2, 7, 768), {"pooled_output": torch.ones(2, 768)}]]
    text = conditioning_report.plain(report(batch))
    assert "2 × 7 × 768, float32; the rows below are the first of the batch" in text


@pytest.mark.parametrize(
    ("mask", "kept"),
    [
        (torch.tensor([[1, 1, 0]]), 2),
        (torch.tensor([[True, False, False]]), 1),
        (torch.tensor([[0.0, -math.inf, -math.inf]]), 1),
        (torch.tensor([[math.nan, 1.0, 1.0]]), 2),
    ],
)
def test_tokens_that_a_mask_keeps(mask: Any, kept: int) -> None:
    sentence = report([entry(3, 2304, None, attention_mask=mask)])
    assert sentence["entries"][0]["mask"]["kept"] == kept


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (entry(1, 768, 768), "Stable Diffusion 1.x: the only row is CLIP's."),
        (entry(1, 2304, None), "the only row is a language-model row."),
        (entry(1, 4096, 768), "the only row is T5's or a language model's."),
        (entry(1, 1024, None), "the only row is a CLIP or T5 row."),
        (entry(2, 2304, None), "all 2 rows are language-model rows."),
        (entry(2, 4096, 768), "all 2 rows are T5's or a language model's."),
    ],
)
def test_a_single_row_is_not_all_of_them(made: list[Any], sentence: str) -> None:
    assert report([made])["entries"][0]["layout"]["sentence"].endswith(sentence)
