"""The suggested order on the host's own windows, and the rule it rests on: (words:1.0) moves whole
and changes nothing else.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.host

MIXED = (
    "masterpiece, best quality, highly detailed, portrait of an old fisherman in a "
    "forest-green oilskin coat, cinematic lighting, "
    "standing on the wet deck of a red trawler, film grain, kodak portra 400, a black "
    "dog at his feet, golden hour, three gulls above "
    "the mast, stormy sea behind, shallow depth of field, rim light from the left, ropes "
    "and brass fittings, 8k, mist over the harbour "
    "at dawn, a lighthouse"
)
SIZES, COLOURS, THINGS = ("tiny", "huge"), ("red", "blue", "green"), ("cup", "lamp", "box", "drum")
PROMPTS = [
    MIXED,
    ", ".join(
        f"a {size} {colour} {thing}" for size in SIZES for colour in COLOURS for thing in THINGS
    ),
]


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
@pytest.mark.parametrize("text", PROMPTS)
def test_the_suggestion_tears_no_phrase_and_loses_no_word(
    host_folder: Path, family: str, text: str
) -> None:
    from encoderscope.conditioning.tokens.order import suggest
    from encoderscope.host.reports import token_reports

    clip, layout = token_reports.choose(None, family)
    before = token_reports.map_text(clip, text, layout)
    after = token_reports.map_text(
        clip, suggest(text, lambda t: token_reports.map_text(clip, t, layout)), layout
    )
    assert after.edges and [edge.inside for edge in after.edges] == ["between"] * len(after.edges)
    assert sorted(w.text for w in after.words if w.kind == "word") == sorted(
        w.text for w in before.words if w.kind == "word"
    )


def test_a_phrase_in_brackets_of_weight_one_moves_whole_with_the_same_ids(
    host_folder: Path,
) -> None:
    from encoderscope.host.reports import token_reports

    clip, layout = token_reports.choose(None, "sd1")
    text = "stone, " * 36 + "a very small boat, and more"
    plain = token_reports.map_text(clip, text, layout)
    assert plain.edges[0].inside == "phrase"
    held = token_reports.map_text(
        clip, text.replace("a very small boat", "(a very small boat:1.0)"), layout
    )
    assert held.edges[0].inside == "between"
    ids = [
        [
            token[0]
            for window in result.placements[0].recording.windows
            for token in window
            if token[2]
        ]
        for result in (plain, held)
    ]
    assert ids[0] == ids[1]
    assert all(
        token[1] == 1.0 for window in held.placements[0].recording.windows for token in window
    )


def test_words_are_paired_by_their_neighbours(host_folder: Path) -> None:
    from encoderscope.conditioning.tokens.order import compare
    from encoderscope.host.reports import token_reports

    clip, layout = token_reports.choose(None, "sdxl")
    head, tail = ", ".join(["the grey stone"] * 22), "the red fox"
    a = token_reports.map_text(clip, f"{head}, {tail}", layout)
    b = token_reports.map_text(clip, f"{tail}, {head}", layout)
    moved = [(c.word, a.words[c.a].text, b.words[c.b].text, c.change) for c in compare(a, b)]
    entered = [word for word, _, _, change in moved if change.startswith("enters pooled")]
    assert entered == ["the", "red", "fox"], moved
    assert all(x.lower() == y.lower() for _, x, y, _ in moved)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The prompt is empty"),
        (MIXED.replace(",", "") + " and a boat" * 20, "No other order is suggested"),
        ("a red fox, golden hour", "Both orders give every word the same fate"),
        (MIXED + ", gulls, ropes, a pier, a harbour wall, a flag", "The second order"),
    ],
)
def test_a_verdict_speaks_of_two_orders_only_where_there_are_two(
    host_folder: Path, text: str, sentence: str
) -> None:
    from encoderscope.host.reports import token_reports

    clip, layout = token_reports.choose(None, "sd1")
    assert sentence in token_reports.compare_order(clip, text, "", layout)["verdict"]
