"""The lint on the real tokenizers: what public reports complained about, and the right answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def findings(host_folder: Path) -> Any:
    """`findings(text, family)`: kind and text of each finding, as the host of these tests reads."""
    from encoderscope.conditioning.tokens.lint import lint
    from encoderscope.host.reports import token_reports

    def of(text: str, family: str = "sdxl", **options: Any) -> list[tuple[str, str]]:
        clip, layout = token_reports.choose(None, family)
        prompt_map = token_reports.map_text(clip, text, layout)
        return [(f.kind, text[f.start : f.end]) for f in lint(prompt_map, **options)]

    return of


CASES: list[tuple[str, str, list[tuple[str, str]]]] = [
    (
        "sdxl",
        "a ((brass:0.5) kettle:2.0) on (((blue))) tiles ((cup)",
        [("nested_weight", "(brass:0.5)"), ("unbalanced", "(")],
    ),
    (
        "sd1",
        "gap (a:b:1.3) (c:1,5) (d:+1.2) (e: -0.5 ) (f:1e1) (:1.3) (dog:1_0) (cat:１.２) (owl:inf)",
        [
            ("decimal_comma", ":1,5"),
            ("extreme_weight", "(e: -0.5 )"),
            ("extreme_weight", "(f:1e1)"),
            ("empty_weight", "(:1.3)"),
            ("extreme_weight", "(dog:1_0)"),
            ("not_finite", "(owl:inf)"),
        ],
    ),
    (
        "flux",
        "一只可爱的小猫, 坐在草地上，\n背景是蓝天",
        [
            ("unknown_pieces", "一只可爱的小猫, 坐在草地上，\n背景是蓝天"),
            ("byte_pieces", "一只可爱的小猫, 坐在草地上，\n背景是蓝天"),
        ],
    ),
    (
        "flux",
        "красная кошка, сидит на столе. Очень",
        [
            ("unknown_pieces", "красная кошка, сидит на столе. Очень"),
            ("byte_pieces", "красная кошка, сидит на столе. Очень"),
        ],
    ),
    ("sdxl", "かわいい猫、青い空の下", [("byte_pieces", "かわいい猫、青い空の下")]),
    ("qwen_image", "一只可爱的小猫, 坐在草地上", []),
    ("sdxl", "1girl, 红色头发, a 蓝色 car", [("byte_pieces", "红色头发"), ("byte_pieces", "蓝色")]),
    ("sdxl", "a cat) and (dog:1.3)", [("unbalanced", ")"), ("glued_weight", ":1.3")]),
    ("sdxl", "a (cat:1.2 on a mat", [("unbalanced", "(")]),
    (
        "sdxl",
        "1girl, red dress BREAK 1boy, blue suit AND night city :1.2 BREAK rain",
        [("break", "BREAK"), ("and", "AND"), ("glued_weight", " :1.2"), ("break", "BREAK")],
    ),
    (
        "flux",
        "a [red|blue] car, [night:sunrise:0.4], [blurry], fog",
        [
            ("alternation", "[red|blue]"),
            ("schedule", "[night:sunrise:0.4]"),
            ("deemphasis", "[blurry]"),
        ],
    ),
    (
        "sdxl",
        "wide shot BREAK, (a cat:1) BREAK (a snake:9)",
        [("break", "BREAK"), ("break", "BREAK"), ("extreme_weight", "(a snake:9)")],
    ),
    (
        "flux",
        "(masterpiece:1.2), <lora:detail:0.8> a cat, __hair__",
        [("tag", "<lora:detail:0.8>"), ("wildcard", "__hair__")],
    ),
    (
        "flux",
        "naïve ½ ﬁsh",
        [("unknown_pieces", "ï"), ("unknown_pieces", "½"), ("byte_pieces", "ﬁsh")],
    ),
    ("flux", "눈", [("unknown_pieces", "눈"), ("byte_pieces", "눈")]),
    ("flux", "™ ®", []),
    ("flux", "一只狐狸 in snow", [("unknown_pieces", "一只狐狸"), ("byte_pieces", "一只狐狸")]),
    (
        "flux",
        "red fox, blue\u200bbird\u200d, \ufeffgreen tree",
        [("invisible", "\u200b"), ("invisible", "\u200d"), ("invisible", "\ufeff")],
    ),
    (
        "flux",
        "a cat（blue hat：1.3）、red scarf",
        [("full_width", "（blue hat：1.3）"), ("unknown_pieces", "、")],
    ),
    (
        "sdxl",
        "a castle // TODO remove fog\n/* alt: ruin */ on a hill, see https://example.org/x, dusk",
        [("comment", "// TODO remove fog"), ("comment", "/* alt: ruin */")],
    ),
    ("qwen_image", "(street fighter), dusk", [("implicit_weight", "(street fighter)")]),
    ("qwen_image", "红色的狐狸", []),
    ("qwen_image", "Qwen Coffee 😊, 超清，4K，电影级构图.", []),
    ("z_image", "neon lamp (⚡️) over a pagoda", []),
    ("z_image", "an elf, embedding:lazyneg", [("unread_embedding", "embedding:lazyneg")]),
    ("qwen_image", "EMBEDDING:lazyneg, elf", [("unread_embedding", "EMBEDDING:lazyneg")]),
    ("hunyuan_video", "a 😊 cat", []),
    ("sdxl", "a coffee break at 12:30, 16:9, see [1] and [a link](https://example.org)", []),
]


@pytest.mark.parametrize(("family", "text", "expected"), CASES, ids=lambda value: str(value)[:40])
def test_public_cases(
    findings: Any, family: str, text: str, expected: list[tuple[str, str]]
) -> None:
    assert findings(text, family) == expected


EMBEDDINGS = [
    ("embedding:lazyneg, worst quality", []),
    ("(embedding:lazyneg:1.2)", []),
    ("masterpiece,embedding:lazyneg, worst", [("glued_embedding", "embedding:lazyneg")]),
    ("embedding:lazyneg,embedding:badhands, worst", [("glued_embedding", "embedding:badhands")]),
    ("embedding:lazyneg:1.2, worst", [("embedding_weight", "embedding:lazyneg:1.2")]),
    ("EMBEDDING:lazyneg", [("embedding_case", "EMBEDDING:lazyneg")]),
    ("[embedding:lazyneg] dusk", [("glued_embedding", "embedding:lazyneg")]),
    ("dusk, embedding:lazyneg.", [("glued_embedding", "embedding:lazyneg.")]),
    ("embedding:LazyNeg, dusk", [("embedding_case", "embedding:LazyNeg")]),
    ("dusk, lazyneg", [("bare_embedding", "lazyneg")]),
]


@pytest.mark.parametrize(("text", "expected"), EMBEDDINGS)
def test_textual_inversions_as_people_write_them(
    findings: Any, text: str, expected: list[tuple[str, str]]
) -> None:
    assert findings(text, "sd1", embedding_names=["lazyneg", "badhands"]) == expected


def test_a_tab_before_an_embedding_is_judged_by_the_running_host(
    host_folder: Path, findings: Any
) -> None:
    from encoderscope.host.reports import token_reports

    text = "1girl,\tembedding:lazyneg, dusk"
    clip, layout = token_reports.choose(None, "sd1")
    words = token_reports.map_text(clip, text, layout).words
    seen = any(word.kind == "embedding" for word in words)
    expected = [] if seen else [("glued_embedding", "embedding:lazyneg")]
    assert findings(text, "sd1", embedding_names=["lazyneg"]) == expected


def test_the_page_for_newcomers_is_written_from_the_table(host_folder: Path) -> None:
    from encoderscope.tools import comfyui, foreign_guide

    host = comfyui.find_host()
    if host is None or not host.own:
        pytest.skip("the page quotes the tokens of ComfyUI 0.3.75")
    assert foreign_guide.PAGE.read_text(encoding="utf-8") == foreign_guide.page()
