"""Influence against truth, on the generator whose truth is known: does a phrase that is used draw
what it names, and is one that is called ignored not missed in the picture?

    python dev.py bench                    # or: tests/bench/bench_influence.py [--quick]
        [--prompts 60] [--budget default] [--guidance 1] [--out FILE]

Held-out scenes, two in three asked for by colour and one by place; each phrase is kept and
exchanged, drawn with the same seeds, and read from the pixels. Beside the words that name
something: words without meaning, words that the encoder never saw, and two injected faults (a
phrase that is cut off, and one whose effect on the conditioning is a twentieth). ``--out`` keeps
every figure as JSON. Promises: AUC at least 0.95; words without meaning and faults called ignored
in at least 95 %; words that draw not called ignored in more than 3 %.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from encoderscope.tests.bench.drawn.mini_generator import MiniGenerator, Sampling, weights_file
from encoderscope.tests.bench.drawn.taesd3 import FILE as PICTURES
from encoderscope.tools.generator.variant_encoders import CLIP_HARD

SAMPLING = Sampling(steps=12, guidance=3.0)
SEEDS = 2
FAINT = 0.05
DRAWS, PLACE = "colour or shape", "place"
EMPTY, UNSEEN = "without meaning", "never seen"
CUT, FAINT_NAME = "fault: cut off", "fault: faint"
_EMPTY_WORDS = ("a", "and", "the", "with", "of", "in")
_UNSEEN_TEXT = ", highly detailed"


@dataclass(frozen=True)
class Word:
    """A phrase and what it is: a colour, a shape, or a kind of word that names nothing."""

    phrase: Any
    kind: str
    names: str = ""
    shapes: tuple[str, str] = ("", "")
    """Of a place: what stands there, and what it is seen from."""


def words_of(text: str) -> list[Word]:
    """Colours and shapes, the place, two words without meaning, and one that was never seen."""
    from encoderscope.conditioning.generator.phrases import MARKED, PromptPhrase
    from encoderscope.conditioning.scenes.scene import COLOURS, SHAPES

    places = "to the left of|to the right of|above|below"
    shapes = [word for word in re.findall(r"\w+", text) if word in SHAPES]
    words, empty = [], []
    for match in re.finditer(rf"{places}|\w+", text):
        phrase = PromptPhrase(match[0], *match.span(), MARKED)
        if match[0] in (*COLOURS, *SHAPES):
            words.append(Word(phrase, DRAWS, match[0]))
        elif re.fullmatch(places, match[0]):
            words.append(Word(phrase, PLACE, match[0], (shapes[0], shapes[1])))
        elif match[0] in _EMPTY_WORDS:
            empty.append(Word(phrase, EMPTY))
        elif match[0] == "detailed":
            words.append(Word(phrase, UNSEEN))
    return [*words, *empty[:2]]


def prompts(count: int, part: str, seed: int) -> list[str]:
    """Captions of scenes of one part of the split."""
    from encoderscope.conditioning.scenes.captions import caption
    from encoderscope.conditioning.scenes.scene import scenes

    dice = random.Random(seed)
    kinds = ("colour", "colour", "relation")
    return [
        caption(each, dice, kinds[number % 3]).text + _UNSEEN_TEXT
        for number, each in enumerate(scenes(count, part, seed))
    ]


def drawn(generator: MiniGenerator, conds: Sequence[Any], seeds: Sequence[int]) -> list[list[Any]]:
    """The readings of each conditioning's pictures, by seed; all in one batch."""
    import comfy.sample
    from encoderscope.conditioning.scenes.read_scene import read

    latent = generator.empty_latent()["samples"]
    noises = torch.cat([comfy.sample.prepare_noise(latent, seed) for seed in seeds] * len(conds))
    rows = torch.cat([cond[0][0] for cond in conds for _ in seeds])
    pooled = torch.cat([cond[0][1]["pooled_output"] for cond in conds for _ in seeds])
    readings = read(generator.draw((rows, pooled), noises))
    size = len(seeds)
    return [readings[k * size : (k + 1) * size] for k in range(len(conds))]


