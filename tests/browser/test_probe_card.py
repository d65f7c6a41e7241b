"""The cards of the Binding Probe and of the Encoder Report in the real editor: what they draw is
the report, whatever its verdicts.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from encoderscope.tests.browser.probe_cards import (
    DISPLAYS,
    KEYS,
    MARKUP,
    PROBE,
    SCORES,
    nothing_sticks_out,
    sample,
    show_report,
)

pytestmark = pytest.mark.browser
kit = importlib.import_module("encoderscope.tests.browser.editor")

NAME_CARD, SHOW, RESIZE, WIDE = kit.NAME_CARD, kit.SHOW, kit.RESIZE, kit.WIDE
DRAWN = """(card) => ({
  text: card.querySelector('.es-probed').textContent,
  arcs: [...card.querySelectorAll('.es-arcs g')].map((arc) => [arc.dataset.contrasts, arc.dataset.verdict]),
  said: [...card.querySelectorAll('.es-verdict p')].map((text) => text.textContent),
  tone: [...card.querySelectorAll('.es-verdict')].map((box) => box.dataset.tone),
  chips: [...card.querySelectorAll('.es-contrast-head .es-outcome')].map((chip) => chip.dataset.verdict),
  labels: [...card.querySelectorAll('.es-contrast-head > b')].map((label) => label.textContent),
  remedies: [...card.querySelectorAll('.es-remedy')].map((text) => text.textContent),
  bars: [...card.querySelectorAll('.es-contrast')].map((contrast) => [...contrast.querySelectorAll('.es-gauge[data-readout]')]
    .map((bar) => [bar.dataset.stream, bar.dataset.readout, bar.dataset.verdict, bar.dataset.taken, bar.dataset.counts].join(' '))),
  hears: [...card.querySelectorAll('.es-hearing > p')].map((text) => text.textContent),
  flagged: [...card.querySelectorAll('[data-textbook]')].map((row) => row.dataset.flagged),
  lint: [...card.querySelectorAll('[data-lint]')].map((line) => line.textContent),
  lists: [...card.querySelectorAll('[data-list] li')].map((line) => line.textContent),
})"""
BARS = """(card) => [...card.querySelectorAll('.es-gauge[data-readout]')].map((bar) => {
  const line = bar.querySelector('.es-gauge-line'), width = line.getBoundingClientRect().width, left = line.getBoundingClientRect().left
  const at = (name) => bar.querySelector(name)?.getBoundingClientRect()
  const fill = at('.es-gauge-fill'), whisker = at('.es-whisker'), blind = at('.es-blind')
  return { share: Number(bar.dataset.share), width, fill: fill?.width ?? 0, whisker: [whisker.left - left, whisker.right - left], blind: blind.right - left } })"""
STROKES = """(card) => Object.fromEntries([...card.querySelectorAll('.es-arcs g')].map((arc) => {
  const style = getComputedStyle(arc.querySelector('.es-arc')); return [arc.dataset.verdict, [style.strokeDasharray, style.strokeWidth].join('/')] }))"""
ENDS = """(card) => { const frame = card.querySelector('.es-probed').getBoundingClientRect(), zoom = frame.width / card.querySelector('.es-probed').clientWidth
  const rows = (words) => words.map((word) => { const box = word.getBoundingClientRect(); return { text: word.textContent, left: box.left, right: box.right, top: box.top, bottom: box.bottom } })
  return { zoom, frame: { left: frame.left, right: frame.right }, words: rows([...card.querySelectorAll('.es-tied[data-end]')]),
    arcs: [...card.querySelectorAll('.es-arcs g')].map((arc) => { const at = (name) => { const box = arc.querySelector(name).getBoundingClientRect(); return { x: (box.left + box.right) / 2, y: box.bottom } }
      const path = arc.querySelector('.es-arc').getBoundingClientRect()
      return { lines: arc.dataset.lines, from: at('circle'), to: at('.es-arrow'), left: path.left, right: path.right } }) } }"""


@pytest.fixture
def editor(editor: Any) -> Iterator[Any]:
    yield from kit.in_window(editor, 1500, 1150)


def arcs(report: dict[str, Any]) -> list[list[str]]:
    """An arc for each pair of ends and verdict, with the contrasts that say so."""
    result: dict[tuple[Any, ...], list[str]] = {}
    for k, contrast in enumerate(report["contrasts"]):
        for arc in contrast["arcs"]:
            result.setdefault((*arc["from"], *arc["to"], contrast["verdict"]), []).append(str(k))
    return [[" ".join(output), key[-1]] for key, output in result.items()]


def rows(report: dict[str, Any], k: int) -> list[str]:
    """The bars of a contrast as they should stand: what is used before what is not."""
    own = [verdict for verdict in report["verdicts"] if verdict["pair"] == k]
    yes = {True: "yes", False: "no"}
    return sorted(
        (
            f"{item['stream']} {item['readout']} {item['verdict']} {yes[item['taken']]} "
            f"{yes[item['counts']]}"
        )
        for item in own
    )


@pytest.mark.parametrize("name", ["probe_flux", "probe_long", "probe_blind"])
def test_the_card_is_the_report(editor: Any, name: str) -> None:
    report = sample(name)
    panel = show_report(editor, PROBE, report, name)
    nothing_sticks_out(panel)
    seen = dict(panel.evaluate(DRAWN))
    assert seen["text"] == report["text"]
    assert seen["arcs"] == arcs(report)
    assert seen["said"] == [report["sentence"]]
    assert seen["tone"] == [{True: "kept", False: "lost", None: "open"}[report["bound"]]]
    contrasts = report["contrasts"]
    assert seen["chips"] == [contrast["verdict"] for contrast in contrasts]
    assert seen["labels"] == [contrast["label"] for contrast in contrasts]
    assert seen["remedies"] == [contrast["remedy"] for contrast in contrasts]
    assert [sorted(bars) for bars in seen["bars"]] == [
        rows(report, k) for k in range(len(contrasts))
    ]
    assert seen["hears"] == [
        hears["sentence"] for contrast in contrasts for hears in contrast["selectivity"]
    ]
    assert seen["flagged"] == [
        "yes" if view["flagged"] else "no"
        for contrast in contrasts
        for view in contrast["textbook"]
    ]
    assert seen["lint"] == [f"{item['text']} {item['remedy']}" for item in report["lint"]]
    assert seen["lists"] == [*report["unread"], *report["skipped"], *report["notes"]]
    editor.picture(f"probe-{name.removeprefix('probe_')}")
    for summary in panel.locator("summary").all():
        summary.click()
    nothing_sticks_out(panel)


def test_bars_are_as_long_as_the_root_of_the_share(editor: Any) -> None:
    report = sample("probe_flux")
    panel = show_report(editor, PROBE, report, "bars")
    for summary in panel.locator("details[data-key^='unused'] > summary").all():
        summary.click()
    bars = panel.evaluate(BARS)
    assert len(bars) == len(report["verdicts"])
    by_share = {verdict["share"]: verdict for verdict in report["verdicts"]}
    assert min(by_share) < 0.01 < 0.1 < max(by_share), "small and large shares"
    for bar in bars:
        row, width = by_share[bar["share"]], bar["width"]
        assert bar["fill"] == pytest.approx(max(2, width * row["share"] ** 0.5), abs=2)
        assert bar["whisker"][0] == pytest.approx(width * row["interval"][0] ** 0.5, abs=2)
        assert bar["whisker"][1] == pytest.approx(max(3, width * row["interval"][1] ** 0.5), abs=3)
        assert bar["blind"] == pytest.approx(width * row["null"][1] ** 0.5, abs=3)
    greyed = panel.locator(".es-gauge[data-taken='no'] .es-gauge-line").first
    assert greyed.evaluate("(line) => getComputedStyle(line).filter") == "grayscale(1)"


def assert_arcs_meet_their_words(panel: Any, report: dict[str, Any]) -> list[str]:
    """Every arc begins and ends just above the right word, and stays within the prompt. Over how
    many lines each goes is returned.
    """
    values = panel.evaluate(ENDS)
    near = 4 * values["zoom"]
    keys = [
        (arc["from"], arc["to"], contrast["verdict"])
        for contrast in report["contrasts"]
        for arc in contrast["arcs"]
    ]
    wanted = [key for k, key in enumerate(keys) if key not in keys[:k]]
    assert len(wanted) == len(values["arcs"])
    for (start, stop, _), arc in zip(wanted, values["arcs"], strict=True):
        for span, end in ((start, arc["from"]), (stop, arc["to"])):
            text = report["text"][span[0] : span[1]].split()
            over = [
                word
                for word in values["words"]
                if word["text"] in text
                and word["left"] - near <= end["x"] <= word["right"] + near
                and word["top"] < end["y"] < word["bottom"]
            ]
            assert over, f"{' '.join(text)!r} has no arc above it"
        assert (
            arc["left"] >= values["frame"]["left"] - near
            and arc["right"] <= values["frame"]["right"] + near
        )
    return [arc["lines"] for arc in values["arcs"]]


def test_arcs_meet_their_words_on_one_line_and_on_several(editor: Any) -> None:
    """Also when the node gets narrower, and when the card was hidden while it was drawn."""
    report = sample("probe_flux")
    panel = show_report(editor, PROBE, report, "arcs", (900, 800))
    assert set(assert_arcs_meet_their_words(panel, report)) == {"1"}
    node = editor.page.evaluate("() => app.graph.nodes[0].id")
    before = panel.locator(".es-arcs").inner_html()
    editor.page.evaluate(RESIZE, [node, 330, 800])
    editor.page.wait_for_function(
        "(before) => document.querySelector(\"[data-card='arcs'] .es-arcs\").innerHTML !== before",
        arg=before,
        timeout=30_000,
    )
    editor.page.wait_for_timeout(300)
    assert "2" in assert_arcs_meet_their_words(panel, report)
    nothing_sticks_out(panel)
    editor.picture("probe-narrow")

    body = panel.locator(".es-body")
    body.evaluate("(body) => { body.style.display = 'none' }")
    editor.page.evaluate(SHOW, [node, KEYS[PROBE], DISPLAYS[PROBE].with_display(report)])
    editor.page.wait_for_timeout(100)
    assert panel.locator(".es-arcs g").count() == 0
    body.evaluate("(body) => { body.style.display = '' }")
    panel.locator(".es-arcs g").first.wait_for(state="attached")
    assert_arcs_meet_their_words(panel, report)


def test_no_verdict_rests_on_colour_alone(editor: Any) -> None:
    """One report with all four verdicts: every one has a line and a chip of its own."""
    report = sample("probe_flux")
    verdicts = ["BOUND", "ORDER ONLY", "COLLAPSED", "UNDECIDED"]
    for verdict, contrast in zip(verdicts, report["contrasts"], strict=False):
        contrast["verdict"] = verdict
    panel = show_report(editor, PROBE, report, "four")
    strokes = panel.evaluate(STROKES)
    assert sorted(strokes) == sorted(verdicts) and len(set(strokes.values())) == 4
    chips = panel.locator(".es-contrast-head .es-outcome")
    assert len({chips.nth(k).text_content() for k in range(4)}) == 4
    editor.picture("probe-four-verdicts")


def test_a_bar_says_what_it_is_by_pointer_and_by_keyboard(editor: Any) -> None:
    report = sample("probe_flux")
    panel = show_report(editor, PROBE, report, "tips")
    row = next(
        verdict
        for verdict in report["verdicts"]
        if verdict["counts"] and verdict["readout"] == "cross-attention"
    )
    panel.locator(
        ".es-gauge[data-stream='conditioning'][data-readout='cross-attention']"
    ).first.hover()
    tip = editor.page.locator(".encoderscope-tip")
    tip.wait_for(state="visible")
    text = tip.text_content()
    assert (
        text.startswith("whole conditioning: token vectors as an unordered set")
        and row["verdict"] in text
    )
    assert f"p = {row['p']}" in text and "bind nothing" in text
    editor.page.mouse.move(2, 2)
    tip.wait_for(state="detached")
    panel.locator(".es-gauge").first.focus()
    editor.page.keyboard.press("End")
    tip.wait_for(state="visible")
    assert "square-root scale" in tip.text_content()
    editor.page.keyboard.press("Escape")
    panel.locator(".es-tied[data-end]").first.focus()
    tip.wait_for(state="visible")
    assert (
        f"{report['contrasts'][0]['verdict']}: {report['contrasts'][0]['label']}"
        in tip.text_content()
    )


@pytest.mark.parametrize(("width", "beside"), [(960, True), (420, False)])
def test_two_clips_side_by_side_where_there_is_room(editor: Any, width: int, beside: bool) -> None:
    report = sample("probe_compare")
    panel = show_report(editor, PROBE, report, f"compare-{width}", (width, 1000))
    nothing_sticks_out(panel)
    first, second = (panel.locator(f".es-side[data-side='{letter}']") for letter in "ab")
    assert first.locator("h4 > b").first.text_content() == report["streams"][0]["title"]
    assert second.locator("h4 > b").first.text_content() == report["compare"]["streams"][0]["title"]
    assert second.locator(".es-verdict p").text_content() == report["compare"]["sentence"]
    assert second.locator(".es-arcs g").count() == len(arcs(report["compare"]))
    a, b = first.bounding_box(), second.bounding_box()
    assert (a["x"] + a["width"] <= b["x"]) if beside else (a["y"] + a["height"] <= b["y"])
    editor.picture(f"probe-compare-{width}")


def test_nothing_to_test_is_said_and_markup_stays_text(editor: Any) -> None:
    report = sample("probe_none")
    panel = show_report(editor, PROBE, report, "none")
    assert panel.locator(".es-verdict").get_attribute("data-tone") == "open"
    assert panel.locator(".es-verdict p").text_content() == report["sentence"]
    assert panel.locator(".es-contrast, .es-arcs g, .es-legend").count() == 0
    hostile = sample("probe_compare")
    shift = len(MARKUP) + 1
    hostile["text"] = f"{MARKUP} {hostile['text']}"
    contrast = hostile["contrasts"][0]
    for arc in contrast["arcs"]:
        for end in ("from", "to"):
            arc[end] = [arc[end][0] + shift, arc[end][1] + shift]
    contrast["label"] = contrast["remedy"] = contrast["source"] = contrast["cells"][
        "asked"
    ] = hostile["notes"] = MARKUP
    hostile["notes"], hostile["compare"] = [MARKUP], None
    panel = show_report(editor, PROBE, hostile, "hostile")
    assert panel.locator(".es-probed").text_content() == hostile["text"]
    assert panel.locator("img").count() == 0 and panel.text_content().count(MARKUP) >= 6
    assert_arcs_meet_their_words(panel, hostile)


def test_characters_outside_the_basic_plane_keep_the_arcs_in_place(editor: Any) -> None:
    """Python counts an emoji as one character, JavaScript as two."""
    report = sample("probe_compare")
    report["compare"], report["text"] = None, f"🦊🦊🦊 {report['text']}"
    for arc in report["contrasts"][0]["arcs"]:
        for end in ("from", "to"):
            arc[end] = [arc[end][0] + 4, arc[end][1] + 4]
    panel = show_report(editor, PROBE, report, "emoji")
    words = panel.locator(".es-tied[data-end]").all_text_contents()
    assert words == ["red", "car", "blue", "house"]
    assert_arcs_meet_their_words(panel, report)


def test_another_prompt_makes_the_card_stale(editor: Any) -> None:
    panel = show_report(editor, PROBE, sample("probe_none"), "stale")
    node = editor.page.evaluate("() => app.graph.nodes[0].id")
    before = editor.page.evaluate(
        "(id) => app.graph.getNodeById(id).widgets.find((w) => w.name === 'text').value", node
    )
    editor.put(node, text="a red car and a blue house")
    panel.locator(".es-line", has_text="changed").wait_for(state="attached")
    editor.put(node, text=before)
    panel.locator(".es-line[hidden]:not([data-tone='work'])").wait_for(state="attached")


@pytest.mark.parametrize(("kind", "name"), [(PROBE, "probe_flux"), (SCORES, "encoder_report")])
def test_a_report_of_an_earlier_version_shows_its_words(editor: Any, kind: str, name: str) -> None:
    """It does not say what to draw."""
    report = sample(name)
    assert "display" not in report
    node = editor.add(kind)
    editor.page.evaluate(NAME_CARD, [node, "earlier"])
    editor.page.evaluate(SHOW, [node, KEYS[kind], report])
    panel = editor.page.locator("[data-card='earlier']")
    panel.locator(".es-verdict p").wait_for(state="attached")
    assert panel.locator(".es-verdict p").text_content() == report["sentence"]
    lines = panel.locator("[data-list='contrasts'] li").all_text_contents()
    assert lines == [f"{item['label']}: {item['sentence']}" for item in report.get("contrasts", [])]


def test_a_light_palette(editor: Any) -> None:
    editor.set("Comfy.ColorPalette", "light")
    try:
        editor.page.wait_for_function("() => document.body.dataset.encoderscopeTheme === 'light'")
        panel = show_report(editor, PROBE, sample("probe_flux"), "light")
        colour = panel.locator(".es-arc").first.evaluate("(arc) => getComputedStyle(arc).stroke")
        assert colour == "rgb(0, 105, 75)", "the green of the light palette"
        editor.picture("probe-light")
        show_report(editor, SCORES, sample("encoder_report"), "scores-light")
        editor.picture("scores-light")
    finally:
        editor.set("Comfy.ColorPalette", "dark")
