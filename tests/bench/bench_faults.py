"""The measure of influence against the truth: does it find the words that the pictures do not
show? The table of docs/generator.md.

    python tests/bench/bench_faults.py [--quick] [--variant clip-hard] [--prompts 32] [--seeds 4]
        [--budget default] [--scenes 96] [--steps 10] [--generators FOLDER] [--json FILE]

Prompts are drawn scenes of test bags with words around them that mean nothing. Every colour and
thing is measured by Ignored Words, and drawn: with the prompt as it is, and with the phrase as the
filler that the measure takes. It draws where the exact reader finds it in the one and not in the
other, in at least half of the pictures more. Faults (tests/bench/drawn/faults.py) are put into the
CLIP at one phrase at a time. A fault is found where its phrase is called ignored, or is said to
have lost its rows. Promises: AUC of the share at least 0.95; fillers called ignored in at least
95 %; phrases that a fault silenced found in at least 95 %; neither said of more than 3 % of the
phrases that draw, those aside whose rows a fault took.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from encoderscope.conditioning.binding.measures import auc
from encoderscope.conditioning.generator.influence import IGNORED
from encoderscope.conditioning.reports import strict_json
from encoderscope.conditioning.scenes.read_scene import SceneReading, read
from encoderscope.conditioning.scenes.scene import COLOURS, SHAPES, Scene, scenes
from encoderscope.tests.bench.drawn import arguments, faults
from encoderscope.tests.bench.drawn.figures import percent, print_promises
from encoderscope.tests.bench.drawn.mini_generator import MiniGenerator, digest, noise
from encoderscope.tests.bench.drawn.records import FOLDER

FILLERS = ("a photo of", "in front of a plain wall")
LONG = ", ".join(["very nice and quite good, fine and fair"] * 12)
"""More words than a window holds."""
CLEAN, UNREAD = "no fault", "unread window"
CONDITIONS = (CLEAN, "zeroed", "masked", "swapped", "faint", UNREAD)
DRAWS, SILENT = 0.5, 0.25
"""Presence gained by a phrase: from here on it draws; up to here it does not."""
SCENES = 96
"""Seed of the scenes."""


class Case(NamedTuple):
    """One prompt under one fault."""

    number: int
    condition: str
    scene: Scene
    text: str
    """With marks around everything that is measured."""
    at_fault: int | None
    """Which of the four words of the scene."""


def cases(count: int, seed: int = SCENES) -> Iterator[Case]:
    """Every prompt under every condition; the word at fault goes round."""
    for number, scene in enumerate(scenes(count, "test", seed)):
        for k, condition in enumerate(CONDITIONS):
            at_fault = None if condition in (CLEAN, UNREAD) else (number + k) % 4
            yield Case(number, condition, scene, _text(scene, condition), at_fault)


def words(scene: Scene) -> list[str]:
    """Colour and shape of each thing."""
    return [word for thing in scene.things for word in (thing.colour, thing.shape)]


def _text(scene: Scene, condition: str) -> str:
    a, b = (f"a [{thing.colour}] [{thing.shape}]" for thing in scene.things)
    if condition == UNREAD:
        return f"{a}, {LONG}, {b}"
    return f"[{FILLERS[0]}] {a} and {b} [{FILLERS[1]}]"


def faulty_clip(case: Case, clip: Any) -> Any:
    """The CLIP with the case's fault."""
    from encoderscope.conditioning.generator.phrases import choose
    from encoderscope.host.generator.encodings import PromptEncoder

    if case.condition == CLEAN:
        return clip
    if case.condition == UNREAD:
        return faults.unread_window(clip)
    choice = choose(case.text)
    phrase = scene_phrases(choice.phrases)[case.at_fault or 0]
    slots = PromptEncoder(clip, choice.text).tokens_of(phrase).slots
    put: dict[str, Callable[[Any, Any], Any]] = {
        "zeroed": faults.zeroed,
        "masked": faults.masked,
        "faint": faults.faint,
        "swapped": partial(faults.swapped, word=_another(case, phrase.text)),
    }
    return put[case.condition](clip, slots)


def scene_phrases(phrases: Sequence[Any]) -> list[Any]:
    """Those that are words of the scene, in the order of :func:`words`."""
    return [phrase for phrase in phrases if phrase.text in (*COLOURS, *SHAPES)]


def _another(case: Case, word: str) -> str:
    """A word of the same kind that the prompt does not have."""
    options = COLOURS if word in COLOURS else SHAPES
    return next(each for each in options if each not in words(case.scene))


