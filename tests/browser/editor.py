"""ComfyUI's editor in a real browser, as the tests handle it: add nodes, set widgets, run, look at
our widget, take pictures.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

TOKEN_MAP = "EncoderScope_TokenMap"
COMPARE_ORDER = "EncoderScope_CompareOrder"
FROM_CLIP = "from the CLIP"
ARTIFACTS = Path(os.environ.get("ENCODERSCOPE_ARTIFACTS") or Path(__file__).parent / "artifacts")
READY = f"""() => !!(window.app?.graph && window.app.extensionManager?.setting && window.app.canvas?.ds
    && window.LiteGraph?.registered_node_types['{TOKEN_MAP}'] && document.body.dataset.encoderscopeTheme)"""

REMOVE_ALL = "() => { for (const node of [...app.graph.nodes]) app.graph.remove(node) }"

Report = dict[str, Any]


class Face(NamedTuple):
    """One of the editors that artists use: a front end, with nodes on the canvas or as elements
    (Nodes 2.0).
    """

    front_end: str
    nodes_2: bool

    def __str__(self) -> str:
        return f"{self.front_end}-{'nodes2' if self.nodes_2 else 'classic'}"


# What the tests of cards ask the page: mark the card for a screenshot, show a report, take a size,
# and what is wider than its place.
NAME_CARD = (
    "([id, name]) => { app.graph.getNodeById(id).widgets.find((w) => w.name === "
    "'encoderscope').element.dataset.card = name }"
)
SHOW = "([id, key, report]) => app.graph.getNodeById(id).onExecuted({ [key]: [report] })"
RESIZE = """([id, width, height]) => { app.graph.getNodeById(id).setSize([width, height]); app.canvas.setDirty(true, true)
  // Front end 1.32.9 gives a Nodes 2.0 element its size by these, and not again when a script sets the node's.
  const element = document.querySelector(`[data-node-id='${id}']`)
  for (const [name, value] of [['--node-width', width], ['--node-height', height]]) element?.style.setProperty(name, `${value}px`) }"""
WIDE = """(card) => [...card.querySelectorAll('*')].filter((one) => getComputedStyle(one).display !== 'inline' && one.scrollWidth > one.clientWidth + 1
  && getComputedStyle(one).overflowX === 'visible' && one.clientWidth).map((one) => one.className.baseVal ?? one.className)"""


@contextmanager
def opened(
    chromium: Any, server: Any, face: Face, width: int = 1280, height: int = 1000
) -> Iterator[Editor]:
    """The editor of one server in one face, in a window of this size."""
    context = chromium.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    context.set_default_timeout(
        90_000
    )  # only failures wait this long; a busy machine is no failure
    editor = Editor(context.new_page(), server, face)
    editor.open()
    yield editor
    context.close()


def cleared(editor: Editor) -> Iterator[Editor]:
    """The editor with an empty workflow. Whatever our files complain about meanwhile fails the
    test.
    """
    editor.clear()
    editor.complaints.clear()
    yield editor
    assert editor.complaints == []


def show_report(
    editor: Editor,
    kind: str,
    key: str,
    report: dict[str, Any],
    name: str,
    size: tuple[int, int] | None = None,
) -> Any:
    """The panel of a new node that shows this report, at this size. ``name``: the card's, to find
    it by.
    """
    node = editor.add(kind)
    editor.page.wait_for_timeout(200)
    if size:
        editor.page.evaluate(RESIZE, [node, *size])
    editor.page.evaluate(NAME_CARD, [node, name])
    editor.page.evaluate(SHOW, [node, key, report])
    panel = editor.page.locator(f"[data-card='{name}']")
    panel.locator(".es-verdict").first.wait_for(state="attached")
    x, y = editor.page.evaluate("(id) => [...app.graph.getNodeById(id).pos]", node)
    editor.look_at(x, y - 20)
    editor.page.wait_for_timeout(250)
    return panel


def in_window(editor: Editor, width: int, height: int) -> Iterator[Editor]:
    """The editor in a window of another size, for cards that are longer than the usual one."""
    usual = editor.page.viewport_size
    editor.page.set_viewport_size({"width": width, "height": height})
    yield editor
    editor.page.set_viewport_size(usual)


class Editor:
    def __init__(self, page: Any, server: Any, face: Face) -> None:
        self.page, self.server, self.face = page, server, face
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on(
            "pageerror", lambda error: self._complain(f"{error}\n{getattr(error, 'stack', '')}")
        )

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self._complain(f"{message.text} {message.location}")

    def _complain(self, text: str) -> None:
        if "/extensions/encoderscope/" in text:
            self.complaints.append(text)

    # The page

    def open(self, **settings: Any) -> None:
        """Load the editor anew, with these settings of the host."""
        always = {
            "Comfy.TutorialCompleted": True,
            "Comfy.VueNodes.Enabled": self.face.nodes_2,
            "Comfy.VueNodes.AutoScaleLayout": False,
            "Comfy.Workflow.Persist": False,
            "Comfy.ColorPalette": "dark",
            "EncoderScope.Live": True,
        }
        for name, value in {**always, **settings}.items():
            url = f"{self.server.url}/settings/{name}"
            urllib.request.urlopen(
                urllib.request.Request(url, json.dumps(value).encode(), method="POST"), timeout=30
            ).close()
        self.page.goto(self.server.url)
        self.page.wait_for_function(READY, timeout=90_000)
        self.clear()

    def clear(self) -> None:
        """An empty workflow, seen at its natural size, and the settings that every test starts
        from.
        """
        if self.page.evaluate("() => app.canvas.graph !== app.graph"):
            # not every front end draws the outer graph again when it is left by a script
            self.open()
            return
        self.page.evaluate(REMOVE_ALL)
        self.look_at(0, 0)
        self.set("EncoderScope.Live", True)
        self.page.mouse.move(2, 2)

    def set(self, name: str, value: Any) -> None:
        self.page.evaluate(
            "([name, value]) => app.extensionManager.setting.set(name, value)", [name, value]
        )

    def load(self, workflow: dict[str, Any]) -> None:
        self.page.evaluate("async (workflow) => { await app.loadGraphData(workflow) }", workflow)
        self.look_at(0, 0)

    def look_at(self, x: float, y: float, scale: float = 1) -> None:
        script = """([x, y, scale]) => { app.canvas.ds.scale = scale; app.canvas.ds.offset = [100 - x, 120 - y]; app.canvas.setDirty(true, true) }"""
        self.page.evaluate(script, [x, y, scale])

    def save(self) -> dict[str, Any]:
        return dict(self.page.evaluate("() => JSON.parse(JSON.stringify(app.graph.serialize()))"))

    # Nodes

    def add(self, kind: str = TOKEN_MAP, at: tuple[int, int] = (20, 40), **widgets: Any) -> int:
        """Add a node as dropping it from the library does. Its number is returned."""
        script = """async ([kind, at, widgets]) => {
          const node = LiteGraph.createNode(kind); node.pos = at; app.graph.add(node)
          for (const [name, value] of Object.entries(widgets)) { const w = node.widgets.find((w) => w.name === name); w.value = value; w.callback?.(value) }
          // Front end 1.49.6 puts a widget's element in its place when it draws again after making it; a pointer on the canvas makes it do so.
          for (let frame = 0; frame < 3; frame++) { app.canvas.setDirty(true, true); await new Promise(requestAnimationFrame) }
          return node.id }"""
        return int(self.page.evaluate(script, [kind, list(at), widgets]))

    def put(self, node: int, **widgets: Any) -> None:
        script = """([id, widgets]) => { const node = app.graph.getNodeById(id)
          for (const [name, value] of Object.entries(widgets)) { const w = node.widgets.find((w) => w.name === name); w.value = value; w.callback?.(value) } }"""
        self.page.evaluate(script, [node, widgets])

    def link(self, source: int, output: str, target: int, input_name: str) -> None:
        script = """([a, out, b, into]) => { const from = app.graph.getNodeById(a), to = app.graph.getNodeById(b)
          const k = from.outputs.findIndex((o) => o.name === out || o.type === out), i = to.inputs.findIndex((o) => o.name === into)
          if (k < 0 || i < 0 || !from.connect(k, to, i)) throw new Error(`no link ${out} -> ${into}`) }"""
        self.page.evaluate(script, [source, output, target, input_name])

    def run(self, seconds: int = 30) -> dict[str, Any]:
        """Press Run's equivalent and wait; what the nodes showed is returned, by node number."""
        before = set(self.server.get_json("/history"))
        self.page.evaluate("() => app.queuePrompt(0)")
        for _ in range(10 * seconds):
            new = set(self.server.get_json("/history")) - before
            if new:
                return dict(self.server.wait_for(new.pop())["outputs"])
            self.page.wait_for_timeout(100)
        raise AssertionError(f"the graph did not run:\n{self.server.log_tail()}")

    def live_report(self, action: Callable[[], Any]) -> Report:
        """The report of the next live answer that carries one, while `action` goes on."""
        with self.page.expect_response(_has_report) as caught:
            action()
        return dict(caught.value.json()["report"])

    # Our widget

    def widget(self) -> Any:
        """The panel that can be seen."""
        return self.page.locator(".encoderscope").locator("visible=true").first

    def wait_drawn(self, report: Report) -> None:
        """Wait until the widget shows this report's text."""
        script = """([text, count]) => [...document.querySelectorAll('.encoderscope .es-prompt')].some((p) => p.checkVisibility()
          && p.querySelectorAll('[data-part="0"]').length === count && p.closest('.es-body').querySelector('.es-verdict p').textContent === text)"""
        self.page.wait_for_function(script, arg=[report["verdict"], len(report["words"])])

    def picture(self, name: str) -> Path:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        path = ARTIFACTS / f"{name}-{self.face}.png"
        self.page.screenshot(path=path)
        return path


