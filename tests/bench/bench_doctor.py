"""The proof of the Prompt Doctor: faults are put in on purpose, and it is asked where.

    python tests/bench/bench_doctor.py [--quick] [--part test] [--seed 1] [--cases 30]
        [--healthy 100] [--generators FOLDER] [--folder FOLDER] [--eyes reader]
        [--faults A,B] [--bf16] [--wrong] [--publish] [--cases-only]

Ten faults at four stations, in the miniatures and their generator: a tokenizer that cuts off, a
second window, foreign grammar, a missing embedding; rows of zeros, an encoder that binds nothing
in another's place, T5 dropped; guidance 1, a word that the generator does not see; and a picture
with the colours exchanged. What is put in: ``tests/bench/doctor/``.

The rule, stated beforehand. The truth is the station at which the fault was put, and that the
picture lost something by it: the exact reader does not find both things as asked for, and finds
them in the *twin*, the same prompt, noise and generator without the fault. A picture that is right
in spite of its fault has lost nothing: of each fault the first few such are cases of their own, in
which the Doctor may name the fault's station as a certain fact, and no other. Pictures that cannot
be read, and prompts whose twin lost something, too, are no cases. Cases are the first candidates of
a seed that fit, so nothing is chosen by what the Doctor says. Floors are tuned on bags of the
calibration part (``--part tuning``); the figures are of bags of the test part.

Who looks at the pictures (``--eyes``, several with commas): *reader*, the exact reader, which made
the truth, too; *mini-VQA*, the judge that comes with the pack; *mini-CLIP-hard*, a scorer; or
*nobody*.

Promises: the station right in at least 90 % of what was lost; confident and wrong (another station,
or a clean bill) in at most 3 %; healthy prompts called ill in at most 3 %. ``--publish`` writes the
tables into docs/doctor.md. The generators *clip* and *clip-t5* do not come with the pack
(``python dev.py train-generator clip clip-t5``); without them fewer cases are there, and that is
said. ``--bf16``: faster on some processors, twenty times slower on others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from encoderscope.conditioning.doctor.diagnose import diagnose
from encoderscope.conditioning.doctor.diagnosis import LOST, Diagnosis
from encoderscope.tests.bench.doctor import doctor_scores, ill_prompts, picture_reports, ward
from encoderscope.tests.bench.doctor.doctor_scores import Answer
from encoderscope.tests.bench.drawn.figures import print_promises
from encoderscope.tests.bench.drawn.records import FOLDER
from encoderscope.tools.places import ROOT

PAGE = ROOT / "docs" / "doctor.md"
Case = dict[str, Any]


def faults_of(options: argparse.Namespace) -> Iterator[str]:
    """Those of which a generator is there."""
    wanted = options.faults.split(",") if options.faults else None
    for fault in wanted or [ill_prompts.HEALTHY, *ill_prompts.STATION]:
        variants = ill_prompts.VARIANTS[fault]
        missing = [variant for variant in variants if not options.ward.has(variant)]
        if missing:
            print(f"{fault}: there is no generator {', '.join(missing)}")
        if len(missing) < len(variants):
            yield fault


def cases_of(fault: str, options: argparse.Namespace) -> list[Case]:
    """From its file, else drawn and measured."""
    parts = [options.part, options.seed, options.cases, *fault.split()]
    path = options.folder / ("-".join(map(str, parts)) + ".bf16" * options.bf16 + ".jsonl")
    if not path.exists():
        count = options.healthy if fault == ill_prompts.HEALTHY else options.cases
        quota = ward.Quota(count, options.harmless)
        with torch.no_grad():
            ward.fill(path, options.ward.cases(fault, options.part, quota, options.seed))
    return ward.saved_cases(path)


def diagnosed(cases: Sequence[Case], images: Sequence[Any]) -> list[Diagnosis]:
    """What the Doctor says."""
    return [
        diagnose(case["text"], **case["reports"], image=image, guidance=case["guidance"])
        for case, image in zip(cases, images, strict=True)
    ]


def run(options: argparse.Namespace, eyes: str) -> list[Answer]:
    """All cases of all faults. ``eyes``: who looks at the pictures."""
    answers = []
    for fault in faults_of(options):
        cases = cases_of(fault, options)
        if options.cases_only:
            continue
        file = picture_reports.reports_file(options.folder, eyes, options.part, options.seed)
        with torch.no_grad():
            images = picture_reports.with_pictures(cases, eyes, file, options.folder)
        for case, diagnosis in zip(cases, diagnosed(cases, images), strict=True):
            answers.append(doctor_scores.answer_of(case, diagnosis))
            if options.wrong and answers[-1].outcome != doctor_scores.RIGHT:
                print("\n".join(described(case, diagnosis, answers[-1])))
    return answers


def described(case: Mapping[str, Any], diagnosis: Diagnosis, answer: Answer) -> list[str]:
    """A case that is not right, for whoever mends it."""
    lines = [f"{case['key']}: {answer.truth} -> {answer.outcome} {answer.named}: {case['text']}"]
    for phrase in diagnosis.phrases:
        states = " | ".join(
            f"{check.state}{' (suspect)' if check.suspect else ''}" for check in phrase.checks
        )
        where = phrase.station if phrase.outcome == LOST else phrase.outcome
        lines.append(f"    {phrase.phrase.text}: {where}, {phrase.certainty}; {states}")
    return lines


def published(page: str, eyes: str, lines: Sequence[str]) -> str:
    """The page with the tables between the marks of whoever looked at the pictures."""
    begin, end = (f"<!-- bench_doctor {eyes}: {edge} -->" for edge in ("begin", "end"))
    before, is_there, rest = page.partition(begin)
    _, is_closed, after = rest.partition(end)
    if not (is_there and is_closed):
        raise SystemExit(f"{PAGE.name} has no place for {eyes}: {begin} and {end} were expected.")
    return f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one case each: to see that it runs")
    parser.add_argument("--part", default="test", choices=ill_prompts.PARTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", default="")
    parser.add_argument("--cases", type=int, default=30)
    parser.add_argument("--healthy", type=int, default=100)
    parser.add_argument("--harmless", type=int, default=ward.HARMLESS)
    parser.add_argument("--eyes", default=picture_reports.READER)
    parser.add_argument("--generators", type=Path)
    parser.add_argument("--folder", type=Path, default=FOLDER / "doctor")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="print every case that is not right")
    parser.add_argument("--publish", action="store_true")
    parser.add_argument("--cases-only", action="store_true")
    options = parser.parse_args()
    if options.quick:
        vars(options).update(cases=1, healthy=1, harmless=0)
    torch.set_num_threads(1)
    options.ward = ward.Ward(options.generators, bf16=options.bf16)
    by_eyes = {eyes: run(options, eyes) for eyes in options.eyes.split(",")}
    if options.cases_only:
        return 0
    page = PAGE.read_text(encoding="utf-8")
    for eyes, answers in by_eyes.items():
        lines = [f"**{picture_reports.TITLES[eyes]}**", "", *doctor_scores.tables(answers)]
        print("\n".join([*lines, ""]))
        if options.publish:
            page = published(page, eyes, lines)
    if options.publish:
        PAGE.write_text(page, "utf-8")
    first, *_ = by_eyes.values()
    broken = print_promises(doctor_scores.figures(first).promises)
    return 0 if options.quick else broken


if __name__ == "__main__":
    sys.exit(main())
