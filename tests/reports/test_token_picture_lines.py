"""Lines of the token map's picture: letters without a font, breaks, bounds, labels."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("PIL")

from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.reports.drawing import flow, fonts, palette
from encoderscope.conditioning.reports.tokens import picture as token_picture
from encoderscope.conditioning.reports.tokens import pieces
from encoderscope.tests.reports import samples
from encoderscope.tests.reports.drawn import count, letters, share


def test_missing_embedding_is_struck_through() -> None:
    report = samples.missing_embedding()
    box = next(b for b in token_picture.lane_boxes(report) if b.word == 3)
    y = box.y - flow.DESCENT - 5.1
    line = token_picture.render(report).crop(
        (round(box.x * 2) + 4, round(y * 2), round((box.x + box.width) * 2) - 4, round(y * 2) + 1)
    )
    assert share(line, palette.VERMILION) > 0.95


def test_line_breaks_of_the_prompt_break_lines() -> None:
    report = samples.lines()
    tops = {
        report["words"][b.word]["text"]: b.y
        for b in token_picture.lane_boxes(report)
        if b.lane == 0
    }
    assert (
        tops["first"] == tops["line"] - (tops["second"] - tops["first"])
        or tops["first"] < tops["second"]
    )
    assert tops["second"] < tops["after"] == tops["blank"]
    assert tops["after"] - tops["second"] > tops["second"] - tops["first"], "the blank line is gone"


def test_characters_without_a_font_are_boxes_never_blank() -> None:
    blank = letters(" ").tobytes()
    for char in ("\U0010fffd", "\x07", "\x1b", "\u200b", "\u202e", "\ud800", "\ufe0f"):
        assert next(fonts.runs(char)).kind in ("missing", "invisible")
        assert letters(char).tobytes() != blank, f"U+{ord(char):04X} is drawn as nothing"
    assert letters("\u200b").tobytes() != letters("\u200d").tobytes(), (
        "the box does not tell the code point"
    )
    assert letters("ab").tobytes() != letters("a\u200bb").tobytes()


def test_covered_characters_are_letters() -> None:
    assert [run.kind for run in fonts.runs("red fox")] == ["text", "space", "text"]
    assert not fonts.covers(0, "\u4e00"), (
        "Pillow's own font is Latin: .notdef was taken for a letter"
    )
    assert fonts.covers(0, "a")
    assert not fonts.covers(0, "\u200b")


def test_a_mark_stays_with_its_letter() -> None:
    assert list(fonts.clusters("e\u0301a")) == ["e\u0301", "a"]
    assert fonts.fit("ae\u0301" * 9, 16, fonts.measure("ae\u0301", 16) * 2 + 1) == 6


def test_wrapped_lines_fit_and_keep_every_word() -> None:
    text = "one " * 30 + "x" * 300 + " end"
    lines = fonts.wrap(text, 13, 200)
    assert all(fonts.measure(line, 13) <= 200 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        "フレーズを（使って）いるか調べます。「トークン」は、ウィンドウの端で分断されます。" * 3,
        "请把重要的词放在前面（最前面），“深度”在第二个窗口；CLIP-L 只有 75 个 token。" * 3,
    ],
)
def test_scripts_without_blanks_fill_their_lines_and_keep_brackets_and_stops(text: str) -> None:
    for width in range(120, 220, 10):
        lines = fonts.wrap(text, 14, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(fonts.measure(line, 14) <= width for line in lines)
        assert not any(line[0] in "。、，；）」” " or line[-1] in "（「“" for line in lines)
        assert min(fonts.measure(line, 14) for line in lines[:-1]) > width / 2


def test_long_word_is_broken_with_a_hook() -> None:
    report = samples.one_long_word(300)
    parts = [b for b in token_picture.lane_boxes(report) if b.word == 1 and b.lane == 0]
    assert len({b.y for b in parts}) == len(parts) > 1
    first = parts[0]
    right = first.x + first.width
    hook = token_picture.render(report).crop(
        (round(right * 2) + 4, round((first.y - 25) * 2), round(right * 2) + 34, round(first.y * 2))
    )
    assert count(hook, palette.AMBER) > 10
    shown = "".join(
        spot.piece.text
        for row in pieces.prompt_rows(report, 880)[0]
        for spot in row.spots
        if spot.piece.word == 1
    )
    assert shown == "x" * 300


def test_long_prompts_are_bounded_and_say_so() -> None:
    report = samples.long_prompt(5000)
    rows, shown = pieces.prompt_rows(report, 880)
    assert len(rows) <= pieces.MAX_ROWS
    assert shown == pieces.MAX_WORDS == 1 + max(b.word for b in token_picture.lane_boxes(report))
    remark = pieces.more(report, shown)
    assert (
        "3,800 more words" in remark and "3,800 of them lost" in remark and "see the JSON" in remark
    )
    assert pieces.more(report, 5000) == ""
    narrow, fewer = pieces.prompt_rows(report, 260)
    assert len(narrow) == pieces.MAX_ROWS
    assert fewer == 1 + max(spot.piece.word or 0 for row in narrow for spot in row.spots) < shown


def test_very_long_word_says_how_much_is_left_out() -> None:
    texts = [piece.text for piece in pieces.prompt_pieces(samples.one_long_word(100_000))]
    assert texts[1] == "x" * pieces.MAX_WORD_CHARS
    assert "99,600 more characters" in texts[2]


def test_text_that_no_word_claims_is_drawn() -> None:
    report = samples.nothing_lost()
    report["words"] = report["words"][2:4]
    text = " ".join(piece.text for piece in pieces.prompt_pieces(report))
    assert text == " ".join(report["text"].split())


def test_wrong_sizes_are_refused_with_a_remedy() -> None:
    for wrong in ({"width": 10}, {"scale": 0}, {"scale": 50}):
        with pytest.raises(EncoderScopeError, match="960"):
            token_picture.render(samples.flux(), **wrong)


def test_missing_pillow_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "ready", lambda: False)
    with pytest.raises(EncoderScopeError, match="pip install"):
        token_picture.render(samples.flux())


def test_three_hundred_words_are_fast() -> None:
    report = samples.long_prompt(300)
    token_picture.render(report)
    best = min(_seconds(report) for _ in range(3))
    assert best < 0.5


def _seconds(report: samples.Report) -> float:
    start = time.perf_counter()
    token_picture.render(report)
    return time.perf_counter() - start


def test_control_characters_between_words_are_drawn() -> None:
    """Python counts U+001C to U+001F as blank; they were typed, so they are shown."""
    report = samples.make(
        "a \x1c\x1f b",
        samples.FLUX,
        [samples.stream("l", 3)],
        lambda k: ["seen", "seen"],
        pattern="[ab]",
    )
    assert [piece.text for piece in pieces.prompt_pieces(report)] == ["a", "\x1c\x1f", "b"]


def test_lines_break_between_ideographs_but_not_before_a_comma() -> None:
    units = [
        [piece.text for piece in unit]
        for unit in flow.units(pieces.prompt_pieces(samples.scripts()))
    ]
    assert units[:3] == [["森"], ["の"], ["中"]]
    assert ["狐", ","] in units and ["лиса", ","] in units


@pytest.mark.parametrize("width", [260, 340, 880])
def test_label_stands_beside_its_tick(width: int) -> None:
    rows, _ = pieces.prompt_rows(samples.flux(), width)
    labels = [label for row in rows for label in row.labels]
    assert labels
    for label in labels:
        right = label.x + fonts.measure(label.text, 11)
        assert (
            (label.x > label.tick + 2 or right < label.tick - 2) and label.x >= 0 and right <= width
        )
    words = " ".join(label.text for label in sorted(labels, key=lambda label: -label.level))
    assert words == "end of CLIP-L window 1 (75 tokens), inside “photograph”"
