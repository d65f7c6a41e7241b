"""Draws the README's animation in the real editor: a prompt is typed into Token Map, and the
picture follows. `.venv/bin/python -m encoderscope.tools.drawn.readme_animation` writes
docs/pictures/typing.webp (needs the ComfyUI and the Chromium of dev.py test).
"""

from __future__ import annotations

import importlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from ..places import ROOT

TARGET = ROOT / "docs" / "pictures" / "typing.webp"
FAMILY = "sdxl"
PIECES = (
    "a weathered fisherman in a yellow raincoat ",
    "on a long wooden pier, ",
    "looking out over a stormy grey sea, ",
    "gulls above the harbour lights, ",
    "rain dripping from the nets, ",
    "a small red boat against the stones, ",
    "wet ropes and brass, ",
    "a lantern in his hand, ",
    "a distant lighthouse under dramatic clouds, ",
    "film grain, shallow depth of field, ",
    "golden hour, ",
    "a black dog at his feet",
)
NODE, WIDTH, SECONDS = (800, 640), 760, 20
"""Size of the node in the editor, of the animation in pixels, and how long it takes."""


def frames(editor: Any) -> Iterator[Image.Image]:
    """The node after each piece of the prompt."""
    node = editor.add(text="", family=FAMILY)
    editor.page.evaluate(
        "([number, size]) => { app.graph.getNodeById(number).setSize(size) }", [node, NODE]
    )
    text = ""
    for piece in PIECES:
        text += piece
        report = editor.live_report(lambda text=text: editor.put(node, text=text))
        editor.wait_drawn(report)
        yield _shot(editor)


def _shot(editor: Any) -> Image.Image:
    box = editor.widget().bounding_box()
    margin = 12
    clip = {
        "x": max(0, box["x"] - margin),
        "y": max(0, box["y"] - margin),
        "width": min(box["width"] + 2 * margin, 1400),
        "height": min(box["height"] + 2 * margin, 900),
    }
    return Image.open(io.BytesIO(editor.page.screenshot(clip=clip))).convert("RGB")


def save(pictures: list[Image.Image], target: Path) -> None:
    """An animation of pictures of one size, the last of which stays longest."""
    largest = (max(each.width for each in pictures), max(each.height for each in pictures))
    scale = WIDTH / largest[0]
    size = (WIDTH, round(largest[1] * scale))
    drawn = [_on_page(each, largest).resize(size, Image.Resampling.LANCZOS) for each in pictures]
    each = 1000 * SECONDS // (len(drawn) + 3)
    durations = [each] * (len(drawn) - 1) + [4 * each]
    drawn[0].save(
        target, save_all=True, append_images=drawn[1:], duration=durations, loop=0, quality=70,
        method=6,
    )  # fmt: skip


def _on_page(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    page = Image.new("RGB", size, picture.getpixel((1, 1)))
    page.paste(picture, (0, 0))
    return page


def main() -> None:
    """Draw and write it."""
    # The kits of the browser tests, which are not there where the pack was only installed.
    kit = importlib.import_module("encoderscope.tests.browser.editor")
    hostkit = importlib.import_module("encoderscope.tests.hostkit")
    chromium = importlib.import_module("encoderscope.tests.browser.conftest")
    playwright = importlib.import_module("playwright.sync_api")
    with (
        hostkit.serve(Path(tempfile.mkdtemp()), front_end="own") as server,
        playwright.sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(
            executable_path=hostkit.find_browser(), args=chromium.FLAGS
        )
        with kit.opened(browser, server, kit.Face("own", False)) as editor:
            save(list(frames(editor)), TARGET)
        browser.close()
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
