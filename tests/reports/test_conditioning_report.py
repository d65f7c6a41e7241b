"""The conditioning and states reports: what they say of every kind of content, and that their JSON
is strict.
"""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("jsonschema")

from encoderscope.conditioning.errors import EncoderScopeError  # noqa: E402
from encoderscope.conditioning.mixing.text_states import ROWS  # noqa: E402
from encoderscope.conditioning.reports.conditioning import entry_keys  # noqa: E402
from encoderscope.conditioning.reports.conditioning import report as conditioning_report  # noqa: E402
from encoderscope.conditioning.reports.conditioning.without_pooled import PooledReading  # noqa: E402
from encoderscope.tests.reports.conditionings import entry, report, sd3  # noqa: E402

# What it is


@pytest.mark.parametrize(
    ("made", "layout", "sentence"),
    [
        (
            sd3(),
            "sd3",
            (
                "Stable Diffusion 3 / 3.5: 77 CLIP rows and 30 T5 rows of 4096, a pooled "
                "vector of 2048."
            ),
        ),
        (
            entry(77, 768, 768),
            "sd1",
            "Stable Diffusion 1.x: 77 CLIP rows of 768, a pooled vector of 768.",
        ),
        (entry(77, 2048, 1280), "sdxl", "SDXL: 77 CLIP rows of 2048, a pooled vector of 1280."),
        (
            entry(256, 4096, 768),
            "flux",
            (
                "FLUX.1 or HunyuanVideo: 256 T5 or language-model rows of 4096, a pooled vector "
                "of 768."
            ),
        ),
        (
            entry(128, 4096, 2048, conditioning_llama3=torch.ones(1, 32, 128, 4)),
            None,
            "HiDream-I1: 128 T5 rows of 4096, a pooled vector of 2048.",
        ),
        (
            entry(77, 1024, None, conditioning_mt5xl=torch.ones(1, 256, 4)),
            None,
            "Hunyuan-DiT: 77 CLIP rows of 1024, no pooled vector.",
        ),
        (
            entry(1, 2304, None),
            None,
            "Lumina 2 or PixelDiT: 1 language-model row of 2304, no pooled vector.",
        ),
        (
            entry(77, 2048, None),
            "pixart",
            (
                "AuraFlow, OmniGen2 or Ovis-Image, or SDXL without a pooled vector: 77 CLIP, T5 or "
                "language-model rows of 2048, no pooled vector."
            ),
        ),
        (
            entry(20, 15360, None),
            None,
            "FLUX.2: 20 language-model rows of 15360, no pooled vector.",
        ),
        (
            entry(9, 6144, None, unprocessed_ltxav_embeds=True),
            None,
            "LTX-2 or LTX-2 (Gemma 4): 9 language-model rows of 6144, no pooled vector.",
        ),
        (
            entry(9, 768, None, conditioning_lyrics=torch.ones(1, 4)),
            None,
            "ACE-Step: 9 T5 rows of 768, no pooled vector.",
        ),
        (
            entry(20, 2560, None),
            None,
            (
                "Z-Image or Mage-Flow, or NewBie without a pooled vector: 20 language-model rows "
                "of 2560, no pooled vector."
            ),
        ),
        (
            entry(9, 1024, None, t5xxl_ids=torch.ones(4)),
            None,
            "Anima: 9 language-model rows of 1024, no pooled vector.",
        ),
        (
            entry(256, 4096, 1280),
            None,
            (
                "Stable Diffusion 3 / 3.5, FLUX.1 or HunyuanVideo with another model's pooled "
                "vector: 256 T5 or language-model rows of 4096, a pooled vector of 1280. "
                "The pooled vector is 1280 wide, as CLIP-G's is, but should be 2048 for Stable "
                "Diffusion 3 / 3.5 or 768 for FLUX.1 and HunyuanVideo: sampling stops with an "
                "error. Only PixArt-alpha, PixArt-Sigma, Chroma and 7 others take none and leave "
                "it aside."
            ),
        ),
        (
            entry(1, 2305, None),
            None,
            ("A layout that EncoderScope does not know: 1 unnamed row of 2305, no pooled vector."),
        ),
    ],
)
def test_layouts_are_named(made: list[Any], layout: str | None, sentence: str) -> None:
    text = report([made])
    assert text["entries"][0]["layout"]["name"] == layout
    assert text["sentence"] == sentence and text["usable"]


def test_norms_are_the_first_batch_rows_and_levels_follow_them() -> None:
    conditioning = sd3(seed=4)
    conditioning[0] = torch.cat([conditioning[0], torch.zeros_like(conditioning[0])])
    conditioning[0][0, 3] = 0
    conditioning[0][0, 80] *= 100  # one rogue row must not make the others pale
    sequence = report([conditioning])["entries"][0]["sequence"]
    assert sequence["norms"] == pytest.approx(conditioning[0][0].norm(dim=-1).tolist(), rel=1e-3)
    assert sequence["levels"][3] == 0 and set(sequence["levels"][4:77]) <= {7, 8}
    assert set(sequence["levels"][77:]) <= {7, 8}
    assert [(row["name"], row["start"], row["stop"]) for row in sequence["rows"]] == [
        ("clip", 0, 77),
        ("t5", 77, 107),
    ]


