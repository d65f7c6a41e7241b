"""The Token Map in the real editor: what it draws is the report, in every front end, on the canvas
and in Nodes 2.0.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")

LONG = (
    "a portrait of an old fisherman in a forest-green oilskin coat standing on the deck "
    "of a red trawler, a black dog at his feet, "
    "three gulls above the mast, stormy sea behind, rim light from the left, wet wood, "
    "ropes and brass, weathered hands holding a "
    "lantern, salt spray in the air, distant lighthouse on a cliff, dramatic clouds, "
    "award winning photograph, film grain, "
    "kodak portra 400, golden hour, shallow depth of field"
)
ODD = "(a red fox:1.3), 雪の中の赤い狐 \U0001f98a embedding:not_there\n\nnaïve café, second line"


def assert_draws(editor: Any, report: dict[str, Any]) -> None:
    editor.wait_drawn(report)
    widget = editor.widget()
    prompt = widget.locator(".es-prompt")
    assert kit.drawn_words(prompt) == kit.expected_words(report)
    assert sorted(kit.drawn_edges(prompt)) == sorted(
        f"{e['stream']}:{e['window']}" for e in report["edges"]
    )
    assert kit.drawn_legend(widget) == [
        f"{i['type']}:{i['state']} {kit.sample_text(i)}{i['title']}" for i in report["legend"]
    ]
    assert widget.locator("[data-readout]").count() == len(report["readouts"])
    assert widget.locator(".es-verdict p").text_content() == report["verdict"]
    assert widget.locator("[data-stream]").count() == len(report["streams"])


@pytest.mark.parametrize(
    ("text", "family"),
    [(LONG, "flux"), (ODD, "sd3"), (LONG, "sdxl")],
    ids=["flux", "odd-sd3", "sdxl"],
)
def test_a_run_draws_the_report(editor: Any, text: str, family: str) -> None:
    editor.set("EncoderScope.Live", False)
    node = editor.add(text=text, family=family)
    editor.widget().locator(".es-empty").wait_for(state="visible")
    report = editor.run()[str(node)]["encoderscope_tokens"][0]
    assert_draws(editor, report)
    editor.picture(f"run-{family}")


def _open_search(editor: Any) -> Any:
    """Double-click the empty canvas until the editor opens its search: right after a run it may
    still be busy with its own panels.
    """
    box = editor.page.get_by_role("combobox").or_(
        editor.page.locator("input[placeholder*='Search' i]")
    )
    for _ in range(10):
        editor.page.mouse.dblclick(640, 800)
        for _ in range(10):
            editor.page.wait_for_timeout(200)
            if box.locator("visible=true").count():
                return box.locator("visible=true").first
    raise AssertionError("ten double-clicks on the empty canvas opened no search")


def test_a_node_from_the_search_dialog_has_the_widget(editor: Any) -> None:
    search = _open_search(editor)
    search.fill("Token Map (trunc")
    # A busy machine finds late, and Enter before the list is there adds nothing.
    editor.page.get_by_text("Token Map (truncation visualizer)").locator(
        "visible=true"
    ).first.wait_for()
    editor.page.wait_for_timeout(300)
    editor.page.keyboard.press("Enter")
    editor.page.wait_for_function("() => app.graph.nodes.length === 1")
    editor.page.wait_for_timeout(500)
    editor.page.mouse.click(
        300, 300
    )  # newer front ends let the new node hang on the pointer until it is dropped
    editor.page.wait_for_function("() => app.canvas.state?.ghostNodeId == null")
    editor.widget().locator(".es-empty").wait_for(state="visible")
    size = editor.page.evaluate("() => app.graph.nodes[0].size.map(Number)")
    assert 380 <= size[0] <= 480 and size[1] <= 400, "it starts small"


def test_typing_refreshes_without_queueing(editor: Any) -> None:
    editor.add(text="a", family="flux")
    before = editor.server.get_json("/history").keys()
    box = editor.page.locator("textarea").locator("visible=true").first
    box.fill("")

    def type_it() -> None:
        box.press_sequentially("a red fox on wet snow", delay=15)

    report = editor.live_report(type_it)
    while report["text"] != "a red fox on wet snow":
        report = editor.live_report(lambda: None)
    assert_draws(editor, report)
    assert editor.server.get_json("/history").keys() == before
    queue = editor.server.get_json("/queue")
    assert queue["queue_running"] == queue["queue_pending"] == []


def test_the_latest_question_wins(editor: Any) -> None:
    """A slow answer to an older text must not overwrite the answer to a newer one."""
    waiting: list[Any] = []

    def slow(route: Any) -> None:
        if "old text" in (route.request.post_data or ""):
            waiting.append(route)
        else:
            route.continue_()

    editor.page.route("**/encoderscope/tokens", slow)
    node = editor.add(text="old text", family="flux")
    editor.page.wait_for_timeout(1800)
    assert len(waiting) == 1, [route.request.post_data for route in waiting]
    report = editor.live_report(lambda: editor.put(node, text="a newer one"))
    editor.wait_drawn(report)
    waiting[0].fulfill(json={"report": {**report, "verdict": "too late"}})
    editor.page.wait_for_timeout(300)
    assert editor.widget().locator(".es-verdict p").text_content() == report["verdict"]


def test_live_can_be_turned_off(editor: Any) -> None:
    editor.set("EncoderScope.Live", False)
    asked: list[str] = []
    editor.page.on(
        "request",
        lambda request: asked.append(request.url) if "/encoderscope/" in request.url else None,
    )
    node = editor.add(text="a red fox", family="flux")
    report = editor.run()[str(node)]["encoderscope_tokens"][0]
    editor.wait_drawn(report)
    editor.put(node, text="a red fox and a dog")
    editor.widget().locator(".es-line", has_text="changed").wait_for(state="visible")
    editor.page.wait_for_timeout(800)
    assert [url for url in asked if url.endswith("/tokens")] == []


def test_text_that_another_node_gives_waits_for_run(editor: Any) -> None:
    if "PrimitiveStringMultiline" not in editor.server.get_json("/object_info"):
        pytest.skip("this host has no string node")
    source = editor.add("PrimitiveStringMultiline", at=(700, 40), value="from afar")
    node = editor.add(family="flux")
    editor.link(source, "STRING", node, "text")
    editor.widget().locator(".es-line", has_text="another node").wait_for(state="visible")
    report = editor.run()[str(node)]["encoderscope_tokens"][0]
    assert report["text"] == "from afar"
    assert_draws(editor, report)


def test_the_tooltip_tells_ids_and_windows(editor: Any) -> None:
    report = editor.live_report(lambda: editor.add(text=LONG, family="flux"))
    editor.wait_drawn(report)
    index = next(i for i, word in enumerate(report["words"]) if word["text"] == "portra")
    word = editor.widget().locator(f"[data-word='{index}']").first
    word.scroll_into_view_if_needed()
    editor.page.wait_for_timeout(200)
    word.hover()
    tip = editor.page.locator(".encoderscope-tip")
    tip.wait_for(state="visible")
    shown = tip.inner_text()
    assert report["words"][index]["tip"], "the report has nothing to say about this word"
    for line in report["words"][index]["tip"]:
        assert line in shown
    assert "window 2" in shown and "id" in shown
    box = tip.bounding_box()
    page = editor.page.viewport_size
    assert box["x"] >= 0 and box["y"] >= 0
    assert box["x"] + box["width"] <= page["width"] and box["y"] + box["height"] <= page["height"]
    editor.picture("tooltip")
    editor.page.mouse.move(2, 2)
    tip.wait_for(state="detached")


def test_words_can_be_walked_by_keyboard(editor: Any) -> None:
    report = editor.live_report(lambda: editor.add(text="a red fox in the snow", family="flux"))
    editor.wait_drawn(report)
    words = editor.widget().locator(".es-word[data-word]")
    words.first.focus()
    editor.page.keyboard.press("ArrowRight")
    tip = editor.page.locator(".encoderscope-tip")
    assert tip.locator("strong").text_content() == "red"
    editor.page.keyboard.press("End")
    assert tip.locator("strong").text_content() == "snow"
    assert editor.widget().locator(".es-word[tabindex='0']").count() == 1
    assert "snow, " in (words.last.get_attribute("aria-label") or "")
    editor.page.keyboard.press("Escape")
    assert tip.count() == 0


HOSTILE = (
    '<script>window.pwned=1</script> <img src=x onerror="window.pwned=1"> <b>bold</b> &amp; a fox'
)


def test_markup_in_a_prompt_is_only_text(editor: Any) -> None:
    report = editor.live_report(lambda: editor.add(text=HOSTILE, family="sd1"))
    assert_draws(editor, report)
    editor.widget().locator("[data-word]").first.hover()
    editor.page.wait_for_timeout(300)
    values = editor.page.evaluate(
        "() => [window.pwned ?? null, document.querySelectorAll('.encoderscope "
        ":is(script, img), .encoderscope-tip :is(script, img)').length]"
    )
    assert values == [None, 0]
    assert HOSTILE in editor.widget().locator(".es-prompt").evaluate(
        "(p) => { const copy = p.cloneNode(true); "
        "copy.querySelectorAll('.es-edge').forEach((e) => e.remove()); return "
        "copy.textContent }"
    )


NAMES = {
    "format",
    "host",
    "family",
    "layout",
    "name",
    "kind",
    "status",
    "stream",
    "streams",
    "inside",
    "state",
    "type",
    "lanes",
    "marks",
    "tone",
}


def poisoned(value: Any) -> Any:
    """The report with markup in every sentence, title and word."""
    if isinstance(value, dict):
        return {
            key: each if key in NAMES else poisoned(each) for key, each in value.items()
        } | _poisoned_streams(value)
    if isinstance(value, list):
        return [poisoned(each) for each in value]
    return f"{value} {HOSTILE}" if isinstance(value, str) else value


def _poisoned_streams(value: dict[str, Any]) -> dict[str, Any]:
    streams = value.get("streams")
    return {"streams": poisoned(streams)} if streams and isinstance(streams[0], dict) else {}


def test_markup_in_any_field_of_a_report_is_only_text(editor: Any) -> None:
    editor.set("EncoderScope.Live", False)
    node = editor.add(text=LONG, family="flux")
    report = poisoned(editor.run()[str(node)]["encoderscope_tokens"][0])
    report["words"] = [{**word, "span": [0, len(HOSTILE)]} for word in report["words"][:3]]
    report["text"], report["edges"] = (
        HOSTILE,
        [{**edge, "word": 1, "inside": "phrase"} for edge in report["edges"]],
    )
    report["display"]["pieces"] = [
        {"word": k, "part": 0, "text": word["text"], "gap": " ", "edges": [], "tight": False}
        for k, word in enumerate(report["words"])
    ]
    report["display"]["pieces"][1]["edges"] = list(range(len(report["edges"])))
    show = (
        "([id, report]) => app.graph.getNodeById(id).onExecuted({ encoderscope_tokens: "
        "[report], encoderscope_live: [] })"
    )
    editor.page.evaluate(show, [node, report])
    editor.wait_drawn(report)
    editor.widget().locator("[data-word='1']").hover()
    editor.page.locator(".encoderscope-tip").wait_for(state="visible")
    count = (
        "() => document.querySelectorAll(':is(.encoderscope, .encoderscope-tip) :is(script, "
        "img, .es-body b b)').length"
    )
    assert editor.page.evaluate(f"() => [window.pwned ?? null, ({count})()]") == [None, 0]
    for shown in (
        ".es-verdict p",
        ".es-chip-family",
        ".es-legend-item",
        ".es-edge-label",
        ".es-notes li",
        "[data-word='1'] .es-text",
    ):
        assert HOSTILE in (editor.widget().locator(shown).first.text_content() or ""), shown


def test_a_very_long_prompt_is_bounded_and_scrolls_inside(editor: Any) -> None:
    editor.set("EncoderScope.Live", False)
    node = editor.add(text="fox " * 3000, family="flux")
    report = editor.run()[str(node)]["encoderscope_tokens"][0]
    widget = editor.widget()
    widget.locator(".es-more").wait_for(state="attached")
    assert widget.locator("[data-part='0']").count() == 1500
    assert (
        "1,500 more" in (widget.locator(".es-more").text_content() or "")
        and len(report["words"]) == 3000
    )
    scale = "() => app.canvas.ds.scale"
    before = editor.page.evaluate(scale)
    widget.click()  # Nodes 2.0 lets a widget have the wheel once it has the focus
    editor.page.mouse.wheel(0, 300)
    editor.page.wait_for_timeout(300)
    assert widget.locator(".es-scroll").evaluate("(s) => s.scrollTop") > 0
    assert editor.page.evaluate(scale) == before


def test_the_wheel_zooms_where_nothing_scrolls(editor: Any) -> None:
    editor.add(family=kit.FROM_CLIP)
    editor.widget().locator(".es-empty").wait_for(state="visible")
    before = editor.page.evaluate("() => app.canvas.ds.scale")
    editor.widget().hover()
    editor.page.mouse.wheel(0, 300)
    editor.page.wait_for_timeout(300)
    assert editor.page.evaluate("() => app.canvas.ds.scale") < before


CONTRAST = """(widget) => {
  const parse = (c) => { const m = c.match(/[\\d.]+/g).map(Number); return c.startsWith('color(') ? [m[0] * 255, m[1] * 255, m[2] * 255, m[3] ?? 1] : [m[0], m[1], m[2], m[3] ?? 1] }
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0)
  const behind = (e) => { let under = [0, 0, 0]; const stack = []; for (let n = e; n; n = n.parentElement) { const c = parse(getComputedStyle(n).backgroundColor); stack.push(c); if (c[3] === 1) break }
    for (const [r, g, b, a] of stack.reverse()) under = [r, g, b].map((v, i) => v * a + under[i] * (1 - a)); return under }
  const out = []
  for (const e of widget.querySelectorAll('.es-text, .es-verdict p, .es-chip, .es-chip b, .es-edge-label, .es-legend-item, summary, .es-sign')) {
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05); if (ratio < 4.5) out.push([e.className || e.tagName, e.textContent, ratio]) }
  return out }"""


@pytest.mark.parametrize("palette", ["dark", "light"])
def test_every_text_can_be_read_on_every_palette(editor: Any, palette: str) -> None:
    editor.set("Comfy.ColorPalette", palette)
    try:
        report = editor.live_report(lambda: editor.add(text=f"{LONG}\n{ODD}", family="sd3"))
        editor.wait_drawn(report)
        editor.page.wait_for_function(
            "(palette) => document.body.dataset.encoderscopeTheme === palette", arg=palette
        )
        assert editor.widget().evaluate(CONTRAST) == []
        editor.picture(f"palette-{palette}")
    finally:
        editor.set("Comfy.ColorPalette", "dark")
