"""What was loaded, in ten languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("torch")

from encoderscope.conditioning import translation
from encoderscope.conditioning.translation import in_language
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.loading.test_files import tiny_clip, tiny_t5

pytestmark = pytest.mark.host
OTHER_LETTERS = ("ja", "ko", "ru", "zh", "zh-TW")
ENGLISH = re.compile(
    r"\b(alone|and|as|are|file|for|has|is|it|its|layers?|mask|not|of|own|read|that|the|wide)\b"
)


def test_a_report_is_in_the_language(folder: Path) -> None:
    from encoderscope.host.loading import loaded_report, loader

    tensors = making.openai_layout(tiny_clip())
    making.write(
        folder / "x.safetensors", {**tensors, "attn_mask": tensors["ln_final.bias"].clone()}
    )
    making.write(folder / "y.safetensors", tiny_t5())
    for name in ("x.safetensors", "y.safetensors"):
        clip = loader.load([name], "auto", "as stored", "auto")
        english = loaded_report.report(clip, "as stored")
        for language in translation.languages()[1:]:
            with in_language(language):
                report = loaded_report.report(clip, "as stored")
            text = loaded_report.as_text(report)
            assert (report["language"], english["language"]) == (language, "en")
            assert report["display"]["sentence"] != english["display"]["sentence"]
            assert text != loaded_report.as_text(english)
            unused, same = (each["encoders"][0]["unused"] for each in (report, english))
            assert unused.keys() == same.keys()
            if language in OTHER_LETTERS:
                assert not [line for line in text.splitlines() if ENGLISH.search(line)]