def test_the_parts_of_a_pooled_vector() -> None:
    conditioning = sd3()
    conditioning[1]["pooled_output"][:, 768:] = 0
    conditioning[1]["pooled_output"] = conditioning[1]["pooled_output"].repeat(
        2, 1
    )  # only the first row of the batch is told
    pooled = report([conditioning])["entries"][0]["pooled"]
    assert [
        (part["title"], part["stop"] - part["start"], part["zero"]) for part in pooled["parts"]
    ] == [("CLIP-L", 768, False), ("CLIP-G", 1280, True)]
    assert (
        pooled["norm"] == pytest.approx(float(conditioning[1]["pooled_output"][0].norm()), rel=1e-3)
        and not pooled["zero"]
    )


def test_absent_and_zero_are_told_apart() -> None:
    none, zero = entry(20, 4096, None), entry(20, 4096, 768)
    zero[1]["pooled_output"].zero_()
    readings = {"flux": PooledReading(absent=False, none=True)}
    item, two = report([none], readings=readings)["entries"][0], report([zero])["entries"][0]
    assert item["pooled"] is None and "FLUX.1 reads zeros" in item["no_pooled"]
    absent = report([[none[0], {}]], readings=readings)["entries"][0]["no_pooled"]
    assert "the key pooled_output is missing" in absent and "FLUX.1 and HunyuanVideo stop" in absent
    assert two["pooled"]["zero"] and two["no_pooled"] == ""
    assert "all zero" in report([zero])["sentence"]


def test_all_zero_rows_are_not_given_to_anyone() -> None:
    conditioning = sd3()
    conditioning[0].zero_()
    [row] = report([conditioning])["entries"][0]["sequence"]["rows"]
    assert (row["name"], row["title"], row["zero"]) == ("unknown", "CLIP or T5", True)


def test_what_is_no_number_is_said_in_words() -> None:
    conditioning = sd3()
    conditioning[0][0, 5, 7], conditioning[0][0, 90, :2], conditioning[1]["pooled_output"][0, 1] = (
        math.nan,
        math.inf,
        math.nan,
    )
    sentence = report([sd3(), conditioning])
    assert not sentence["usable"]
    assert sentence["sentence"].startswith(
        "Entry 2: the sequence holds values that are no numbers (1 NaN, 2 infinite, in rows 6 and "
        "91): the picture will be lost"
    )
    assert (
        "Entry 2: the pooled vector holds values that are no numbers (1 NaN)"
        in sentence["sentence"]
    )
    sequence = sentence["entries"][1]["sequence"]
    assert (
        sequence["norms"][5] is None
        and sequence["levels"][5] is None
        and sequence["norms"][6] is not None
    )


def test_a_bad_number_in_a_later_batch_row_is_found() -> None:
    result = entry(4, 768, 768)
    result[0] = torch.cat([result[0], result[0]])
    result[0][1, 2, 3] = math.nan
    assert not report([result])["usable"]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e4m3fn"])
def test_numeric_types(dtype: str) -> None:
    result = entry(6, 768, 768)
    result[0] = result[0].to(getattr(torch, dtype))
    sequence = report([result])["entries"][0]["sequence"]
    assert sequence["dtype"] == dtype and None not in sequence["norms"]


@pytest.mark.parametrize(
    ("shape", "rows"),
    [((0, 768), 0), ((768,), 1), ((5, 768), 5), ((1, 0, 768), 0), ((2, 2, 5, 768), 10)],
)
def test_unusual_shapes_are_reported_not_refused(shape: tuple[int, ...], rows: int) -> None:
    sentence = report([[torch.ones(shape), {}]], [[torch.ones(1, 3, 768), {}]])
    assert len(sentence["entries"][0]["sequence"]["norms"]) == rows
    assert sentence["usable"] == (rows > 0)


@pytest.mark.parametrize(
    "wrong",
    [[], None, 5, [[]], [[torch.ones(1, 2, 3)]], [["text", {}]], [[torch.ones(1, 2, 3), []]]],
)
def test_what_is_no_conditioning_is_refused_in_words(wrong: Any) -> None:
    with pytest.raises(EncoderScopeError, match="CONDITIONING"):
        conditioning_report.conditioning_report(wrong)


# Its dictionary


class Hooks:
    def __len__(self) -> int:
        return 2


