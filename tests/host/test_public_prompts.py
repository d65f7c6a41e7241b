"""Prompts as public reports describe them, made up anew: tokens, weights and fates with the values
that are right on the running host.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from encoderscope.tests.host import clips

pytestmark = pytest.mark.host

S = (
    "A wide oil painting of a harbour town at dawn, fishing boats with peeling green paint "
    "tied to a stone quay, gulls circling above wet nets, a woman in a yellow raincoat "
    "carrying two baskets of silver herring, a boy with a wooden kite standing on a crate, "
    "behind them narrow houses with crooked chimneys and red tiled roofs, laundry hanging "
    "between the windows, a bakery with a lit sign shaped like a pretzel, cobblestones "
    "shining from last night's rain, thick fog rolling in from the left, a lighthouse beam "
    "cutting through it, distant mountains in pale violet, soft warm light from the right, "
    "loose visible brush strokes, heavy impasto in the foreground, thin glazes in the sky, "
    "muted palette of ochre, slate and teal with small accents of vermilion, the mood is "
    "quiet and hopeful, signed in the lower corner with the letters RWK"
)
KITCHEN = "a ((brass:0.5) kettle:2.0) on (((blue))) tiles ((cup)"
ODD = (
    "gap (a:b:1.3) (c:1,5) (d:+1.2) (e: -0.5 ) (f:1e1) (:1.3) (dog:1_0) (cat:１.２) "
    "(owl:inf) (g:nan)"
)
A1111 = "1girl, red dress BREAK 1boy, blue suit AND night city :1.2 BREAK rain"
BRACKETS = "a [red|blue] car, [night:sunrise:0.4], [blurry], {day|dusk}"
CASTLE = "a castle // TODO remove fog\n/* alt: ruin */ on a hill, see https://example.org/x, dusk"
JSON = '{"subject": "a fox", "style": {"name": "ink"}}'
MIXED = "一只狐狸 🦊 wearing a {red} scarf,\n\ttwo lines 👩‍👩‍👧 （蓝色:1.2） ，end"
NEON = 'neon sign saying "OPEN \\"24/7\\"" and \'café ☕\' – naïve ½ ﬁsh'
BLANKS = "red\tfox,\u00a0blue\u200bbird\u200d, \ufeffgreen tree"
STOP = "!!! STOP !!!!!!!!!!!!!!!! wow!"


@pytest.fixture(scope="module")
def report(host_folder: Path) -> Any:
    from encoderscope.host.reports import token_reports

    def of(text: str, family: str, folder: Path | None = None) -> dict[str, Any]:
        clip, layout = token_reports.choose(None, family)
        return token_reports.report(
            clips.tokenizer(family, folder) if folder else clip, text, layout
        )

    return of


@pytest.mark.parametrize(
    ("text", "clip", "t5"),
    [
        (A1111, 20, None),
        (BRACKETS, 25, 30),
        (CASTLE, 27, 35),
        (JSON, 20, 26),
        (MIXED, 45, 29),
        (NEON, 27, 34),
        (BLANKS, 13, 10),
        (STOP, 6, None),
        (S, 176, 221),
    ],
    ids=lambda value: str(value)[:20],
)
def test_counts_of_tokens(report: Any, text: str, clip: int, t5: int | None) -> None:
    """Content tokens; T5's end mark is one of its slots and no content."""
    tokens = report(text, "flux")["summary"]["tokens"]
    assert tokens["l"] == clip
    if t5 is not None:
        assert tokens["t5xxl"] == t5


def weights(answer: dict[str, Any], stream: str = "l") -> dict[str, float | None]:
    """Word -> the weight of its tokens, in their last place."""
    [of] = [each for each in answer["streams"] if each["name"] == stream]
    return {
        answer["words"][token["word"]]["text"]: token["weight"]
        for window in of["windows"]
        for token in window
        if token["word"] is not None
    }


def test_weights_are_the_hosts(report: Any) -> None:
    by_word = weights(report(KITCHEN, "sdxl"))
    assert (by_word["brass"], by_word["kettle"], by_word["tiles"]) == (0.5, 2.0, 1.0)
    assert by_word["blue"] == pytest.approx(1.331) and by_word["cup"] == pytest.approx(1.1)
    odd = report(ODD, "sd1")
    by_word = weights(odd)
    expected = {"b": 1.3, "c": 1.1, "d": 1.2, "e": -0.5, "f": 10.0, "dog": 10.0, "cat": 1.2}
    assert {word: by_word[word] for word in expected} == pytest.approx(expected)
    assert by_word["owl"] is None and by_word["g"] is None, "no number reaches JSON"
    assert odd["verdict"].startswith("“(owl:inf)”: ComfyUI multiplies by infinity")


