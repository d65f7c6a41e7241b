"""What a card says while its node runs: that it runs, what the work is and about how long, and
nothing of it afterwards.
"""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser
PROBE, MINI = "EncoderScope_BindingProbe", "EncoderScope_LoadMiniature"
INVITATION = "Connect a CLIP, write a prompt and press Run"
EVENT = """async ([name, detail]) => { const { api } = await import('/scripts/api.js')
  api.dispatchEvent(new CustomEvent(name, { detail })) }"""
SAID = """(id) => { const card = app.graph.getNodeById(id).widgets.find((w) => w.name === 'encoderscope').element
  const line = card.querySelector(".es-line[data-tone='work']")
  return [card.querySelector('.es-empty p')?.textContent ?? '', line.hidden ? '' : line.textContent] }"""
WATCH = """(id) => { const card = app.graph.getNodeById(id).widgets.find((w) => w.name === 'encoderscope').element
  window.esSaid = []; new MutationObserver(() => { const p = card.querySelector('.es-empty p'); if (p) window.esSaid.push(p.textContent) })
    .observe(card, { childList: true, subtree: true, characterData: true }) }"""
SENTENCE = "Measuring what an encoder that binds nothing would score. About 20 seconds left."


def test_a_running_card_does_not_ask_to_press_run(editor: Any) -> None:
    probe, other = editor.add(PROBE), editor.add(PROBE, (700, 40))

    def lines(node: int = probe) -> list[str]:
        return list(editor.page.evaluate(SAID, node))

    def tell(name: str, detail: Any) -> None:
        editor.page.evaluate(EVENT, [name, detail])

    assert lines()[0].startswith(INVITATION)
    tell("executing", str(probe))
    assert lines() == ["Running …", ""]
    tell("encoderscope_working", {"node": f"7:{probe}", "text": SENTENCE})
    assert lines() == [SENTENCE, ""], "also inside a subgraph"
    assert lines(other)[0].startswith(INVITATION), "the other node does nothing"
    editor.picture("working-card")
    for ended in ("executing", "execution_error", "execution_interrupted"):
        tell("executing", str(probe))
        tell(ended, None)
        assert lines()[0].startswith(INVITATION) and lines()[1] == "", ended


def test_a_real_run_says_what_it_does_and_then_shows_the_verdict(editor: Any) -> None:
    loader = editor.add(MINI)
    probe = editor.add(PROBE, (420, 40), text=f"a red circle and a blue square, {editor.face}")
    editor.link(loader, "CLIP", probe, "clip")
    editor.page.evaluate(WATCH, probe)
    editor.run(120)
    editor.page.locator(".es-verdict").first.wait_for(state="visible")
    texts = editor.page.evaluate("() => window.esSaid")
    assert any(text == "Running …" for text in texts)
    assert any("test sentences." in text for text in texts), texts
    assert editor.page.evaluate(SAID, probe) == ["", ""]
    # The next run has a picture to stand above.
    editor.page.evaluate(EVENT, ["executing", str(probe)])
    assert editor.page.evaluate(SAID, probe) == ["", "Running …"]
    editor.page.evaluate(EVENT, ["executing", None])
    assert editor.page.evaluate(SAID, probe) == ["", ""]