def test_every_key_is_told_and_no_object_by_its_address() -> None:
    more = {
        "guidance": 3.5,
        "hooks": Hooks(),
        "control": object(),
        "area": (64, 64, 0, 0),
        "mask": torch.ones(1, 8, 8),
        "strength": 0.8,
        "start_percent": 0.25,
        "a\x1b[2Jb": "x\x1b",
        "attention_mask": torch.tensor([[1, 1, 0]]),
        ROWS: {"clip": 1, "t5": 2},
        "none": None,
        "nan": math.nan,
        "latents": [torch.ones(1, 4), torch.ones(1, 4)],
        "deep": {"a": object()},
        "flag": True,
    }
    output = {
        key["name"]: key["what"]
        for key in report([entry(3, 4096, 2048, **more)])["entries"][0]["keys"]
    }
    assert len(output) == len(more)
    assert (
        output["guidance"] == "3.5"
        and output["start_percent"] == "25 %"
        and output["hooks"] == "Hooks of 2"
    )
    assert (
        output["control"] == "object"
        and output["mask"] == "1 × 8 × 8, float32"
        and output["area"] == "height 64, width 64, y 0, x 0 (in units of 8 pixels)"
    )
    assert (
        output[ROWS] == "clip 1, t5 2"
        and output["deep"] == "a object"
        and output["flag"] == "yes"
        and output["nan"] == "not a number"
    )
    assert output["latents"] == "2 of: 1 × 4, float32"
    assert not any("0x" in label or "\x1b" in label for label in output.values()) and not any(
        "\x1b" in name for name in output
    )


def test_the_mask_counts_its_first_row() -> None:
    mask = torch.tensor([[1, 1, 0], [1, 0, 0]])
    assert report([entry(3, 4096, 768, attention_mask=mask)])["entries"][0]["mask"] == {
        "shape": [2, 3],
        "kept": 2,
        "total": 3,
        "misfit": "",
    }


def test_two_ranges_are_what_both_allow() -> None:
    both = {
        "start_percent": 0.1,
        "end_percent": 0.9,
        "clip_start_percent": 0.3,
        "clip_end_percent": 1.0,
    }
    assert entry_keys.schedule_of(both) == {"start": 0.3, "end": 0.9}
    assert entry_keys.schedule_of({}) == {"start": 0.0, "end": 1.0}


def test_parts_that_stay_share_a_track() -> None:
    """As Mix makes it: one sequence throughout, a pooled vector until 40 %, then zeros."""
    first = sd3(start_percent=0.0, end_percent=0.4)
    second = [
        first[0],
        {
            **first[1],
            "pooled_output": torch.zeros(1, 2048),
            "start_percent": 0.4,
            "end_percent": 1.0,
        },
    ]
    tracks = report([first, second])["timeline"]
    assert [(track["part"], len(track["spans"]), track["empty"]) for track in tracks] == [
        ("pooled", 1, False),
        ("pooled", 1, True),
        ("clip", 2, False),
        ("t5", 2, False),
    ]
    assert tracks[1]["spans"] == [{"start": 0.4, "end": 1.0, "entry": 1}]
    assert report([sd3()])["timeline"] == []
    turned = [-first[0], {**first[1], "start_percent": 0.4, "end_percent": 1.0}]
    assert len(report([first, turned])["timeline"]) == 5, "equally long is not the same"


def test_long_conditionings_are_quick() -> None:
    long = entry(4096, 4096, 768)
    many = [
        entry(77, 768, 768, seed, start_percent=seed / 100, end_percent=(seed + 1) / 100)
        for seed in range(100)
    ]
    begin = time.perf_counter()
    report([long])
    report(many)
    assert time.perf_counter() - begin < 10  # 1 s on two slow cores


def test_zero_rows_are_named() -> None:
    result = entry(154, 768, 768)
    result[0][:, 77:] = 0
    result[0][:, 2] = 0
    report = conditioning_report.conditioning_report([result])
    assert "154 CLIP rows (rows 3 and 78 to 154 are zeros) of 768" in report["sentence"]
    assert "with the zeros; rows 3 and 78 to 154 are zeros" in conditioning_report.plain(report)
    assert report["entries"][0]["sequence"]["rows"][0]["zero_rows"] == [[2, 3], [77, 154]]


@pytest.mark.parametrize(("covered", "fits"), [(154, True), (77, False)])
def test_a_mask_for_another_number_of_rows_is_named(covered: int, fits: bool) -> None:
    result = entry(154, 4096, None, attention_mask=torch.ones(1, covered))
    sentence = report([result])["sentence"]
    assert ("The attention mask is for 77 rows, the sequence has 154" in sentence) != fits


def test_sd3s_mask_is_t5s() -> None:
    conditioning = sd3(77, 30, attention_mask=torch.ones(1, 30))
    assert report([conditioning])["entries"][0]["mask"]["misfit"] == ""


def test_areas_name_their_axes() -> None:
    shares = entry_keys.keys_of({"area": ("percentage", 0.5, 1.0, 0, 0.25)})
    assert shares[0]["what"] == "height 50 %, width 100 %, y 0 %, x 25 %"
    assert entry_keys.keys_of({"area": (1, 2, 3)})[0]["what"] == "1, 2, 3"


# What real graphs make of it


def test_an_entry_that_ends_before_it_begins_never_holds() -> None:
    sentence = report([entry(7, 768, 768, start_percent=0.8, end_percent=0.3)])
    assert sentence["sentence"].endswith(
        "Entry 1 begins at 80 % of the sampling and ends at 30 %: ComfyUI never uses it."
    )
    assert "never" not in report([entry(7, 768, 768, start_percent=0.3)])["sentence"]
