"""Prints every report of the pack as JSON, one a line with its name: a process of its own for
``test_determinism.py``.

``python -m encoderscope.tests.host.every_report FOLDER BATCH``: FOLDER is the host's (empty), and a
pass takes ``BATCH`` tokens, pictures or texts at most.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from encoderscope.tests import hostkit

TEXT = "a red car and a blue house"
LINT = "a [red] car::2 {a|b} <lora:x:1>, (blue:1.2) house, BREAK naïve 🦊"


def reports() -> Iterator[tuple[str, Any]]:
    """Name and report, on the miniatures."""
    import torch
    from encoderscope.conditioning import miniature
    from encoderscope.conditioning.reports.conditioning import report as conditioning_report
    from encoderscope.conditioning.reports.encoder_file import report as file_report
    from encoderscope.conditioning.reports.reading import report as reading_report
    from encoderscope.conditioning.reports.states import report as states_report
    from encoderscope.conditioning.reports.strict_json import to_json
    from encoderscope.conditioning.scenes import scene_pair
    from encoderscope.host import encoder_outputs, miniatures
    from encoderscope.host.reports import (
        doctor_reports,
        image_reports,
        probe_reports,
        token_reports,
    )

    clip = miniatures.clip("mini-CLIP-hard", "sdxl")
    yield "tokens", token_reports.report(clip, LINT, None)
    yield "order", token_reports.compare_order(clip, LINT, "", None)
    yield "reading", reading_report.reading_report(TEXT)
    encoded = encoder_outputs.encode(clip, LINT)
    yield "states", states_report.states_report(encoded.states)
    other = encoder_outputs.encode(clip, TEXT).conditioning
    yield "conditioning", conditioning_report.conditioning_report(encoded.conditioning, other)
    yield "probe", probe_reports.report(clip, TEXT)
    yield "encoder_report", probe_reports.compared_card(clip, None, probe_reports.VIEWS[0], "", "")
    path = next(Path(miniature.FOLDER).glob("mini-T5.*"))
    yield "file", file_report.inspect(path)
    image, caption, _ = scene_pair.drawn(("red", "car"), ("blue", "house"), 3, 64)
    pictures = torch.cat([image, 1 - image])
    scorer = image_reports.scorer(miniatures.dual("mini-CLIP-hard"), None, None)
    yield "image", image_reports.report(pictures, caption, scorer)
    yield "benchmark", _benchmark(miniatures.dual("mini-CLIP-hard"))
    yield "quantized", _quantized(path)
    generator = _generator()
    yield "generator", generator
    patient = doctor_reports.DoctorInputs(clip, TEXT, reports=to_json(generator))
    yield "doctor", doctor_reports.report(patient)


def _benchmark(encoder: Any) -> Any:
    from encoderscope.conditioning.reports.benchmark import report as benchmark_report
    from encoderscope.host.reports import benchmark_inputs

    return benchmark_report.benchmark_report(
        *benchmark_inputs.run("drawn-20", "", encoder, None, None)
    )


def _quantized(path: Path) -> Any:
    from encoderscope.conditioning.reports.quantized import report as quantized_report
    from encoderscope.host import quantization

    copy = Path("quantized.safetensors").resolve()  # where this process runs
    copy.unlink(missing_ok=True)
    return quantized_report.report(quantization.run(path, copy, "int8"))


def _generator() -> Any:
    from encoderscope.host import miniatures
    from encoderscope.host.generator import miniature_model
    from encoderscope.host.reports import generator_reports

    clip = miniatures.clip("mini-CLIP-hard", "sd3 without T5")
    options = generator_reports.Options(budget="quick")
    prompt = generator_reports.MeasuredPrompt(
        miniature_model.model("clip-hard"), clip, TEXT, options
    )
    return generator_reports.report(prompt)


def main(folder: str, batch: str) -> None:
    hostkit.import_host(Path(folder))
    from encoderscope.conditioning.binding import untrained_encoders
    from encoderscope.conditioning.encoding import text_encoder
    from encoderscope.conditioning.image_text import dual_encoder
    from encoderscope.conditioning.reports.strict_json import to_json

    if int(batch):
        for module in (text_encoder, untrained_encoders):
            module.TOKENS_AT_ONCE = 16 * int(batch)  # type: ignore[attr-defined]
        dual_encoder.IMAGES_AT_ONCE = dual_encoder.TEXTS_AT_ONCE = int(batch)
    for name, report in reports():
        print(name, to_json(report), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