def shows(reading: Any, word: Word) -> bool:
    """Whether any thing in a picture has this colour or shape, or the two stand so."""
    from encoderscope.conditioning.scenes.scene import relation

    if word.kind != PLACE:
        return any(word.names in (thing.colour, thing.shape) for thing in reading.things)
    by_shape = {thing.shape: thing for thing in reading.things}
    if not {*word.shapes} <= {*by_shape}:
        return False
    first, second = (by_shape[shape] for shape in word.shapes)
    return relation(first, second) == word.names


def truth_of(word: Word, own: Sequence[Any], exchanged: Sequence[Any]) -> float:
    """In which part of the seeds the word draws what it names: there when kept, gone when
    exchanged. Of a word that names nothing: whether anything in the picture is another.
    """
    pairs = list(zip(own, exchanged, strict=True))
    if word.names:
        hits = [shows(a, word) and not shows(b, word) for a, b in pairs]
    else:
        hits = [_things(a) != _things(b) for a, b in pairs]
    return sum(hits) / len(hits)


def _things(reading: Any) -> list[tuple[str, str]]:
    return sorted((str(thing.colour), str(thing.shape)) for thing in reading.things)


def measured(
    generator: MiniGenerator, text: str, budget_name: str, guidance: float, seed: int
) -> list[dict]:
    """Every phrase of a prompt, and two of them once more with a fault: figures and truth."""
    from encoderscope.conditioning.generator import budget
    from encoderscope.host.generator import encodings

    words = words_of(text)
    encoder = encodings.PromptEncoder(generator.clip, text)
    phrases = [word.phrase for word in words]
    encoded = encodings.encode(encoder, phrases)
    fillers = map(budget.other_filler, range(len(phrases)))
    encoded.conds |= encodings.other_fillers(encoder, phrases, fillers)
    conds = encoded.conds
    pictures = drawn(
        generator,
        [conds[budget.BASE], *(conds[budget.phrase(k)] for k in range(len(words)))],
        [seed * 100 + k for k in range(SEEDS)],
    )
    rows = figures_of(generator, encoded, len(words), budget_name, guidance, seed)
    for number, (word, row) in enumerate(zip(words, rows, strict=True)):
        row |= {
            "text": text,
            "word": word.phrase.text,
            "kind": word.kind,
            "truth": truth_of(word, pictures[0], pictures[number + 1]),
        }
    return [*rows, *with_faults(generator, encoded, words, text, (budget_name, guidance, seed))]


def with_faults(
    generator: MiniGenerator,
    encoded: Any,
    words: Sequence[Word],
    text: str,
    how: tuple[str, float, int],
) -> list[dict[str, Any]]:
    """The first word that names something cut off, and the second one faint; asked once more."""
    from encoderscope.conditioning.generator import budget

    named = [number for number, word in enumerate(words) if word.kind == DRAWS]
    faults = dict(zip(named, ((CUT, 0.0), (FAINT_NAME, FAINT)), strict=False))
    conds = dict(encoded.conds)
    for number, (_, effect) in faults.items():
        for name in (budget.phrase(number), budget.other_filler(number)):
            conds[name] = faint(conds[budget.BASE], conds[name], effect)
    faulty = replace(
        encoded,
        conds=conds,
        reaches=[faults.get(k, ("", 1.0))[1] > 0 for k in range(len(words))],
        rows=encoded.rows - {*faults},
        pooled=encoded.pooled - {*faults},
    )
    rows = figures_of(generator, faulty, len(words), *how)
    return [
        {**rows[k], "text": text, "word": words[k].phrase.text, "kind": kind, "truth": 0.0}
        for k, (kind, _) in faults.items()
    ]


def faint(own: Any, other: Any, effect: float) -> Any:
    """The exchanged conditioning, nearly the prompt's own."""
    mixed = own[0][0] + effect * (other[0][0] - own[0][0])
    pooled, changed = own[0][1]["pooled_output"], other[0][1]["pooled_output"]
    return [[mixed, {**own[0][1], "pooled_output": pooled + effect * (changed - pooled)}]]


