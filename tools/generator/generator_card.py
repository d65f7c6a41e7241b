"""mini-MMDiT's model card, written from what was trained and measured."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

import torch

from ...conditioning import miniature_generator
from . import generator_figures
from .files import FOLDER
from .scene_latents import PAIRS, SINGLES

SHIPPED = ("clip-hard", "bag")
HEAD = """# mini-MMDiT: a generator whose truth is known

A tiny image model, trained by this project on drawn scenes, so that what EncoderScope says of a generator can be
tested where the truth is known. **It is not Stable Diffusion**: it has SD3's layout (the host's own class, {parameters:,}
trained numbers and columns of zeros) and draws two things, 64 x 64 pixels. It was trained several times with everything equal
(scenes, captions, order, noise, seed, steps) but the encoder: what differs between the variants is the encoder's doing.

Made by `python dev.py train-generator`, which writes this card with `--card`. Licence of the mini-MMDiT files:
Apache-2.0, as the project; no data of others went into them but what TAESD3 makes of the project's own drawings.
`taesd3.safetensors` is TAESD3 of madebyollin (MIT, `LICENSE-TAESD3`). Its two files
(`taesd3_encoder.safetensors`, `taesd3_decoder.safetensors`; bf16) were joined, number by number the same, by

```
.venv/bin/python -c "from pathlib import Path; from encoderscope.tools.generator.files import save_vae; save_vae(Path('FOLDER'))"
```

## Use

*Load Miniature Generator*, and *Load Miniature* set to the variant's encoder; *EmptySD3LatentImage* 64 x 64; *KSampler*
with euler, simple, {steps} steps, CFG {guidance:g}; the empty prompt as negative. The files are named as SD3's are and load in
the host's own *Load Diffusion Model*, too.

| variant | Load Miniature | family | the encoder |
|---|---|---|---|
"""
DATA = """
## Data

{pairs:,} scenes of two things and {singles:,} of one (`conditioning/scenes/`), as latents of TAESD3, with two captions each:
colours most often, else sizes or places. A *bag* is two colours and two shapes, not which is which; 70 % of the 420
bags are for training, 15 % for tests: every figure below is of bags that no training saw.

## Training

{recipe}

| | shipped | file | time |
|---|---|---|---|
"""
OWN = """*own caption*: how often the error with the scene's caption is less than with the colours exchanged, at the same
noise. To the bag both captions are the same but for rounding."""
TAIL = """
Prompts and scenes of test bags, one picture for each prompt; the reader of drawn scenes (`conditioning/scenes/`), whose
own errors stand in `docs/generator.md`, says what is in it. *right*: both things are there as the prompt says;
*swapped*: with the two exchanged; *other*: neither; *missing*: a thing is not there; *unread*: there, but not to be
read. A size or a place counts only where the prompt names it. Intervals are Wilson's, 95 %.
"""


def write(
    reports: Sequence[dict[str, Any]], measured: Sequence[generator_figures.DrawnFigures]
) -> None:
    """Write the card. ``reports``: of the trained variants; ``measured``: what they draw."""
    text = HEAD.format(
        parameters=reports[0]["parameters"],
        steps=miniature_generator.STEPS,
        guidance=miniature_generator.GUIDANCE,
    )
    lines = [text.rstrip("\n"), *map(_use, reports)]
    data = DATA.format(pairs=PAIRS, singles=SINGLES, recipe=_recipe(reports[0]["settings"]))
    lines += [data.rstrip("\n"), *map(_trained, reports)]
    lines += ["", f"Times: {platform.machine()}, a shared core, torch {torch.__version__}."]
    lines += [*_untrained(reports), ""]
    lines += ["Loss (held out: of bags never seen, with their caption) on the way:", "", "```"]
    lines += [line for report in reports for line in _curve(report)]
    lines += ["```", "", OWN, "", "## What they draw", ""]
    lines += [*generator_figures.table(measured), TAIL]
    (FOLDER / "README.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(generator_figures.table(measured)))


def _untrained(reports: Sequence[dict[str, Any]]) -> list[str]:
    trained = [report["variant"] for report in reports]
    missing = [name for name in miniature_generator.VARIANTS if name not in trained]
    return [f"Not trained so far: {', '.join(missing)}."] * bool(missing)


def _use(report: dict[str, Any]) -> str:
    variant = miniature_generator.VARIANTS[report["variant"]]
    setting = variant.miniature or "none: its rows are made from the scene"
    return f"| {report['variant']} | {setting} | {variant.family} | {variant.reads} |"


def _trained(report: dict[str, Any]) -> str:
    name = report["variant"]
    shipped = "yes" if name in SHIPPED else "no: made by the command"
    return f"| {name} | {shipped} | {report['bytes'] / 1e6:.2f} MB | {report['seconds']:.0f} s |"


def _recipe(settings: dict[str, Any]) -> str:
    return (
        f"Rectified flow as the host's SD3 samples it. {settings['depth']} blocks, "
        f"{64 * settings['depth']} wide, patches of 2 x 2. Batches of {settings['batch']}; "
        f"{settings['single']} steps with one thing, {settings['short']} with two and "
        f"{settings['rows']} rows of each encoder, {settings['full']} with all 77. Muon for the\n"
        f"matrices of the blocks, AdamW for all else, rate {settings['rate']}, falling from the "
        f"middle on; {100 * settings['dropped']:.0f} % of the captions empty; weights averaged "
        f"over steps ({settings['average']}); bf16; seed {settings['seed']}."
    )


def _curve(report: dict[str, Any]) -> list[str]:
    lines = report["curve"]
    some = [line for line in lines[:-1] if _is_shown(int(line.split()[1]))]
    return [f"{report['variant']:10}{line}" for line in (*some, lines[-1])]


def _is_shown(step: int) -> bool:
    return step in (100, 200, 300, 500) or step % 1000 == 0
