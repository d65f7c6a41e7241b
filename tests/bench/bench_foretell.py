"""Does anything foretell, before a picture is drawn, whether its colours come out right? The table
of docs/generator.md.

    python tests/bench/bench_foretell.py [--quick] [--prompts 126]
        [the arguments of bench_encoder_swap.py]

For the first prompts of bench_encoder_swap.py that name colours: the cosine between prompt and
swap, the binding probe's share at the encoder, the share at eps, the least influence of a colour
word, and the length of the prompt; each against the share of the prompt's pictures with the right
colours. Pictures that are not there yet are drawn. AUC and Spearman's rank correlation, with
bootstrap intervals over bags; for each encoder, and over all of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from encoderscope.conditioning.binding.measures import auc
from encoderscope.conditioning.reports import strict_json
from encoderscope.conditioning.scenes.judge import COLOUR, RIGHT
from encoderscope.tests.bench import bench_encoder_swap as swap
from encoderscope.tests.bench.drawn.mini_generator import MiniGenerator, digest
from encoderscope.tests.bench.drawn.prompts import DrawnPrompt
from encoderscope.tests.bench.drawn.records import FOLDER, judgements
from encoderscope.tools.generator.variant_encoders import ORACLE
from scipy.stats import spearmanr

PREDICTORS = (
    "1 - cosine of the swap, pooled",
    "1 - cosine of the swap, rows",
    "share at the encoder, pooled",
    "share at the encoder, tokens",
    "share at eps",
    "least influence of a colour",
    "words",
)
RESAMPLES = 1000
QUICK_PROMPTS = 4
Row = dict[str, Any]


def predict(generator: MiniGenerator, prompt: DrawnPrompt) -> dict[str, float]:
    """Everything that can be known before drawing."""
    pairs = [generator.encode([text], [None]) for text in (prompt.text, prompt.rival)]
    rows, pooled = (_unlikeness(*parts) for parts in zip(*pairs, strict=True))
    at_encoder = _shares(generator.clip, prompt.text)
    at_eps, influence = _measured(generator, prompt)
    values = (pooled, rows, *at_encoder, at_eps, influence, float(len(prompt.text.split())))
    return dict(zip(PREDICTORS, values, strict=True))


def _unlikeness(first: torch.Tensor, second: torch.Tensor) -> float:
    a, b = first.double().flatten(), second.double().flatten()
    return 1 - float(torch.nn.functional.cosine_similarity(a, b, dim=0))


def _shares(clip: Any, text: str) -> tuple[float, float]:
    """The binding probe's shares of the first contrast: of CLIP's pooled vector, and of the token
    vectors as an unordered set, of T5 where there is one.
    """
    from encoderscope.conditioning.binding.design_answers import measure_designs
    from encoderscope.conditioning.binding.designs import plan
    from encoderscope.conditioning.binding.readouts import CROSS, POOLED
    from encoderscope.conditioning.english.reading import read
    from encoderscope.host import probe_encoder

    designs = plan(read(text)).designs[:1]
    if not designs:
        return 0.0, 0.0
    encoders = {each.name: each for each in probe_encoder.take_apart(clip).encoders}
    [pooled] = measure_designs(encoders["l"], designs)
    [tokens] = measure_designs(encoders.get("t5xxl", encoders["l"]), designs)
    return pooled[POOLED].share, tokens[CROSS].share


def _measured(generator: MiniGenerator, prompt: DrawnPrompt) -> tuple[float, float]:
    """Share of binding at eps, and the least influence of a colour word, by Ignored Words."""
    from encoderscope.conditioning.generator.influence import BindingShare
    from encoderscope.host.generator import eps_contrasts
    from encoderscope.host.reports import generator_reports

    options = generator_reports.Options(
        budget="default", binding=True, latent=generator.empty_latent()
    )  # at "quick" no binding is measured
    measured_prompt = generator_reports.MeasuredPrompt(
        generator.model, generator.clip, prompt.text, options
    )
    with mock.patch.object(eps_contrasts, "_probed", return_value={}):  # no verdict is needed here
        measurement = generator_reports.measure(measured_prompt)
    bindings: Sequence[BindingShare] = measurement.influence.binding
    colours = set(prompt.ask.pairs[COLOUR])
    shares = [
        influence.share.value
        for phrase, influence in zip(
            measurement.choice.phrases, measurement.influence.phrases, strict=True
        )
        if phrase.text in colours
    ]
    return bindings[0].share.value if bindings else 0.0, min(shares, default=0.0)


def rows_of(variant: str, options: Any) -> list[Row]:
    """Predictors and outcome of each prompt; kept in a file while they are made."""
    path = FOLDER / "foretell" / f"{variant}-{digest(swap.weights_of(options, variant))}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows: list[Row] = [json.loads(line) for line in lines]
    listed = swap.prompts_of(COLOUR, options)
    generator = None
    with path.open("a", encoding="utf-8") as file:
        for number in range(len(rows), len(listed)):
            generator = generator or MiniGenerator(variant, options.sampling, options.generators)
            row: Row = {"bag": listed[number].bag, "values": predict(generator, listed[number])}
            file.write(strict_json.to_json(row) + "\n")
            file.flush()
            rows.append(row)
    swap.draw_variant(variant, [COLOUR], options)
    judged = judgements(swap.readings_of(variant, COLOUR, options), listed, range(options.seeds))
    rows = rows[: len(listed)]
    for row, seeds in zip(rows, judged, strict=True):
        row["right"] = sum(each.outcomes[COLOUR] == RIGHT for each in seeds) / len(seeds)
    return rows


def association(rows: Sequence[Row], name: str) -> dict[str, Any] | None:
    """AUC (most pictures right or not) and Spearman, with intervals over bags; None where all
    prompts come out alike or the predictor is the same for all.
    """
    value = _auc_and_rank(rows, name)
    if value is None:
        return None
    by_bag: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_bag.setdefault(tuple(row["bag"]), []).append(row)
    bags = list(by_bag.values())
    dice = torch.Generator().manual_seed(0)
    drawn = []
    for _ in range(RESAMPLES):
        picks = torch.randint(len(bags), (len(bags),), generator=dice).tolist()
        resampled = _auc_and_rank([row for k in picks for row in bags[k]], name)
        if resampled is not None:
            drawn.append(resampled)
    bounds = torch.tensor([0.025, 0.975], dtype=torch.float64)
    low, high = torch.tensor(drawn, dtype=torch.float64).quantile(bounds, dim=0).tolist()
    names = ("auc", "spearman")
    return {key: [value[k], low[k], high[k]] for k, key in enumerate(names)}


def _auc_and_rank(rows: Sequence[Row], name: str) -> tuple[float, float] | None:
    values = [row["values"][name] for row in rows]
    right = [row["right"] > 0.5 for row in rows]
    if len(set(values)) < 2 or len(set(right)) < 2:
        return None
    of_right, of_others = (
        [value for value, is_right in zip(values, right, strict=True) if is_right is asked_for]
        for asked_for in (True, False)
    )
    rank = float(spearmanr(values, [row["right"] for row in rows]).statistic)
    return auc(of_right, of_others), rank


def table(by_variant: Mapping[str, Sequence[Row]], report: Mapping[str, Any]) -> list[str]:
    """Markdown: AUC of every predictor, within each encoder and over all."""
    lines = ["| AUC (Spearman) | " + " | ".join(report) + " |", "|---|" + "---|" * len(report)]
    for name in PREDICTORS:
        cells = [_cell(report[group][name]) for group in report]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    counts = [
        f"{sum(r['right'] > 0.5 for r in rows)} of {len(rows)}" for rows in by_variant.values()
    ]
    return [*lines, f"Prompts right in most pictures: {', '.join(counts)}."]


def _cell(value: Mapping[str, Sequence[float]] | None) -> str:
    if value is None:
        return "tells nothing apart"
    return f"{_interval(value['auc'], '.2f')} ({_interval(value['spearman'], '+.2f')})"


def _interval(value: Sequence[float], form: str) -> str:
    middle, low, high = (format(each, form) for each in value)
    return f"{middle} [{low}, {high}]"


def main() -> int:
    parser = swap.parser()
    parser.add_argument("--prompts", type=int, default=126)
    options = swap.settled(parser.parse_args())
    if options.quick:
        options.prompts = QUICK_PROMPTS
    options.count = options.prompts
    torch.set_num_threads(1)
    variants = [each for each in options.variants if each != ORACLE]
    with torch.no_grad():
        by_variant = {each: rows_of(each, options) for each in variants}
    groups = {**by_variant, "all": [row for rows in by_variant.values() for row in rows]}
    report = {
        group: {name: association(rows, name) for name in PREDICTORS}
        for group, rows in groups.items()
    }
    print("\n".join(table(groups, report)))
    if options.json:
        path: Path = options.json
        path.write_text(strict_json.to_json({"report": report, "rows": by_variant}), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