def figures_of(
    generator: MiniGenerator, encoded: Any, count: int, budget_name: str, guidance: float, seed: int
) -> list[dict[str, Any]]:
    """The figures of every phrase."""
    from encoderscope.conditioning.generator import budget
    from encoderscope.conditioning.generator.influence import prompt_influence
    from encoderscope.conditioning.progress import no_progress
    from encoderscope.host.generator import eps_contrasts, image_model, latents
    from encoderscope.host.reports import generator_reports

    latent = generator.empty_latent()
    options = generator_reports.Options(
        seed=seed, guidance=guidance, budget=budget_name, latent=latent
    )
    start = latents.start_latent(generator.model, latent)
    task = generator_reports.task_of(encoded, eps_contrasts.AskedContrasts(), options, start)
    plan = budget.plan(task, budget_name)
    conds = dict(encoded.conds)
    if options.guided:
        conds[budget.NEGATIVE] = generator.clip.encode_from_tokens_scheduled(
            generator.clip.tokenize("")
        )
    facts = image_model.facts_of(generator.model)
    run = generator_reports.MeasuringRun(generator.model, conds, plan, facts, start, options)
    points, calls = run.measured(no_progress)
    result = prompt_influence(points, count)
    return [
        {
            "share": phrase.share.value,
            "interval": (phrase.share.low, phrase.share.high),
            "verdict": phrase.verdict,
            "influence": phrase.influence,
            "floor": result.floor.value,
            "floor_high": result.floor.high,
            "calls": calls,
            "energies": [point.phrases.get(number, 0.0) for point in points],
            "whole": [point.all_phrases for point in points],
            "fillers": [value for point in points for value in point.floor.values()],
            "levels": [point.point.level for point in points],
        }
        for number, phrase in enumerate(result.phrases)
    ]


def summary(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """AUC, and verdicts by kind of word and by truth, with 95 % intervals."""
    from encoderscope.conditioning.binding.measures import auc

    draws = [row["share"] for row in rows if row["truth"] > 0.5]
    silent = [row["share"] for row in rows if row["truth"] == 0]
    lines = [f"{len({row['text'] for row in rows})} prompts"]
    if draws and silent:
        lines.append(
            f"AUC of the share, {len(draws)} that draw against {len(silent)} that do not: "
            f"{auc(draws, silent):.4f}; {min(draws):.3f} at least against {max(silent):.3f} at most"
        )
    for kind in dict.fromkeys(row["kind"] for row in rows):
        for name, low, high in (("draw", 0.5, 1.1), ("at times", 0, 0.5), ("do not", -1, 0)):
            some = [row for row in rows if row["kind"] == kind and low < row["truth"] <= high]
            if some:
                lines.append(f"{kind}, {name}: {_verdicts(some)}")
    return lines


def _verdicts(rows: Sequence[Mapping[str, Any]]) -> str:
    from encoderscope.conditioning.benchmark.statistics import wilson

    parts = []
    for verdict in sorted({row["verdict"] for row in rows}):
        count = sum(row["verdict"] == verdict for row in rows)
        low, high = wilson(count, len(rows))
        parts.append(f"{verdict} {count} of {len(rows)} ({100 * low:.0f} to {100 * high:.0f} %)")
    return ", ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one prompt: to see that it runs")
    parser.add_argument("--prompts", type=int, default=60)
    parser.add_argument("--part", default="test")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", default="default")
    parser.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--generator", type=Path, default=weights_file(CLIP_HARD))
    parser.add_argument("--pictures", type=Path, default=PICTURES)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    generator = MiniGenerator(CLIP_HARD, SAMPLING, weights=options.generator, vae=options.pictures)
    rows: list[dict[str, Any]] = []
    count = 1 if options.quick else options.prompts
    for number, text in enumerate(prompts(count, options.part, options.seed)):
        rows += measured(generator, text, options.budget, options.guidance, number)
        if options.out:
            options.out.write_text(json.dumps(rows), encoding="utf-8")
    print("\n".join(summary(rows)))


if __name__ == "__main__":
    main()
