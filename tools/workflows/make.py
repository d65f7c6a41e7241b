"""Makes the shipped workflows and their pictures in the real editor: `.venv/bin/python -m
encoderscope.tools.workflows.make [name ...]`.

Run it again when a node's widgets change, and look at the pictures.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ..places import ROOT
from . import blueprints, miniature_examples, mixing_examples, question_examples, workflow_parts
from .question_examples import OWN_FILES
from .workflow_parts import Group, groups

WORKFLOWS = ROOT / "workflows"

FISHERMAN = (
    "portrait of an old fisherman in a forest-green oilskin coat, standing on the wet "
    "deck of a red trawler, a black dog at his feet, "
    "three gulls above the mast, stormy sea behind, rim light from the left, ropes and "
    "brass fittings, weathered wood, mist over the "
    "harbour at dawn, seen from a low angle with a short telephoto lens, photograph, "
    "film grain, kodak portra 400, golden hour, "
    "shallow depth of field"
)
# The same words, about 120 tokens: the subject first, or taken apart by style words.
FRONT_LOADED = (
    "portrait of an old fisherman in a forest-green oilskin coat, standing on the wet "
    "deck of a red trawler, a black dog "
    "at his feet, three gulls above the mast, stormy sea behind, crates of silver fish, "
    "ropes and brass fittings, a "
    "lighthouse with a broken lamp, mist over the harbour at dawn, weathered wood, an "
    "iron anchor chain, two empty "
    "bottles on a barrel, best quality, highly detailed, sharp focus, cinematic "
    "lighting, film grain, kodak portra 400, "
    "golden hour, shallow depth of field, dramatic clouds, muted colours"
)
INTERLEAVED = (
    "best quality, highly detailed, portrait of an old fisherman, sharp focus, in a "
    "forest-green oilskin coat, cinematic "
    "lighting, standing on the wet deck of a red trawler, film grain, kodak portra 400, "
    "a black dog at his feet, golden "
    "hour, three gulls above the mast, stormy sea behind, shallow depth of field, crates "
    "of silver fish, muted colours, "
    "ropes and brass fittings, dramatic clouds, a lighthouse with a broken lamp, mist "
    "over the harbour at dawn, weathered "
    "wood, an iron anchor chain, two empty bottles on a barrel"
)
NOTE_MAP = """## Where did my words go?
1. Press **Run**. No model file is needed: the tokenizers come with ComfyUI.
2. Read the sentence on top, then look for amber words: they miss something that this model family takes.
3. Point at a word: where it went, why, and what to do.

To see your own model, connect the **clip** of your checkpoint or loader and set *family* to *from the CLIP*.
"""
NOTE_ORDER = """## Does the order of a long prompt matter?
Two prompts of the same words, about 120 tokens: one says the subject first, one mixes it with style words.

**SDXL** (left) reads windows of 75 tokens apart, and takes its pooled vector from the first window only: there the
order decides which words are read together and which steer the picture as a whole. So say the subject first, and let
windows end at commas.

**FLUX.1** (right) reads the whole prompt through T5-XXL in one piece: for its sequence the rule is needless. Only the
pooled vector of CLIP-L still ends at 75 tokens.

Leave *text_b* empty and the node suggests an order.
"""
CLIP_L, T5_XXL = "clip_l.safetensors", "t5xxl_fp16.safetensors"
NOTE_FILES = """## What is this file, and does it fit?
Here your own files are needed: it is they that are looked at.

1. **What Is This File?** (left) names a file of *models/text_encoders*: choose one and press **Run**. It reads only the
   header, so it takes a moment even for 10 GB. Green chips: image models that take it. Point at another chip: why not.
2. **Load Text Encoders** takes the files together and works out which image model they are for. It refuses what does not
   fit, instead of loading noise. Here: CLIP-L and T5-XXL, which is FLUX.1.
3. **Token Map** shows what this very CLIP does with your prompt. For pictures, connect the same **CLIP** to your
   *CLIP Text Encode*.

Are your files called otherwise? Choose them in the lists. To look at a file only, select the other two nodes and press
**Ctrl+B**: then Run leaves them out, and nothing is loaded.
"""
NOTE_ENCODER = """## Is it the encoder?
The picture ignores which colour belongs to which thing. Where was that lost? Press **Run**: no model file is needed, tiny encoders come with
EncoderScope (trained on drawn scenes; not CLIP, not T5).

1. **Token Map**: did every word arrive? Here, yes.
2. **Binding Probe**: does the encoding hold *which* colour belongs to *which* thing? *mini-CLIP-hard* does. Below it
   *mini-T5*, which learned words and their order from captions alone, and little of attribute binding.
3. **Image Probe**: what does the picture show, and can this scorer tell at all? Connect **swap** instead of
   **caption** and Run again: the same words, bound the other way round.

