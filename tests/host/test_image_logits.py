"""The image probe's logits against transformers' own, end to end: three layers of CLIP ViT-B/32,
SigLIP and SigLIP 2, with random weights.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.image_probe import calibration
from encoderscope.conditioning.image_probe import probe_images as image_probe_probe
from encoderscope.conditioning.image_text import loading as image_text_loading
from encoderscope.tests.image_text import kit

pytestmark = pytest.mark.host  # CLIP's real tokenizer is the host's
PROMPT = "a red car and a blue house"


class NoThresholds:
    """Nulls of random weights would take a minute and say nothing here."""

    def __init__(self, *_: Any) -> None: ...

    def of(self, *_: Any) -> tuple[float, float]:
        return 0.0, 0.0


def clip_b32(folder: Path, host_folder: Path) -> Any:
    import transformers

    torch.manual_seed(0)
    result = transformers.CLIPModel(
        transformers.CLIPConfig(
            text_config={"eos_token_id": 49407, "num_hidden_layers": 3},
            vision_config={"num_hidden_layers": 3},
        )
    ).eval()
    result.save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(
        str(host_folder / "comfy" / "sd1_tokenizer")
    ).save_pretrained(folder)
    return result


@pytest.mark.parametrize("kind", ["clip B/32", "siglip", "siglip2"])
def test_logits_are_those_of_transformers(
    kind: str, host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers

    monkeypatch.setattr(calibration, "SCENES", 4)
    monkeypatch.setattr(image_probe_probe, "Thresholds", NoThresholds)
    folder = tmp_path / "model"
    model = (
        clip_b32(folder, host_folder)
        if kind == "clip B/32"
        else kit.save(folder, kind, positions=128)
    )
    pictures = [
        torch.rand(30 + 40 * k, 200 - 30 * k, 3, generator=torch.Generator().manual_seed(k))
        for k in range(3)
    ]
    encoder = image_text_loading.load(folder)
    probe_result = image_probe_probe.probe_images(
        pictures, PROMPT, encoder, image_probe_probe.ImageProbeOptions(cache=tmp_path / "cache")
    )
    texts = [caption for _, caption in probe_result.captions]
    processor = transformers.CLIPImageProcessor() if kind == "clip B/32" else kit.processor(kind)
    vocabulary = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    ids = vocabulary(
        texts, padding="max_length", max_length=encoder.text_limit, return_tensors="pt"
    )["input_ids"]
    for item, picture in zip(probe_result.pictures, pictures, strict=True):
        pixels = dict(processor(kit.as_uint8(picture[None]), return_tensors="pt"))
        with torch.no_grad():
            expected = model(input_ids=ids, **pixels).logits_per_image[0]
        torch.testing.assert_close(item.logits.float(), expected, atol=1e-4, rtol=0)
        assert item.logits.std() > 1e-2, "the test would pass on constants"
    backwards = image_probe_probe.probe_images(
        pictures[::-1],
        PROMPT,
        encoder,
        image_probe_probe.ImageProbeOptions(cache=tmp_path / "cache"),
    )
    for item, other in zip(probe_result.pictures, backwards.pictures[::-1], strict=True):
        torch.testing.assert_close(item.logits, other.logits, atol=1e-5, rtol=0)