def _has_report(answer: Any) -> bool:
    if not answer.url.endswith("/encoderscope/tokens") or not answer.ok:
        return False
    try:
        return "report" in answer.json()
    except Exception:  # a newer question made the page drop this answer while it was read
        return False


DRAWN = """(prompt) => [...prompt.querySelectorAll('[data-part="0"]')].map((word) => ({
  text: [...prompt.querySelectorAll(`[data-word="${word.dataset.word}"] .es-text`)].map((part) => part.textContent).join(''),
  lanes: [...word.querySelectorAll('.es-lane')].map((lane) => lane.dataset.state),
  marks: [...word.classList].filter((name) => name.startsWith('es-mark-')).map((name) => name.slice(8)).sort(),
}))"""


def drawn_words(prompt: Any) -> list[dict[str, Any]]:
    """What a prompt element shows of every word, put together again where an edge cuts one."""
    return list(prompt.evaluate(DRAWN))


def expected_words(report: Report) -> list[dict[str, Any]]:
    return [
        {"text": w["text"], "lanes": w["lanes"], "marks": sorted(w["marks"])}
        for w in report["words"]
    ]


def drawn_edges(prompt: Any) -> list[str]:
    return list(
        prompt.evaluate(
            "(p) => [...p.querySelectorAll('[data-edge]')].map((edge) => edge.dataset.edge)"
        )
    )


def drawn_legend(widget: Any) -> list[str]:
    return list(
        widget.evaluate(
            "(w) => [...w.querySelectorAll('[data-legend]')].map((item) => "
            "item.dataset.legend + ' ' + item.textContent)"
        )
    )


def sample_text(item: dict[str, Any]) -> str:
    """The legend shows a mark on a few letters, a lane state on none."""
    return "abc" if item["type"] == "mark" else ""
