"""Error rates of the binding probe on encoders whose truth is known, and its figures on a real one.

    python dev.py bench                    # or: .venv/bin/python tests/bench/bench_calibration.py
    [--quick]

Reads T2I-CompBench and SugarCrepe++ from ENCODERSCOPE_DATA (default ../shared/data beside the
checkout), all-MiniLM-L6-v2 from the folder that dev.py fetched. The thresholds come from the
built-in suite; none of these prompts is in it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ENCODERSCOPE_DATA") or ROOT.parent / "shared" / "data") / "benchmarks"
COLOUR = DATA / "t2i_compbench" / "color_train.txt"
SUGAR = DATA / "sugarcrepe_pp"


def pack(name: str) -> Any:
    return importlib.import_module(f"encoderscope.{name}")


def contrasts(count: int) -> list[Any]:
    """The first binding contrast of each prompt of T2I-CompBench colour that has one."""
    reading = pack("conditioning.english.reading")
    lines = (
        line.split("\t")[0].strip() for line in COLOUR.read_text(encoding="utf-8").splitlines()
    )
    result = (
        next(
            (contrast for contrast in reading.read(line).contrasts if contrast.kind == "binding"),
            None,
        )
        for line in lines
        if line
    )
    return [item for item in result if item is not None][:count]


def tokenizers() -> dict[str, Any]:
    from transformers import AutoTokenizer

    host = (
        ROOT / ".host" / "ComfyUI" / "comfy"
        if not os.environ.get("COMFYUI_PATH")
        else Path(os.environ["COMFYUI_PATH"]) / "comfy"
    )
    return {
        "clip": AutoTokenizer.from_pretrained(str(host / "sd1_tokenizer")),
        "t5": AutoTokenizer.from_pretrained(str(host / "text_encoders" / "t5_tokenizer")),
    }


def encoders(designs: Sequence[Any], quick: bool) -> dict[str, dict[str, Any]]:
    """Truth -> name -> encoder. Those of ``trained to ignore`` are blind by training, not by
    construction: told apart, not counted.
    """
    controls = pack("conditioning.binding.blind_encoders")
    trained = importlib.import_module("encoderscope.tests.binding.trained")
    known = tokenizers()
    cells = [cell for design in designs for cell in design.cells()]
    wide = (256, 4) if quick else (512, 6)
    clip, t5, both = (
        trained.clip(known["clip"], *wide),
        trained.t5(known["t5"], *((256, 4) if quick else (512, 6))),
        trained.bert(known["clip"], *wide),
    )
    blind = {f"untrained {item.title}": item for item in (clip, t5, both)}
    for name, item in (("CLIP", clip), ("T5", t5)):
        blind |= {
            f"bag of {name} tokens": controls.BagEncoder(item),
            f"bag with places, {name} tokens": controls.PlacedBagEncoder(item, 77),
        }
    words = tuple(
        sorted(
            {
                getattr(pair, part).text
                for design in designs
                for pair in (design.contrast.first, design.contrast.second)
            }
        )
        for part in ("modifier", "object")
    )
    result: dict[str, dict[str, Any]] = {"blind": blind, "aware": {}, "trained to ignore": {}}
    for truth, binds in (("aware", True), ("trained to ignore", False)):
        item = trained.clip(known["clip"])
        loss = trained.train(item, words, binds=binds, steps=60 if quick else 300, batch=64)
        print(
            (
                f"  trained CLIP ({'to bind' if binds else 'to ignore attribute binding'}): "
                f"loss {loss:.3f}"
            ),
            flush=True,
        )
        result[truth][f"CLIP trained {'to bind' if binds else 'on bags'}"] = item
    result["aware"] |= {
        "oracle of pairs, CLIP tokens": controls.BindingOracle(clip, cells),
        "oracle of pairs, T5 tokens": controls.BindingOracle(t5, cells),
    }
    return result


def judged(
    encoder: Any, designs: Sequence[Any]
) -> dict[str, list[tuple[str, float, float, float]]]:
    """Readout -> (verdict, share, textbook's swap cosine, share above the null) of every design,
    each judged alone.
    """
    verdicts = pack("conditioning.binding.verdicts")
    answers_of_designs = pack("conditioning.binding.design_answers")
    textbook, encode = (
        pack("conditioning.binding.cosine_rule"),
        pack("conditioning.encoding.text_encoder").encode,
    )
    plan = pack("conditioning.binding.designs").ProbePlan(tuple(designs), ())
    bands = pack("conditioning.binding.thresholds").Thresholds([encoder], plan)
    cells = [text for design in designs for text in design.texts()]
    oracle = (
        type(encoder).__name__ == "BindingOracle"
    )  # it knows the cells of the designs, and no other sentence
    answers = encode(encoder, cells if oracle else [*cells, textbook.UNRELATED])
    out: dict[str, list[tuple[str, float, float, float]]] = {}
    for k, design in enumerate(designs):
        cosine = 0.0 if oracle else textbook.cosines(design, answers).swap
        for readout, measure in answers_of_designs.measures_of(design, answers).items():
            at = (k, encoder.name, readout)
            verdict = verdicts.decide([verdicts.judge(measure, bands.of(*at), at)])[0]
            out.setdefault(readout, []).append(
                (verdict.verdict, measure.share, cosine, measure.share - verdict.null[1])
            )
    return out


def truth_table(designs: Sequence[Any], quick: bool) -> int:
    auc = pack("conditioning.binding.measures").auc
    shares: dict[tuple[str, str], list[float]] = {}
    above: dict[tuple[str, str], list[float]] = {}
    anywhere = prompts = 0
    swaps: dict[str, list[float]] = {}
    wrong = total = 0
    print(
        f"\n{'truth':18}{'encoder':38}{'readout':17}{'share':>8}{'BOUND':>7}{'ORDER':>7}{'COLL.':>7}{'UNDEC.':>7}"
    )
    for truth, group in encoders(designs, quick).items():
        for name, encoder in group.items():
            every = judged(encoder, designs)
            if truth == "blind":
                anywhere += sum(
                    any(item[0] == "BOUND" for item in row)
                    for row in zip(*every.values(), strict=True)
                )
                prompts += len(designs)
            for readout, result in every.items():
                counts = [
                    sum(item[0] == verdict for item in result)
                    for verdict in ("BOUND", "ORDER ONLY", "COLLAPSED", "UNDECIDED")
                ]
                mean = sum(item[1] for item in result) / len(result)
                print(
                    f"{truth:18}{name:38}{readout:17}{mean:8.4f}"
                    + "".join(f"{count:7}" for count in counts),
                    flush=True,
                )
                general = "one vector" if readout in ("pooled", "mean") else readout
                shares.setdefault((truth, general), []).extend(item[1] for item in result)
                above.setdefault((truth, general), []).extend(item[3] for item in result)
                if general == "one vector":
                    swaps.setdefault(truth, []).extend(1 - item[2] for item in result if item[2])
                if truth == "blind":
                    wrong, total = wrong + counts[0], total + len(result)
    print()
    worst = 1.0
    for readout in ("one vector", "sequence", "cross-attention"):
        raw = auc(shares["aware", readout], shares["blind", readout])
        value = auc(above["aware", readout], above["blind", readout])
        worst = min(worst, value)
        print(
            f"AUC, aware against blind, {readout}: share above the encoder's own null "
            f"{value:.4f}, share alone {raw:.4f}"
        )
    print(
        "AUC of the textbook's 1 - cos(prompt, swap), aware against blind: "
        f"{auc(swaps['aware'], swaps['blind']):.4f}"
    )
    print(
        f"false BOUND on blind encoders: {wrong} of {total} ({100 * wrong / total:.2f} %) readouts"
    )
    print(
        f"prompts with any readout falsely BOUND: {anywhere} of {prompts} "
        f"({100 * anywhere / prompts:.2f} %)"
    )
    return int(wrong > total / 100 or worst < 0.99)


def minilm(designs: Sequence[Any]) -> None:
    folder = pack("tools.packages").minilm_folder()
    if not folder.is_dir():
        print("all-MiniLM-L6-v2 was not fetched (python dev.py test does that): not measured.")
        return
    encoder = pack("conditioning.encoding.transformers_encoder").load(folder)
    answers_of_designs = pack("conditioning.binding.design_answers")
    measures = pack("conditioning.binding.measures")
    import torch

    every = contrasts(1_000_000)
    for label, sample in (("the first", every[:103]), ("every sixth", every[::6][:103])):
        single = [pack("conditioning.binding.designs").design(item, count=1) for item in sample]
        shares = torch.tensor(
            [
                measure["mean"].share
                for measure in answers_of_designs.measure_designs(encoder, single)
            ]
        )
        low, high = measures.interval(shares)
        print(
            f"all-MiniLM-L6-v2, {label} {len(single)} prompts, one frame, mean: share "
            f"{shares.mean():.3f} [{low:.3f}, {high:.3f}]; pilot 0.209 [0.189, 0.232]"
        )
    eight = answers_of_designs.measure_designs(encoder, designs)
    for readout in eight[0]:
        values = torch.tensor([item[readout].share for item in eight])
        low, high = measures.interval(values)
        print(
            f"all-MiniLM-L6-v2, {len(eight)} prompts, 8 frames, {readout}: share "
            f"{values.mean():.4f} [{low:.4f}, {high:.4f}]"
        )
    sugar(encoder)


def sugar(encoder: Any) -> None:
    """SugarCrepe++ by text alone: both correct captions nearer to each other than either is to the
    false one.
    """
    controls = pack("conditioning.binding.blind_encoders")
    print(f"\n{'SugarCrepe++ (text only)':28}{'items':>7}{'MiniLM':>9}{'bag':>9}")
    for file in sorted(SUGAR.glob("*.json")):
        document: Any = json.loads(file.read_text(encoding="utf-8"))
        items = list(document.values() if isinstance(document, dict) else document)
        scores = [
            100 * sum(_right(item, items)) / len(items)
            for item in (encoder, controls.BagEncoder(encoder))
        ]
        print(f"{file.stem:28}{len(items):7}{scores[0]:9.1f}{scores[1]:9.1f}", flush=True)


def _right(encoder: Any, items: Sequence[Any]) -> list[bool]:
    import torch

    encode, mean = (
        pack("conditioning.encoding.text_encoder").encode,
        pack("conditioning.binding.readouts").mean,
    )
    names = ("caption", "caption2", "negative_caption")
    answers = encode(encoder, [item[name] for item in items for name in names])
    out = []
    for item in items:
        a, b, false = (
            torch.nn.functional.normalize(mean(answers[item[name]]).double(), dim=0)
            for name in names
        )
        near = float(a @ b)
        out.append(near > float(a @ false) and near > float(b @ false))
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="few prompts and short trainings: to see that it runs"
    )
    quick = parser.parse_args().quick
    if not COLOUR.is_file():
        print(
            f"No benchmarks under {DATA.parent.name}: set ENCODERSCOPE_DATA. Nothing was measured."
        )
        return 0
    importlib.import_module("bench_tokens").mount()
    start = time.perf_counter()
    designs = [
        pack("conditioning.binding.designs").design(contrast)
        for contrast in contrasts(24 if quick else 300)
    ]
    print(f"{len(designs)} prompts of T2I-CompBench colour, 8 frames")
    failed = truth_table(designs, quick)
    minilm(designs)
    print(f"\n{time.perf_counter() - start:.0f} s")
    return 0 if quick else failed


if __name__ == "__main__":
    raise SystemExit(main())
