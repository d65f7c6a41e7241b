"""One page of the editor that runs graphs again and again: its heap, nodes and listeners, and what
of our cards is kept though it is not in the page any more. The editor keeps a list of jobs of every
run by itself (docs/reliability.md), so the growth of the whole page is told, and no fault of ours.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from encoderscope.tests import hostkit
from encoderscope.tests.browser import conftest as browser
from encoderscope.tests.browser import editor as editors
from encoderscope.tests.browser import page_memory

from . import graphs

SAMPLES = 20
RUN = """async () => {
  const done = new Promise((resolve) =>
    app.api.addEventListener('execution_success', resolve, { once: true }))
  await app.queuePrompt(0); await done }"""
CARDS = "() => document.querySelectorAll('.encoderscope').length"


def run_page(server: Any, runs: int, seconds: float) -> dict[str, Any]:
    """Runs a graph of four cards, with another prompt each time; what the page holds after each
    twentieth of the runs, when its garbage was collected.
    """
    from playwright.sync_api import sync_playwright

    samples: list[dict[str, float]] = []
    took: list[float] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=hostkit.find_browser(), args=browser.FLAGS
        )
        with editors.opened(chromium, server, editors.Face("own", False)) as editor:
            editor.page.set_default_timeout(600_000)
            texts = _cards(editor)
            session = page_memory.session(editor.page)
            end = time.monotonic() + seconds
            for number in range(runs):
                for node, name in texts:
                    editor.put(node, **{name: graphs.prompt(number)})
                start = time.monotonic()
                editor.page.evaluate(RUN)
                took.append(time.monotonic() - start)
                if (number + 1) % max(1, runs // SAMPLES) == 0:
                    samples.append({"runs": number + 1, **_metrics(editor.page, session)})
                    print(samples[-1], flush=True)
                    server.post_json("/history", {"clear": True})
                if time.monotonic() > end:
                    break
        chromium.close()
    return _summary(samples, took)


def _cards(editor: Any) -> list[tuple[int, str]]:
    """The nodes whose text is changed, and the names of their boxes."""
    tokens = editor.add("EncoderScope_TokenMap", at=(20, 40), family="sd3")
    order = editor.add("EncoderScope_CompareOrder", at=(500, 40), family="sdxl")
    loader = editor.add(
        "EncoderScope_LoadMiniature", at=(20, 600), miniature="mini-CLIP", family="sdxl"
    )
    box = editor.add("EncoderScope_EncodeStates", at=(500, 600))
    shown = editor.add("EncoderScope_InspectConditioning", at=(900, 40))
    editor.link(loader, "CLIP", box, "clip")
    editor.link(box, "conditioning", shown, "conditioning")
    return [(tokens, "text"), (order, "text_a"), (box, "text")]


def _metrics(page: Any, session: Any) -> dict[str, float]:
    left = len(page_memory.left_behind(session))
    return {**page_memory.metrics(session), "left": left, "cards": page.evaluate(CARDS)}


def _summary(samples: list[dict[str, float]], took: list[float]) -> dict[str, Any]:
    warm, last = samples[len(samples) // 5], samples[-1]
    tenth = max(1, len(took) // 10)
    return {
        "runs": len(took),
        "samples": samples,
        "growth": {name: last[name] / warm[name] - 1 for name in page_memory.METRICS},
        "left": last["left"],
        "first_tenth": statistics.median(took[:tenth]),
        "last_tenth": statistics.median(took[-tenth:]),
    }


def faults(result: dict[str, Any]) -> list[str]:
    """In words, what of ours the page keeps; the canvas keeps its current node until the next."""
    left = result["left"]
    return [f"{left} pieces of our cards are kept that the page does not show"] * (left > 1)