Then connect your own: the **clip** of your loader to 1 and 2, your picture and an image-text encoder to 3.
"""
ALWAYS, BYPASSED = 0, 4
QUALITY = 72
"""Of a JPEG: small letters can still be read."""


def main(only: Sequence[str] = ()) -> int:
    """Make all of them, or those of these names."""
    hostkit = importlib.import_module("encoderscope.tests.hostkit")
    sync_playwright = importlib.import_module("playwright.sync_api").sync_playwright
    with (
        tempfile.TemporaryDirectory() as folder,
        hostkit.serve(Path(folder), arguments=_models(Path(folder))) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=hostkit.find_browser(),
            args=["--headless", "--no-sandbox", "--disable-gpu"],
        )
        context = browser.new_context(
            viewport={"width": 2160, "height": 1480}, reduced_motion="reduce"
        )
        context.set_default_timeout(180_000)  # a busy machine is no failure
        page = context.new_page()
        editors = importlib.import_module("encoderscope.tests.browser.editor")
        editor = editors.Editor(page, server, editors.Face("own", False))
        editor.open(**{"Comfy.Minimap.Visible": False, "Comfy.Graph.CanvasInfo": False})
        for name, build in BUILDERS.items():
            if only and name not in only:
                continue
            editor.clear()
            _make(editor, name, *build(editor))
        for name, recipe in RECIPES.items():
            if not only or name in only:
                editor.clear()
                _follow(editor, name, recipe)
        for name in blueprints.BLUEPRINTS:
            if not only or name in only:
                editor.clear()
                blueprints.make(editor, name)
        browser.close()
    return 0


def _models(folder: Path) -> tuple[str, ...]:
    """Headers of the two encoders of FLUX.1, whose bodies take no room on disk, for the host's list
    of files.
    """
    make = importlib.import_module("encoderscope.tests.encoder_files.make")
    make.sparse(folder / "text_encoders" / CLIP_L, make.clip_text(768, 12))
    make.sparse(folder / "text_encoders" / T5_XXL, make.t5("xxl"))
    for kind, names in mixing_examples.FILES.items():
        for name in names:
            if not (folder / kind / name).exists():
                make.sparse(folder / kind / name, {"x": (1,)})
    paths = folder / "paths.yaml"
    paths.write_text(
        json.dumps(
            {"here": {"base_path": str(folder), **{kind: kind for kind in mixing_examples.FILES}}}
        ),
        encoding="utf-8",
    )
    return "--extra-model-paths-config", str(paths)


def _token_map(editor: Any) -> tuple[int, int, Sequence[int], float]:
    token_map = editor.add("EncoderScope_TokenMap", (20, 40), text=FISHERMAN, family="flux")
    picture = editor.add("PreviewImage", (660, 40))
    note = _note(editor, (20, 1010), NOTE_MAP + OWN_FILES)
    for node, size in ((token_map, (600, 900)), (picture, (560, 900)), (note, (1200, 290))):
        _resize(editor, node, size)
    editor.link(token_map, "image", picture, "images")
    groups(
        editor,
        Group("Which words were lost?", (0, -20), (640, 990)),
        Group("To share it", (640, -20), (600, 990)),
    )
    return 1260, 1330, (), 0.95


def _prompt_order(editor: Any) -> tuple[int, int, Sequence[int], float]:
    sdxl = editor.add(
        "EncoderScope_CompareOrder",
        (20, 40),
        text_a=INTERLEAVED,
        text_b=FRONT_LOADED,
        family="sdxl",
    )
    flux = editor.add(
        "EncoderScope_CompareOrder",
        (840, 40),
        text_a=INTERLEAVED,
        text_b=FRONT_LOADED,
        family="flux",
    )
    note = _note(editor, (20, 1010), NOTE_ORDER + OWN_FILES)
    for node, size in ((sdxl, (780, 880)), (flux, (780, 880)), (note, (1600, 310))):
        _resize(editor, node, size)
    groups(
        editor,
        Group("Which order, for SDXL?", (0, -20), (820, 970)),
        Group("Which order, for FLUX.1?", (820, -20), (820, 970)),
    )
    return 1660, 1350, (), 0.94


def _load_and_inspect(editor: Any) -> tuple[int, int, Sequence[int]]:
    file = editor.add("EncoderScope_InspectEncoder", (20, 40), file=T5_XXL)
    encoders = editor.add("EncoderScope_LoadEncoders", (600, 40), file_1=CLIP_L, file_2=T5_XXL)
    token_map = editor.add(
        "EncoderScope_TokenMap", (1160, 40), text=FISHERMAN, family="from the CLIP"
    )
    note = _note(editor, (20, 780), NOTE_FILES + OWN_FILES)
    for node, size in (
        (file, (540, 640)),
        (encoders, (520, 640)),
        (token_map, (520, 640)),
        (note, (1660, 310)),
    ):
        _resize(editor, node, size)
    editor.link(encoders, "CLIP", token_map, "clip")
    groups(
        editor,
        Group("What is this file?", (0, -20), (580, 740)),
        Group("Load what fits together", (580, -20), (560, 740)),
        Group("What it does with a prompt", (1140, -20), (560, 740)),
    )
    return 1720, 1120, (encoders, token_map)


def _is_it_the_encoder(editor: Any) -> tuple[int, int, Sequence[int], float]:
    strong = editor.add(
        "EncoderScope_LoadMiniature", (20, 40), miniature="mini-CLIP-hard", family="sd1"
    )
    weak = editor.add("EncoderScope_LoadMiniature", (20, 240), miniature="mini-T5", family="pixart")
    scene = editor.add("EncoderScope_DrawScene", (20, 440), variation=8)
    picture = editor.add("PreviewImage", (20, 780))
    tokens = editor.add("EncoderScope_TokenMap", (420, 40), family="from the CLIP")
    binding = editor.add("EncoderScope_BindingProbe", (900, 40))
    image = editor.add("EncoderScope_ImageProbe", (1440, 40))
    sizes = {
        weak: (360, 140),
        strong: (360, 140),
        scene: (360, 240),
        picture: (360, 340),
        tokens: (440, 540),
        **dict.fromkeys((binding, image), (500, 1080)),
        _note(editor, (420, 620), NOTE_ENCODER): (440, 500),
        _note(editor, (20, 1200), OWN_FILES): (1920, 260),
    }
    for node, size in sizes.items():
        _resize(editor, node, size)
    for source, output, target, name in (
        (strong, "CLIP", tokens, "clip"),
        (strong, "CLIP", binding, "clip"),
        (weak, "CLIP", binding, "compare_clip"),
        (strong, "ENCODERSCOPE_DUAL_ENCODER", image, "encoder"),
        (scene, "image", picture, "images"),
        (scene, "image", image, "images"),
        *((scene, "caption", node, "text") for node in (tokens, binding, image)),
    ):
        editor.link(source, output, target, name)
    groups(
        editor,
        Group("Encoders and a scene", (0, -20), (400, 1180)),
        Group("Did every word arrive?", (400, -20), (480, 1180)),
        Group("Is it the encoder?", (880, -20), (540, 1180)),
        Group("Is it the picture?", (1420, -20), (540, 1180)),
    )
    return 1980, 1490, (), 0.85


BUILDERS: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "token_map": _token_map,
    "prompt_order_120_tokens": _prompt_order,
    "load_and_inspect": _load_and_inspect,
    "is_it_the_encoder": _is_it_the_encoder,
}
RECIPES = {**miniature_examples.RECIPES, **question_examples.RECIPES, **mixing_examples.RECIPES}


def _follow(editor: Any, name: str, recipe: workflow_parts.Recipe) -> None:
    """Makes a recipe's workflow."""
    numbers = workflow_parts.place(editor, recipe.nodes, recipe.links)
    for note in recipe.notes:
        _resize(editor, _note(editor, note.at, note.text), note.size)
    for each, node in recipe.nodes.items():
        _resize(editor, numbers[each], node.size)
    groups(editor, *recipe.groups)
    _bypass(editor, [numbers[each] for each in recipe.bypassed], BYPASSED)
    editor.load(editor.save())  # as an artist opens it: what is set is not folded
    editor.run(seconds=600)
    _save(editor, name, *recipe.canvas, recipe.scale)