class Tried(NamedTuple):
    """One phrase of one case."""

    condition: str
    text: str
    faulted: bool
    filler: bool
    share: float
    verdict: str
    presence: tuple[float, float] | None
    """In how many pictures it is: with the prompt, and with filler in its place; None for
    fillers.
    """
    own_verdict: str | None = None
    """Of its own rows alone."""
    still: bool = False
    """Its own rows are the same whatever stands there."""

    @property
    def lost_rows(self) -> bool:
        """It is said to act, if it does, through other words only."""
        return self.verdict != IGNORED and self.still

    @property
    def gained(self) -> float | None:
        """How much more often it is in the picture than with filler in its place."""
        return None if self.presence is None else self.presence[0] - self.presence[1]


def tried(case: Case, generator: MiniGenerator, budget: str, seeds: int) -> list[Tried]:
    """Measure and draw all phrases of a case."""
    from encoderscope.host.reports import generator_reports

    clip = faulty_clip(case, generator.clip)
    options = generator_reports.Options(budget=budget, latent=generator.empty_latent())
    prompt = generator_reports.MeasuredPrompt(generator.model, clip, case.text, options)
    measurement = generator_reports.measure(prompt)
    presence = _presences(case, clip, generator, seeds)
    rows, count = [], 0
    pairs = zip(measurement.choice.phrases, measurement.influence.phrases, strict=True)
    for number, (phrase, influence) in enumerate(pairs):
        of_scene = phrase.text in (*COLOURS, *SHAPES)
        faulted = of_scene and _at_fault(case, count)
        rows.append(
            Tried(
                case.condition,
                phrase.text,
                faulted,
                not of_scene,
                influence.share.value,
                influence.verdict,
                presence[count] if of_scene else None,
                influence.own_verdict,
                number in measurement.still,
            )
        )
        count += of_scene
    return rows


def _at_fault(case: Case, number: int) -> bool:
    return number == case.at_fault or (case.condition == UNREAD and number >= 2)


def _presences(
    case: Case, clip: Any, generator: MiniGenerator, seeds: int
) -> list[tuple[float, float]]:
    """Of each word of the scene: presence with the prompt, and with filler for the word."""
    from encoderscope.conditioning.generator.phrases import choose
    from encoderscope.host.generator.encodings import PromptEncoder

    choice = choose(case.text)
    encoder = PromptEncoder(clip, choice.text)
    conds = [encoder.plain(choice.text)]
    for phrase in scene_phrases(choice.phrases):
        conds.append(encoder.exchanged([encoder.tokens_of(phrase)], 0))
    rows = torch.cat([entry[0][0].expand(seeds, -1, -1) for entry in conds])
    pooled = torch.cat([entry[0][1]["pooled_output"].expand(seeds, -1) for entry in conds])
    noises = torch.cat([noise(case.number, seed) for seed in range(seeds)] * len(conds))
    readings = read(generator.draw((rows, pooled), noises))
    groups = [readings[k * seeds : (k + 1) * seeds] for k in range(len(conds))]
    return [
        (
            _presence(case.scene, number, groups[0]),
            _presence(case.scene, number, groups[number + 1]),
        )
        for number in range(4)
    ]


