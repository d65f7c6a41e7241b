"""Cases from public reports, typed as those who reported them typed: what the nodes say is right."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")

MINI, ENCODE, CACHED, INSPECT, PROBE = (
    f"EncoderScope_{name}"
    for name in (
        "LoadMiniature",
        "EncodeStates",
        "CachedEncode",
        "InspectConditioning",
        "BindingProbe",
    )
)
SHORT = (
    "A wide oil painting of a harbour town at dawn, muted palette of ochre, slate and teal, soft "
    "warm light"
)
LONG = (
    "A wide oil painting of a harbour town at dawn, fishing boats with peeling green paint tied to "
    "a stone quay, gulls circling above wet nets, a woman in a yellow raincoat carrying two "
    "baskets of silver herring, a boy with a wooden kite standing on a crate, behind them narrow "
    "houses with crooked chimneys and red tiled roofs, laundry hanging between the windows, a "
    "bakery with a lit sign shaped like a pretzel, cobblestones shining from last night's rain"
)
COMMENTED = (
    "a castle // TODO remove fog\n/* alt: ruin */ on a hill, see https://example.org/x, dusk"
)


@pytest.fixture(autouse=True)
def _in_one_editor(editor: Any) -> None:
    """What is asked here is the same in every face."""
    if str(editor.face) != "own-classic":
        pytest.skip("the other faces send the same graph")


def text_of(outputs: dict[str, Any], node: int) -> str:
    """What the node said below itself."""
    return "\n".join(outputs[str(node)]["text"])


def linked(editor: Any, node: int, *, miniature: str, family: str, name: str = "clip") -> None:
    loader = editor.add(MINI, (20, 40), miniature=miniature, family=family)
    editor.link(loader, "CLIP", node, name)


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        (
            {"text_l": SHORT, "text_g": LONG},
            "CLIP-L read 24 tokens (154 rows in 2 windows, one added empty)",
        ),
        (
            {"text_l": LONG, "text_g": SHORT},
            "CLIP-G read 24 tokens (154 rows in 2 windows, one added empty)",
        ),
        (
            {"text_l": '""', "text_g": LONG},
            "CLIP-L read 0 tokens (154 rows in 2 windows, one added empty)",
        ),
    ],
)
def test_two_texts_of_unequal_length_for_sdxl(
    editor: Any, own: dict[str, str], sentence: str
) -> None:
    node = editor.add(ENCODE, (420, 40), text="a cat", **own)
    linked(editor, node, miniature="mini-CLIP-hard", family="sdxl")
    text = text_of(editor.run(), node)
    assert sentence in text and "Nothing of either text is cut" in text
    assert "comes from CLIP-G's first window alone" in text


def test_an_average_drops_rows_or_halves_them_and_a_concat_keeps_both(editor: Any) -> None:
    """What the host's own nodes do with 154 rows and 77."""
    loader = editor.add(MINI, (20, 40), miniature="mini-CLIP-hard", family="sd1")
    long, short = (editor.add("CLIPTextEncode", (400, 40), text=text) for text in (LONG, SHORT))
    reports = {}
    for node in (long, short):
        editor.link(loader, "CLIP", node, "clip")
    for to, other, rows in ((long, short, 154), (short, long, 77)):
        mean = editor.add("ConditioningAverage", (800, 40), conditioning_to_strength=0.5)
        editor.link(to, "CONDITIONING", mean, "conditioning_to")
        editor.link(other, "CONDITIONING", mean, "conditioning_from")
        reports[rows] = inspected(editor, mean, long)
    both = editor.add("ConditioningConcat", (800, 400))
    editor.link(long, "CONDITIONING", both, "conditioning_to")
    editor.link(short, "CONDITIONING", both, "conditioning_from")
    reports[231] = inspected(editor, both, long)
    outputs = editor.run()
    for rows, node in reports.items():
        text = text_of(outputs, node)
        assert f"all {rows} rows are CLIP's" in text, text
    assert "(77 more in the second)" in text_of(outputs, reports[77])
    assert "The CLIP rows are identical (77 more in the first)" in text_of(outputs, reports[231])


def inspected(editor: Any, conditioning: int, other: int) -> int:
    node = int(editor.add(INSPECT, (1200, 40)))
    editor.link(conditioning, "CONDITIONING", node, "conditioning")
    editor.link(other, "CONDITIONING", node, "compare_with")
    return node


def test_blanks_are_another_text_for_the_cache(editor: Any) -> None:
    node = editor.add(CACHED, (420, 40), text="a red fox")
    linked(editor, node, miniature="mini-CLIP-hard", family="sd1")
    outcomes = []
    for text, most in (("a red fox", 2.0), ("a red fox  ", 2.0), ("a red fox", 3.0)):
        editor.put(node, text=text, max_gb=most)
        outcomes.append(text_of(editor.run(), node))
    assert "Miss" in outcomes[0] and "Miss" in outcomes[1] and outcomes[2].startswith("Hit"), (
        outcomes
    )


def test_an_encoder_that_holds_no_order_is_never_called_bound(editor: Any) -> None:
    node = editor.add(PROBE, (420, 40), text="a red car next to a blue house")
    linked(editor, node, miniature="mini-CLIP-bag", family="sd1")
    text = text_of(editor.run(seconds=120), node)
    assert "COLLAPSED" in text or "ORDER ONLY" in text
    assert "BOUND" not in text


def test_comments_are_gone_when_typed_and_stay_when_linked(editor: Any) -> None:
    typed = editor.add(kit.TOKEN_MAP, (20, 40), text=COMMENTED, family="sd1")
    source = editor.add("PrimitiveStringMultiline", (20, 500), value=COMMENTED)
    by_link = editor.add(kit.TOKEN_MAP, (600, 40), family="sd1")
    editor.link(source, "STRING", by_link, "text")
    outputs = editor.run()
    words = {
        node: [word["text"] for word in outputs[str(node)]["encoderscope_tokens"][0]["words"]]
        for node in (typed, by_link)
    }
    assert "dusk" not in words[typed] and "fog" not in words[typed] and "hill" in words[typed]
    assert {"dusk", "fog", "ruin", "hill"} <= {*words[by_link]}
