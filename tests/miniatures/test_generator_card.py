"""mini-MMDiT's card: every trained variant with its figures, and what was read once is not drawn
again unless the file changed.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from encoderscope.conditioning import miniature_generator
from encoderscope.conditioning.scenes.captions import KINDS
from encoderscope.tools.generator import generator_card, generator_figures, training

DRAWN = generator_figures.DrawnFigures(
    "bag",
    {kind: Counter(right=generator_figures.PROMPTS - 10, swapped=10) for kind in KINDS},
    dict.fromkeys(KINDS, generator_figures.PROMPTS),
)


def test_the_card_has_every_variant_with_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator_card, "FOLDER", tmp_path)
    reports = [
        {
            "variant": name,
            "settings": vars(training.GeneratorTraining()),
            "curve": [f"step {step:5}  loss {step / 1e4:.4f}" for step in (100, 150, 3850)],
            "parameters": 3_814_720,
            "bytes": 9_874_624,
            "seconds": 1006.4,
        }
        for name in ("bag", "oracle")
    ]
    generator_card.write(reports, [DRAWN, DRAWN._replace(variant="oracle")])
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "| bag | mini-CLIP-bag | sd3 without T5 |" in text
    assert "| oracle | none: its rows are made from the scene |" in text
    assert "| bag | yes | 9.87 MB | 1006 s |" in text
    assert "| oracle | no: made by the command |" in text
    assert "bag       step  3850  loss 0.3850" in text
    assert "step   150" not in text
    assert "Not trained so far: clip-hard, clip, clip-t5." in text
    right = 100 * (generator_figures.PROMPTS - 10) / generator_figures.PROMPTS
    assert text.count(f"| {right:.1f} % [") == 2 * len(KINDS)
    assert "not Stable Diffusion" in text
    assert "MIT" in text
    assert "{" not in text


def test_pictures_of_the_same_file_are_not_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"first")
    monkeypatch.setattr(miniature_generator, "file", lambda _: file)
    drawn = []
    monkeypatch.setattr(generator_figures, "_drawn", lambda variant: drawn.append(variant) or DRAWN)
    assert (
        generator_figures.drawn("bag", tmp_path)
        == generator_figures.drawn("bag", tmp_path)
        == DRAWN
    )
    assert drawn == ["bag"]
    file.write_bytes(b"second")
    generator_figures.drawn("bag", tmp_path)
    assert drawn == ["bag", "bag"]


def test_what_is_called_shipped_can_be_chosen_and_the_rest_is_not_tracked() -> None:
    root = miniature_generator.FOLDER.parents[1]
    ignored = (root / ".gitignore").read_text(encoding="utf-8")
    for name in miniature_generator.VARIANTS:
        path = f"/assets/generator/{miniature_generator.NAME}-{name}.safetensors"
        assert (path in ignored) == (name not in generator_card.SHIPPED)
    assert set(generator_card.SHIPPED) <= set(miniature_generator.choices())
    shipped = [miniature_generator.file(name) for name in generator_card.SHIPPED]
    size = sum(path.stat().st_size for path in [*shipped, miniature_generator.vae_file()])
    assert size <= 25_000_000