def _note(editor: Any, at: tuple[int, int], text: str) -> int:
    node = int(editor.add("MarkdownNote", at))
    script = """([id, text]) => { const note = app.graph.getNodeById(id)
      note.widgets[0].value = text; note.color = '#333'; note.bgcolor = '#1b1b1b' }"""
    editor.page.evaluate(script, [node, text])  # Nodes 2.0 writes in a grey that its brown hides
    return node


def _resize(editor: Any, node: int, size: tuple[int, int]) -> None:
    editor.page.evaluate(
        "([id, size]) => app.graph.getNodeById(id).setSize(size)", [node, list(size)]
    )


def _make(
    editor: Any, name: str, width: int, height: int, bypassed: Sequence[int] = (), scale: float = 1
) -> None:
    """Run a workflow and save it. `bypassed`: nodes that need real weights, and stay empty in the
    picture; `scale`: of the picture.
    """
    for mode in (BYPASSED, ALWAYS):
        _bypass(editor, bypassed, mode)
        if mode == BYPASSED:
            editor.run(seconds=600)
    _save(editor, name, width, height, scale)


def _bypass(editor: Any, nodes: Sequence[int], mode: int) -> None:
    script = "([nodes, mode]) => nodes.forEach((id) => { app.graph.getNodeById(id).mode = mode })"
    editor.page.evaluate(script, [list(nodes), mode])


def _save(editor: Any, name: str, width: int, height: int, scale: float = 1) -> None:
    """Writes the workflow and the picture of its first `width` by `height` pixels of canvas."""
    editor.page.wait_for_timeout(1500)  # pictures arrive after the run
    workflow = editor.save()
    WORKFLOWS.mkdir(exist_ok=True)
    (WORKFLOWS / f"{name}.json").write_text(
        json.dumps(workflow, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    editor.look_at(100 - 100 / scale, 120 - 220 / scale, scale)  # below the editor's own bars
    editor.page.wait_for_timeout(500)
    clip = {"x": 90, "y": 200, "width": round(width * scale), "height": round(height * scale)}
    picture = Image.open(io.BytesIO(editor.page.screenshot(clip=clip))).convert("RGB")
    target = WORKFLOWS / f"{name}.jpg"
    picture.save(target, quality=QUALITY, optimize=True, progressive=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