def _presence(scene: Scene, number: int, readings: Sequence[SceneReading]) -> float:
    """In how many pictures a word of the scene is: a colour or a shape, on whatever thing."""
    thing = scene.things[number // 2]
    name, value = ("colour", thing.colour) if number % 2 == 0 else ("shape", thing.shape)
    present = [any(getattr(each, name) == value for each in of.things) for of in readings]
    return sum(present) / len(present)


def report_of(rows: Sequence[Tried]) -> dict[str, Any]:
    """Counts and the AUC."""
    words_tried = [row for row in rows if row.gained is not None]
    drawing = [row for row in words_tried if (row.gained or 0) >= DRAWS]
    silent = [row for row in words_tried if (row.gained or 0) <= SILENT]
    fillers = [row for row in rows if row.filler]
    report: dict[str, Any] = {
        "phrases": len(words_tried),
        "draw": len(drawing),
        "do not draw": len(silent),
        "fillers": [_ignored(fillers), len(fillers)],
        "false alarms": _alarms(drawing),
        "by condition": {},
        "auc": None,
        "auc at fault": None,
    }
    if drawing and silent:
        report["auc"] = _auc_of(drawing, silent)
    at_fault = [row for row in silent if row.faulted]
    if drawing and at_fault:
        report["auc at fault"] = _auc_of(drawing, at_fault)
    for condition in CONDITIONS:
        of = [row for row in words_tried if row.condition == condition and row.faulted]
        quiet = [row for row in of if row in silent]
        report["by condition"][condition] = {
            "at fault": len(of),
            "silenced": len(quiet),
            "ignored": _ignored(quiet),
            "lost rows": sum(row.lost_rows for row in quiet),
            "lost rows at fault": sum(row.lost_rows for row in of),
        }
    return report


def _alarms(drawing: Sequence[Tried]) -> list[int]:
    """Phrases that draw of which the measure says that they do not or that their rows are lost,
    and phrases that draw. Where a fault took the rows, that is true of them.
    """
    with_rows = [row for row in drawing if not (row.condition == "zeroed" and row.faulted)]
    return [sum(row.verdict == IGNORED or row.lost_rows for row in with_rows), len(with_rows)]


def _auc_of(drawing: Sequence[Tried], silent: Sequence[Tried]) -> float:
    return auc([row.share for row in drawing], [row.share for row in silent])


def _ignored(rows: Sequence[Tried]) -> int:
    return sum(row.verdict == IGNORED for row in rows)


def table(report: Mapping[str, Any]) -> list[str]:
    """Markdown."""
    lines = ["| fault | phrases at fault | rows said to be lost | not drawn then | ignored"]
    lines[0] += " | rows lost | found |"
    lines.append("|---|---|---|---|---|---|---|")
    for condition, of in report["by condition"].items():
        if of["at fault"]:
            share = percent(of["ignored"] + of["lost rows"], of["silenced"])
            lines.append(
                f"| {condition} | {of['at fault']} | {of['lost rows at fault']} | {of['silenced']} "
                f"| {of['ignored']} | {of['lost rows']} | {share} |"
            )
    return [
        *lines,
        "",
        f"- {report['draw']} phrases draw, {report['do not draw']} do not; AUC {report['auc']}",
        f"- AUC where only phrases at fault count as not drawn: {report['auc at fault']}",
        f"- fillers called ignored: {percent(*report['fillers'])}",
        "- phrases that draw, called ignored or without rows: " + percent(*report["false alarms"]),
        f"- silenced phrases found: {percent(*_found(report))}",
    ]


def _found(report: Mapping[str, Any]) -> tuple[int, int]:
    """Silenced phrases that are found, and all of them."""
    rows = report["by condition"].values()
    return sum(of["ignored"] + of["lost rows"] for of in rows), sum(of["silenced"] for of in rows)


def run(options: argparse.Namespace) -> list[Tried]:
    """All cases; what was tried before is taken from its file."""
    sampling, mark = options.sampling, digest(options.weights)
    name = f"{options.variant}-{mark}-{sampling}-{options.seeds}-{options.budget}"
    name += f"-{options.scenes}.jsonl"
    path = FOLDER / "faults" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [[Tried(**row) for row in json.loads(line)["rows"]] for line in lines]
    generator = None
    with path.open("a", encoding="utf-8") as file:
        for case in list(cases(options.prompts, options.scenes))[len(rows) :]:
            generator = generator or MiniGenerator(options.variant, sampling, options.generators)
            rows.append(tried(case, generator, options.budget, options.seeds))
            entry = {"number": case.number, "rows": [row._asdict() for row in rows[-1]]}
            file.write(strict_json.to_json(entry) + "\n")
            file.flush()
    return [row for of_case in rows for row in of_case]


def main() -> int:
    parser = arguments.parser(__doc__, prompts=32, seeds=4)
    parser.add_argument("--budget", default="default")
    parser.add_argument("--scenes", type=int, default=SCENES, help="seed of the scenes")
    options = arguments.settled(parser.parse_args())
    if not options.weights.is_file():
        print("No generator is here: python dev.py train-generator makes them.")
        return 0
    torch.set_num_threads(1)
    with torch.no_grad():
        rows = run(options)
    report = report_of(rows)
    print("\n".join(table(report)))
    if options.json:
        options.json.write_text(
            strict_json.to_json({**report, "rows": [row._asdict() for row in rows]}), "utf-8"
        )
    broken = promises(report)
    return 0 if options.quick else broken


def promises(report: Mapping[str, Any]) -> int:
    """1 where any is broken."""
    detected, silenced = _found(report)
    fillers, alarms = report["fillers"], report["false alarms"]
    return print_promises(
        {
            "AUC at least 0.95": (report["auc"] or 0) >= 0.95,
            "fillers ignored in 95 %": fillers[0] >= 0.95 * fillers[1],
            "silenced phrases found in 95 %": detected >= 0.95 * silenced,
            "at most 3 % false alarms": alarms[0] <= 0.03 * alarms[1],
        }
    )


if __name__ == "__main__":
    sys.exit(main())
