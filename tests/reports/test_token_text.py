"""The token report as text: aligned, bounded, and harmless to a terminal whatever the
prompt holds.
"""

from __future__ import annotations

import re
import unicodedata

import pytest
from encoderscope.conditioning.reports.tokens import text as token_text
from encoderscope.conditioning.reports.tokens.pieces import prompt_pieces
from encoderscope.conditioning.tokens.fates import lane_state
from encoderscope.tests.reports import samples

COLOUR = re.compile(r"\x1b\[(38;5;\d+|0)m")


def rows_of(report: samples.Report, width: int = 100) -> list[list[str]]:
    """Paragraphs of the uncoloured text that hold lanes: words first, then one line for each
    readout.
    """
    text = token_text.render(report, colour=False, width=width)
    first = report["readouts"][0]["title"][:8]
    return [p.split("\n") for p in text.split("\n\n") if f"\n{first}" in p]


@pytest.mark.parametrize("name", samples.ALL)
def test_plain_text_has_no_control_characters(name: str) -> None:
    report = samples.ALL[name]()
    report["notes"] = ["a note\x1b[2J", "two\u202elines"]
    for text in (token_text.render(report, colour=False), token_text.plain(report)):
        bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
        assert not bad
        assert "\\x1b[2J" in text and "\\u202e" in text


@pytest.mark.parametrize("name", samples.ALL)
def test_colours_are_the_only_escapes_and_change_nothing_else(name: str) -> None:
    report = samples.ALL[name]()
    coloured = token_text.render(report)
    assert COLOUR.search(coloured)
    bare = COLOUR.sub("", coloured)
    assert "\x1b" not in bare
    assert bare.split() == token_text.render(report, colour=False).split()


def test_control_characters_of_the_prompt_are_escaped() -> None:
    text = token_text.render(samples.scripts(), colour=False)
    for escaped in ("bell\\x07", "esc\\x1b[31mred\\x1b[0m", "rtl\\u202eevil", "zero\\u200bwidth"):
        assert escaped in text
    assert token_text.visible("\ud800\x9b\u2028") == "\\ud800\\x9b\\u2028"
    assert token_text.visible("naïve 森 🦊") == "naïve 森 🦊"


@pytest.mark.parametrize("name", samples.ALL)
@pytest.mark.parametrize("width", [40, 72, 100, 160])
def test_no_line_is_wider_than_asked(name: str, width: int) -> None:
    for line in token_text.render(samples.ALL[name](), colour=False, width=width).split("\n"):
        assert token_text.cells(line) <= width, line


def test_width_of_characters() -> None:
    assert [token_text.cells(t) for t in ("ab", "森", "🦊", "e\u0301", "")] == [2, 2, 2, 1, 0]


@pytest.mark.parametrize("name", ["flux", "scripts", "sd3"])
def test_lanes_stand_under_their_words(name: str) -> None:
    """Read back from the characters: in every row the lane's states follow the words' own, cell by
    cell.
    """
    report = samples.ALL[name]()
    for k, readout in enumerate(report["readouts"]):
        read = ""
        for text, *lines in rows_of(report):
            lane = next(line for line in lines if line.startswith(readout["title"]))
            gutter = len(text) - len(text.lstrip())
            if text[gutter - 1] != " " or lane[gutter - 1] != " ":
                pytest.fail("the text does not start where the lanes start")
            read += lane[gutter:].replace(" ", "").replace("|", "")
        want = ""
        for word in report["words"]:
            size = max(token_text.cells(token_text.visible(word["text"])), len(word["marks"]))
            want += lane_state(word["lanes"][k]).char * size
        assert read == want.replace(" ", "")


def test_words_and_lanes_start_in_the_same_column() -> None:
    report = samples.flux()
    starts = [
        m.start()
        for m in re.finditer("film grain", token_text.render(report, colour=False, width=400))
    ]
    assert len(starts) >= 1
    (row,) = rows_of(report, width=400)
    text, marks, pooled = row[0], row[1], row[2]
    at = text.index("film")
    assert pooled[at : at + 10] == "···· ·····"
    assert marks[at : at + 10] == "!!!! !!!!!"
    cut = text.index("photo|graph")
    assert pooled[cut : cut + 11] == "━━━━━|━━━━━"
    assert marks[cut : cut + 11] == "~~~~~|~~~~~"