def test_the_unclosed_bracket_is_a_token(report: Any) -> None:
    answer = report(KITCHEN, "sdxl")
    assert answer["summary"]["tokens"]["l"] == 8
    assert [item["kind"] for item in answer["findings"]] == ["nested_weight", "unbalanced"]


def test_break_opens_no_window(report: Any) -> None:
    [stream] = report(A1111, "sd1")["streams"]
    assert len(stream["windows"]) == 1


def test_a_weight_of_nine_is_nine(report: Any) -> None:
    by_word = weights(report("wide shot BREAK, (a cat:1) BREAK (a snake:9)", "sd1"))
    assert by_word["snake"] == 9.0


def test_what_t5_has_no_piece_for(report: Any) -> None:
    for text, unknown in (
        (JSON, ["{", "{", "}}"]),
        ("a cat（blue hat：1.3）、red scarf，snow", ["、"]),
        (NEON, ["☕", "ï", "½"]),  # its backslashes are found as escapes
    ):
        answer = report(text, "flux")
        parts = [
            text[slice(*item["span"])]
            for item in answer["findings"]
            if item["kind"] == "unknown_pieces"
        ]
        assert parts == unknown
    words = report(MIXED, "flux")["words"]
    for part in (*"一只狐狸🦊{}蓝色", "👩‍👩‍👧"):
        [word] = [word for word in words if part in word["text"]]
        assert {"unknown", "partly_unknown"} & set(word["fates"]["t5xxl"]), part


def test_spans_stay_right_where_text_changes_its_length(report: Any) -> None:
    for text in (NEON, MIXED, BLANKS):
        for word in report(text, "flux")["words"]:
            assert text[slice(*word["span"])] == word["text"]


def test_typed_marks_are_no_padding(report: Any) -> None:
    """CLIP-G pads with id 0, which is "!"."""
    for text, count in ((STOP, 6), ("!", 1), ("! ! ! ! !", 5)):
        answer = report(text, "sdxl")
        [g] = [each for each in answer["streams"] if each["name"] == "g"]
        [window] = g["windows"]
        kinds = [token.get("kind", "text") for token in window]
        assert kinds == ["start", *["text"] * count, "end", *["pad"] * (75 - count)]
        assert {
            token["id"] for token, kind in zip(window, kinds, strict=True) if kind == "pad"
        } == {0}
        assert answer["summary"]["lost"] == 0
    words = report("!", "sdxl")["words"]
    assert [word["kind"] for word in words] == ["punctuation"]


def test_hidream_reads_128_tokens_of_t5_and_all_of_llama(report: Any) -> None:
    answer = report(S, "hidream")
    words = answer["words"]

    def fates(text: str, stream: str, last: bool = False) -> list[str]:
        places = [k for k, word in enumerate(words) if word["text"] == text]
        return list(words[places[-1 if last else 0]]["fates"][stream])

    assert "cut" not in fates("rain", "t5xxl")
    assert "cut" in fates("fog", "t5xxl") and "cut" in fates("RWK", "t5xxl")
    assert "not_in_pooled" in fates("bakery", "l") or "discarded" in fates("bakery", "l")
    assert "cut" not in fates("RWK", "llama")
    assert "Llama" in answer["verdict"]


def test_embeddings_as_people_write_them(report: Any, tmp_path: Path) -> None:
    clips.write_embedding(tmp_path, "lazyneg", emb_params=(4, 768))
    clips.write_embedding(tmp_path, "badhands", clip_l=(2, 768), clip_g=(2, 1280))

    def tokens(text: str, family: str = "sd1") -> int:
        return int(report(text, family, tmp_path)["summary"]["tokens"]["l"])

    assert tokens("embedding:lazyneg, worst quality") == 4 + 3
    assert tokens("masterpiece,embedding:lazyneg, worst quality") == 11
    assert tokens("embedding:lazyneg,embedding:badhands, worst quality") == 3
    assert tokens("embedding:lazyneg:1.2, worst quality") == 3
    both = report("embedding:badhands", "sdxl", tmp_path)
    assert both["lost"] is False and both["summary"]["tokens"] == {"l": 2, "g": 2}
    wide = report("embedding:lazyneg", "sdxl", tmp_path)
    assert wide["summary"]["tokens"] == {"l": 4, "g": 0}
    assert wide["verdict"].startswith('CLIP-G ignores the embedding "lazyneg" (768 wide, 1280 w')
    flux = report("embedding:badhands", "flux", tmp_path)
    assert flux["summary"]["tokens"] == {"l": 2, "t5xxl": 0}


def test_a_prompt_past_what_sd3_was_trained_on(report: Any) -> None:
    answer = report(S, "sd3")
    streams = {each["name"]: each for each in answer["streams"]}
    assert [len(streams[name]["windows"]) for name in ("l", "g")] == [3, 3]
    assert sum(map(len, streams["t5xxl"]["windows"])) == 222
    assert streams["t5xxl"]["trained_length"]["tokens"] == 256
