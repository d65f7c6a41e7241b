"""Writes docs/coming-from-another-program.md from the lint's own table and findings:
`.venv/bin/python -m encoderscope.tools.foreign_guide` (needs the real ComfyUI of dev.py).
"""

from __future__ import annotations

import re

from ..conditioning.tokens.lint import Finding, lint
from ..conditioning.tokens.lint.finding import CONSTRUCTS, Construct
from .places import ROOT

PAGE = ROOT / "docs" / "coming-from-another-program.md"
FAMILIES = {
    "unknown_pieces": "flux",
    "literal_weight": "qwen_image",
    "implicit_weight": "qwen_image",
    "unread_embedding": "qwen_image",
}
"""Kinds whose example is read by another family than SDXL."""
EMBEDDINGS = ("easynegative", "lazyneg")
HEAD = """# Coming from another program

A prompt that worked in A1111, Forge, InvokeAI or Midjourney may hold grammar that ComfyUI reads as
words. *Token Map* and `encoderscope tokens --lint` name it; this page is written from the same
table (`python -m encoderscope.tools.foreign_guide`). The examples are read by SDXL, those of
missing pieces by FLUX.1, those of weights as text and of textual inversions that
are not read by Qwen-Image.

| you write | from | you mean | ComfyUI does | instead |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page as Markdown."""
    return HEAD + "".join(_row(construct) for construct in CONSTRUCTS.values())


def _row(construct: Construct) -> str:
    example = (
        construct.example.replace("|", "\\|").replace("\n", " ⏎ ").replace("\u200b", "<U+200B>")
    )
    item = _finding(construct)
    sentences = (construct.intent, construct.effect, construct.remedy)
    if item is not None:
        sentences = (item.intent, item.effect, item.remedy)
    cells = (f"`{example}`", construct.source, *(_cell(_open(text)) for text in sentences))
    return f"| {' | '.join(cells)} |\n"


def _finding(construct: Construct) -> Finding | None:
    """The finding of a construct's own example; ``None`` where it needs files or a long prompt."""
    from ..host.reports import token_reports

    clip, family = token_reports.choose(None, FAMILIES.get(construct.kind, "sdxl"))
    prompt_map = token_reports.map_text(clip, construct.example, family)
    items = lint(prompt_map, EMBEDDINGS)
    return next((item for item in items if item.kind == construct.kind), None)


def _open(sentence: str) -> str:
    return re.sub(r"\{\w+\}", "…", sentence)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ⏎ ").replace("<", "&lt;")


def main() -> None:
    from ..host import standalone

    standalone.attach()
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
