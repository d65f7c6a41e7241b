"""The nulls that come with the pack: there for each miniature however it is loaded, what a fresh
measurement gives, and of no account for an encoder with other tokens, word vectors or architecture.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning.binding import null_distribution as module
from encoderscope.conditioning.binding.null_distribution import nulls

pytestmark = pytest.mark.host
KINDS = ("binding", "count", "number", "negation", "relation", "role")
TOLERANCE = 1e-3
"""Of a share: another torch or processor rounds otherwise."""


@pytest.fixture(scope="module")
def layouts(host_folder: Path) -> list[tuple[str, Any]]:
    from encoderscope.tools.miniatures import ship_nulls

    return list(ship_nulls.layouts())


def encoder_of(layouts: list[tuple[str, Any]], start: str) -> Any:
    return next(encoder for what, encoder in layouts if what.startswith(start))


def test_every_layout_of_every_miniature_has_nulls_of_every_kind(
    layouts: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_measure_nulls", None)  # it would be called, and fail
    assert len(layouts) == 9
    for what, encoder in layouts:
        for kind in KINDS:
            assert nulls(encoder, kind).kind == kind, what


@pytest.mark.parametrize("start", ["mini-CLIP-hard, 5", "mini-T5, 5"])
def test_they_equal_a_fresh_measurement(
    layouts: list[tuple[str, Any]], start: str, one_thread: None
) -> None:
    encoder = encoder_of(layouts, start)
    shipped = nulls(encoder, "role")
    key, measured = module.measure_for_shipping(encoder, "role")
    assert key == module.portable_key(encoder, "role") and shipped.samples == measured["samples"]
    assert shipped.level == pytest.approx(measured["level"], abs=TOLERANCE)
    assert shipped.uneven == pytest.approx(measured["uneven"], abs=TOLERANCE)


def test_a_changed_encoder_does_not_find_them(layouts: list[tuple[str, Any]]) -> None:
    """A word vector, the architecture or the tokens of one text."""
    encoder = encoder_of(layouts, "mini-CLIP-hard, 5")
    original = module.TokenizedOnce(encoder)
    assert module.portable_key(original, "role") in module._shipped()

    moved = module.TokenizedOnce(encoder)
    moved.static = lambda ids: encoder.static(ids) + 1e-3  # type: ignore[method-assign]
    shallower = module.TokenizedOnce(encoder)
    shallower.architecture = replace(encoder.architecture, layers=2)
    longer = module.TokenizedOnce(encoder)
    longer.tokenize = (
        lambda texts: [  # type: ignore[method-assign]
            replace(text, ids=(0, *text.ids[1:])) for text in encoder.tokenize(texts)
        ]
    )
    for changed in (moved, shallower, longer):
        assert module.portable_key(changed, "role") not in module._shipped()


def test_a_lora_on_word_vectors_is_measured_and_one_on_layers_is_not(host_folder: Path) -> None:
    """Blind encoders are made of tokens, word vectors and architecture: a layer changes none."""
    from encoderscope.host import miniatures, probe_encoder

    def key(name: str) -> str:
        clip = miniatures.clip("mini-CLIP-hard", "sd1").clone()
        weights = clip.patcher.model_state_dict()
        parameter = next(each for each in weights if each.endswith(name))
        patch = torch.full_like(weights[parameter], 0.05)
        assert clip.add_patches({parameter: (patch,)}, 1.0)
        [encoder] = probe_encoder.take_apart(clip).encoders
        return module.portable_key(encoder, "role")

    assert key("token_embedding.weight") not in module._shipped()
    assert key("layers.0.self_attn.q_proj.weight") in module._shipped()


def test_without_the_file_they_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in (None, "", "{", "[1]", "3"):
        if text is not None:
            (tmp_path / "nulls.json").write_text(text, encoding="utf-8")
        monkeypatch.setattr(module, "SHIPPED", tmp_path / "nulls.json")
        module._shipped.cache_clear()
        assert module._shipped() == {}
    module._shipped.cache_clear()
