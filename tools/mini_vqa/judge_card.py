"""mini-VQA's model card, written from what was trained and measured."""

from __future__ import annotations

import platform
from typing import Any

import torch

from ...conditioning.benchmark.statistics import wilson
from ...conditioning.image_probe.judges.drawn_cases import KINDS
from ...conditioning.image_probe.judges.mini_vqa import mini_judge
from . import judge_figures
from .judge_figures import RightCount

HEAD = """# mini-VQA: a judge that works without a download

A small network that answers questions about pictures, trained by this project on drawn scenes, so that *Image Probe*
and whatever else asks a judge can be tried, and tested, where the truth is known. **It knows drawn scenes only**: six
things (car, house, tree, star, heart, ball), eight colours, three sizes, left, right, above and below, and numbers up to
five. A question with another word, and a picture in another manner (a photograph), it leaves unanswered: *cannot tell*.

Made by `python dev.py train-judge`, which writes this card with `--card`; `python dev.py ship-nulls judges` then
measures when it may speak (`assets/nulls/judges.json`). Licence: Apache-2.0, as the project. No data of others went into it but
what TAESD3 (`assets/generator/`) makes of the project's own drawings.

How it works, and why so: `docs/decisions/0016-mini-vqa.md`.

## Training

{recipe}

{parameters:,} numbers in half precision, {megabytes:.2f} MB. {seconds:.0f} s, of which {processor_seconds:.0f} s of one shared core
({machine}, torch {torch}).

```
{curve}
```

## What it can

Scenes of bags that neither training nor calibration saw (a *bag* is two colours and two shapes, not which is which), {cases}
cases of each kind, half of them true, asked in all wordings and swaps of `judges/questions/`. A case is right where the likelier
side of all wordings together is; per cent.

"""
TAIL = """
*TAESD3*: to its latent and back. *noise*: 0.05; *blurred*: means over 5 x 5 of 128 x 128 pixels; *JPEG*: quality 40. With
{cases} cases 97 % has the 95 % interval {low:.1f} to {high:.1f} (Wilson). *lacks the thing*: pictures without the
thing that is asked for, of which both wordings are answered with *no*.

## Pictures of mini-MMDiT

What mini-MMDiT (variant clip-hard) draws from held-out prompts, asked for what the prompt says. No model is the truth there: the
exact reader of drawn scenes (`conditioning/scenes/`) is, in pictures of which it could read every thing. Colour and size
prompts ask for presence and attributes, relation prompts for presence and places, mostly.

| prompts | same answer | |
|---|---|---|
"""


def write(record: dict[str, Any]) -> None:
    """Measure, and write the card."""
    judge = mini_judge.load(mini_judge.FILE)
    rows = [_row(judge, name, spoil) for name, spoil in judge_figures.spoils().items()]
    measured = judge_figures.table(rows, (*KINDS, "lacks the thing"))
    print("\n".join(measured), flush=True)
    cases = 2 * judge_figures.CASES
    low, high = wilson(round(0.97 * cases), cases)
    head = HEAD.format(
        recipe=_recipe(record["recipe"]),
        parameters=record["parameters"],
        megabytes=record["bytes"] / 1e6,
        seconds=record["seconds"],
        processor_seconds=record["processor_seconds"],
        machine=platform.machine(),
        torch=torch.__version__,
        curve="\n".join(_some(record["curve"])),
        cases=cases,
    )
    tail = TAIL.format(cases=cases, low=100 * low, high=100 * high)
    drawn = [
        _drawn(kind, judge_figures.of_generator(judge, "clip-hard", kind))
        for kind in ("colour", "size", "relation")
    ]
    print("\n".join(drawn), flush=True)
    text = "\n".join([head.rstrip(), "", *measured, tail.rstrip(), *drawn, ""])
    (mini_judge.FILE.parent / "README.md").write_text(text, encoding="utf-8")


def _row(
    judge: mini_judge.MiniVqaJudge, name: str, spoil: judge_figures.Spoil
) -> tuple[str, list[RightCount]]:
    scores = [judge_figures.held_out(judge, kind, spoil) for kind in KINDS]
    return name, [*scores, judge_figures.denied(judge, spoil)]


def _drawn(kind: str, score: RightCount) -> str:
    low, high = wilson(score.right, score.total)
    share = f"{100 * score.right / score.total:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
    return f"| {kind} | {share} | {score.right} of {score.total} questions |"


def _recipe(recipe: dict[str, Any]) -> str:
    return (
        f"{recipe['steps']} steps of {recipe['batch']} pictures with {recipe['questions']} "
        "questions each, drawn anew for every step: one to five things or none, at 64 to 224\n"
        "pixels, some through JPEG, blurred, noisy, askew, darker or brighter; "
        f"{recipe['of_them']} of each batch from {recipe['through']} that went through TAESD3. The "
        "loss is that of the answers,\nand for every cell of the grid that of the thing whose "
        f"middle lies there. AdamW, rate {recipe['rate']}, falling from a third on; weights "
        f"averaged over steps\n({recipe['average']}); bf16; seed {recipe['seed']}."
    )


def _some(curve: list[str]) -> list[str]:
    """The first lines, then every fifth."""
    steps = [line for line in curve if line.startswith("step")]
    return [*steps[:4], *steps[4::5]]
