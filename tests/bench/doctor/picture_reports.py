"""The image reports of cases, by one judge or scorer: made once, a line of JSON for each case."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from encoderscope.conditioning.doctor.placed_report import readable
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_probe.judges import ask_judges
from encoderscope.conditioning.image_probe.judges.judge_calibration import calibrated
from encoderscope.conditioning.image_probe.judges.mini_vqa import mini_judge
from encoderscope.conditioning.reports import strict_json
from encoderscope.conditioning.storage import sha256_of
from encoderscope.tests import hostkit
from encoderscope.tests.bench.doctor.seeing_judge import SeeingJudge
from encoderscope.tests.bench.doctor.ward import picture_of

Case = Mapping[str, Any]
READER, SCORER, JUDGE, NOBODY = "reader", "mini-CLIP-hard", "mini-VQA", "nobody"
TITLES = {
    READER: "With the exact reader as the judge, which made the truth, too",
    SCORER: "With mini-CLIP-hard as scorer, which often cannot tell",
    JUDGE: "With mini-VQA as the judge",
    NOBODY: "Without a picture",
}
"""Who looks at the pictures."""


def reports_file(folder: Path, eyes: str, part: str, seed: int) -> Path:
    """Where reports are kept; those of a judge with weights go by its weights."""
    version = f"-{sha256_of(mini_judge.FILE)[:8]}" if eyes == JUDGE else ""
    return folder / f"images-{eyes}{version}-{part}-{seed}.jsonl"


def with_pictures(
    cases: Sequence[Case], eyes: str, file: Path, calibrations: Path
) -> list[dict[str, Any] | None]:
    """The image report of each case; None where nobody looks, or the prompt gives no question."""
    if eyes == NOBODY:
        return [None] * len(cases)
    reports: dict[str, Any] = {}
    if file.exists():
        lines = file.read_text(encoding="utf-8").splitlines()
        reports = {entry["key"]: entry["report"] for entry in map(json.loads, lines)}
    missing = [case for case in cases if case["key"] not in reports]
    if missing:
        look = _look(eyes, calibrations)
        with file.open("a", encoding="utf-8") as out, _remembered_calibrations():
            for case in missing:
                reports[case["key"]] = _report(case, look)
                entry = {"key": case["key"], "report": reports[case["key"]]}
                out.write(strict_json.to_json(entry) + "\n")
    return [reports[case["key"]] for case in cases]


def _once(own: Callable[..., Any]) -> Callable[..., Any]:
    """A calibration by the kind alone; its progress is nobody's."""
    by_kind = cache(own)
    return lambda judge, kind, folder, *_: by_kind(judge, kind, folder)


@contextmanager
def _remembered_calibrations() -> Iterator[None]:
    """The judge is the same for all cases: what it can tell is looked up once."""
    with mock.patch.object(ask_judges, "calibrated", _once(calibrated)):
        yield


def _report(case: Case, look: Callable[[Any, str], Any]) -> Any:
    try:
        return look(picture_of(case), readable(case["text"]))
    except EncoderScopeError as error:
        print(f"{case['key']}: no image report: {error}")
        return None


def _look(eyes: str, calibrations: Path) -> Callable[[Any, str], Any]:
    """``calibrations``: the folder where they are kept."""
    hostkit.import_host(calibrations)
    from encoderscope.host import miniatures
    from encoderscope.host.reports import image_reports

    if eyes in (READER, JUDGE):
        judges = [SeeingJudge() if eyes == READER else mini_judge.load()]
        return lambda images, text: image_reports.report(images, text, None, judges)
    scorer = miniatures.dual(eyes)
    return lambda images, text: image_reports.report(images, text, scorer)