def test_edge_has_a_footnote() -> None:
    assert "| end of CLIP-L window 1 (75 tokens), inside “photograph”" in token_text.render(
        samples.flux(), colour=False
    )
    between = samples.flux()
    between["edges"][0]["inside"] = "between"
    text = token_text.render(between, colour=False)
    assert "| end of CLIP-L window 1 (75 tokens), before “photograph”" in text
    assert "|photograph" in text


def test_legend_shows_only_what_occurs() -> None:
    quiet = token_text.render(samples.nothing_lost(), colour=False)
    loud = token_text.render(samples.sd3(), colour=False)
    assert "━━━ seen" in quiet
    for sign in ("··· ", "!!! ", "~~~ ", "╱╱╱ ", "┄┄┄ ", "??? ", "|   end of a window"):
        assert f"\n{sign}" not in quiet
    for sign in (
        "━━━ ",
        "··· ",
        "!!! ",
        "╱╱╱ ",
        "┄┄┄ ",
        "??? ",
        "xxx ",
        "--- ",
        ">>> ",
        "=== ",
        "uuu ",
        "|   end of a window",
    ):
        assert f"\n{sign}" in loud


def test_verdict_comes_before_the_prompt() -> None:
    for report in (samples.flux(), samples.nothing_lost()):
        text = token_text.render(report, colour=False, width=400)
        assert 0 < text.index(report["verdict"]) < text.index(report["text"][:9])
    assert token_text.plain(samples.flux()).startswith(samples.flux()["verdict"])


def test_line_breaks_of_the_prompt_break_lines() -> None:
    first = [row[0].strip() for row in rows_of(samples.lines(), width=400)]
    assert first == ["first line", "second line", "after a blank line"]


def test_long_prompts_are_bounded_and_say_so() -> None:
    text = token_text.render(samples.long_prompt(), colour=False)
    assert "word1199" in text and "word1200 " not in text
    assert "3,800 more words (3,800 of them lost" in text
    plain = token_text.plain(samples.long_prompt())
    assert len(plain) < 20_000
    assert "(4,963 words)" in plain and "94 more, see the JSON" in plain


def test_empty_prompt() -> None:
    assert "(the prompt is empty)" in token_text.render(samples.empty(), colour=False)
    assert token_text.plain(samples.empty()).startswith("The prompt is empty.")


def test_plain_lists_lost_words_with_reasons() -> None:
    text = token_text.plain(samples.flux())
    assert (
        "- film grain, kodak portra 400, golden hour, shallow depth of field (11 words): "
        "CLIP-L not in the pooled vector, its sequence is thrown away by this family; T5-XXL seen\n"
    ) in text
    assert "CLIP-L 93 tokens, 2 windows\n" in text and "T5-XXL 101 of 512\n" in text
    assert "Lost words" not in token_text.plain(samples.nothing_lost())
    assert "embedding:badhands: CLIP-L embedding not found" in token_text.plain(
        samples.missing_embedding()
    )
    assert "  " not in text, "alignment tricks in a text for any font"


def test_edges_inside_a_very_long_word_are_all_counted() -> None:
    report = samples.one_long_word(3000)
    start = report["words"][1]["span"][0]
    report["streams"][0]["windows"] = [
        [{"id": 1, "weight": 1.0, "span": [start + k * 60, start + k * 60 + 60], "word": 1}]
        for k in range(50)
    ]
    report["edges"] = [
        {
            "stream": "l",
            "window": k,
            "word": 1,
            "inside": "word",
            "title": f"end of CLIP-L window {k} (75 tokens)",
        }
        for k in range(1, 50)
    ]
    plain = token_text.plain(report)
    assert plain.count("end of CLIP-L window") == token_text.MAX_LISTED
    assert "… and 9 more, see the JSON" in plain
    shown = [piece for piece in prompt_pieces(report) if piece.edge]
    assert len(shown) == 6
    assert any(
        "2,600 more characters with 43 window edges" in piece.text
        for piece in prompt_pieces(report)
    )
