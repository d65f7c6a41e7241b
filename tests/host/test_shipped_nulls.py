"""The nulls that come with the pack: for each miniature however it is loaded, and of the untrained
encoders of every CLIP and T5; what a fresh measurement gives; and of no account for an encoder with
other tokens, word vectors or architecture.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning import miniature
from encoderscope.conditioning.binding import null_distribution as module
from encoderscope.conditioning.binding.null_distribution import nulls
from encoderscope.conditioning.binding.nulls import saved
from encoderscope.tests.host import clips
from encoderscope.tools.nulls import layouts as of
from encoderscope.tools.nulls import ship

pytestmark = pytest.mark.host
WITHOUT_NULLS = (f"{miniature.T5_HARD}, 256 tokens",)
"""Layouts whose nulls do not come with the pack: they are measured when asked for."""
TOLERANCE = 1e-3
"""Of a share: another torch or processor rounds otherwise."""


@pytest.fixture(scope="module")
def layouts(host_folder: Path) -> list[tuple[str, Any]]:
    return [(layout.subject, layout.encoder) for layout in of.of_miniatures()]


def encoder_of(layouts: list[tuple[str, Any]], start: str) -> Any:
    return next(encoder for label, encoder in layouts if label.startswith(start))


def shipped_key(encoder: Any) -> bool:
    return module.ToShip(encoder, "role").key in saved.read_shipped(saved.MINIATURES)


def test_every_layout_of_every_miniature_has_nulls_of_every_kind(
    layouts: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module._Suite, "measure_all", None)  # it would be called, and fail
    assert {label.split(",")[0] for label, _ in layouts} == set(miniature.NAMES)
    for label, encoder in layouts:
        if label.startswith(WITHOUT_NULLS):
            continue
        for kind in ship.KINDS:
            assert nulls(encoder, kind).kind == kind, label


@pytest.mark.parametrize("start", ["mini-CLIP-hard, 5", "mini-T5, 5", "mini-T5-hard, 5"])
def test_they_equal_a_fresh_measurement(
    layouts: list[tuple[str, Any]], start: str, one_thread: None
) -> None:
    encoder = encoder_of(layouts, start)
    shipped = nulls(encoder, "role")
    measured = module.ToShip(encoder, "role").measure()
    assert shipped.samples == tuple(measured["samples"])
    assert shipped.level == pytest.approx(measured["level"], abs=TOLERANCE)
    assert shipped.uneven == pytest.approx(measured["uneven"], abs=TOLERANCE)


def test_a_changed_encoder_does_not_find_them(layouts: list[tuple[str, Any]]) -> None:
    """A word vector, the architecture or the tokens of one text."""
    encoder = encoder_of(layouts, "mini-CLIP-hard, 5")
    assert shipped_key(encoder)

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
        assert not shipped_key(changed)


def test_a_lora_on_word_vectors_is_measured_and_one_on_layers_is_not(host_folder: Path) -> None:
    """Blind encoders are made of tokens, word vectors and architecture: a layer changes none."""
    from encoderscope.host import miniatures, probe_encoder

    def has_nulls(name: str) -> bool:
        clip = miniatures.clip("mini-CLIP-hard", "sd1").clone()
        weights = clip.patcher.model_state_dict()
        parameter = next(each for each in weights if each.endswith(name))
        patch = torch.full_like(weights[parameter], 0.05)
        assert clip.add_patches({parameter: (patch,)}, 1.0)
        [encoder] = probe_encoder.take_apart(clip).encoders
        return shipped_key(encoder)

    assert not has_nulls("token_embedding.weight")
    assert has_nulls("layers.0.self_attn.q_proj.weight")


def test_without_the_file_they_are_measured(tmp_path: Path) -> None:
    for number, text in enumerate((None, "", "{", "[1]", "3")):
        file = tmp_path / f"{number}.json"
        if text is not None:
            file.write_text(text, encoding="utf-8")
        assert saved.read_shipped(file) == {}


# --- untrained encoders
# --------------------------------------------------------------------------------------------------

READ = ("sd1", "sdxl", "sd2", "sd3", "flux", "pixart")
"""Families whose encoders nearly everybody has."""


def of_tokenizer(family: str, stream: str, padded: bool) -> Any:
    from encoderscope.conditioning.families.table import FAMILIES
    from encoderscope.host import probe_encoder, tokenizers
    from encoderscope.host.clip import stream_rule

    tokens = probe_encoder.TokenCache(tokenizers.tokenizer_only(family))
    rule = stream_rule(FAMILIES[family], stream)
    assert rule is not None
    return of.TokensAlone(tokens, rule, padded)


@pytest.mark.parametrize("family", [name for name in READ if name in clips.ENCODED])
@pytest.mark.parametrize("padded", [False, True])
def test_what_a_tokenizer_alone_says_is_what_the_clip_says(
    family: str, padded: bool, host_folder: Path
) -> None:
    """The same tokens and the same architecture, but for the size of the small test encoders: so
    the key is the same.
    """
    from encoderscope.host import probe_encoder

    texts = ["a red car next to a blue house", "two dogs"]
    for encoder in probe_encoder.take_apart(clips.clip(family), padded).encoders:
        alone = of_tokenizer(family, encoder.name, padded)
        assert alone.tokenize(texts) == encoder.tokenize(texts)
        size = {"width": alone.architecture.width, "layers": alone.architecture.layers}
        assert replace(encoder.architecture, **size) == alone.architecture


@pytest.mark.parametrize("family", READ)
def test_untrained_encoders_come_with_the_pack(family: str, host_folder: Path) -> None:
    """Without padding, which is how the probe reads where nothing else is asked."""
    from encoderscope.conditioning.families.table import FAMILIES

    for rule in FAMILIES[family].streams:
        encoder = of_tokenizer(family, rule.name, padded=False)
        for kind in ship.KINDS:
            key = module.UntrainedToShip(encoder, kind).key
            assert saved.shipped(saved.UNTRAINED, key, kind), (rule.name, kind)


def test_a_first_verdict_measures_bags_alone(
    host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with an encoder whose weights nobody knows: CLIP-L's tokens and depth."""
    encoder = of_tokenizer("sd1", "l", padded=False)
    encoder.static = lambda ids: torch.randn(
        len(ids), 768, generator=torch.Generator().manual_seed(0)
    )
    monkeypatch.setattr(module, "untrained", None)  # it would be called, and fail
    measured = nulls(encoder, "role", tmp_path)
    shipped = saved.shipped(saved.UNTRAINED, module.UntrainedToShip(encoder, "role").key, "role")
    assert shipped is not None
    assert all(measured.level[name] >= share for name, share in shipped.level.items())
    assert [file.name[:6] for file in tmp_path.iterdir()] == ["nulls-"]


@pytest.mark.parametrize(("family", "stream"), [("sd1", "l"), ("pixart", "t5xxl")])
def test_untrained_encoders_equal_a_fresh_measurement(
    family: str, stream: str, host_folder: Path, one_thread: None
) -> None:
    to_ship = module.UntrainedToShip(of_tokenizer(family, stream, padded=False), "role")
    shipped = saved.shipped(saved.UNTRAINED, to_ship.key, "role")
    measured = to_ship.measure()
    assert shipped is not None and shipped.samples == tuple(measured["samples"])
    assert shipped.level == pytest.approx(measured["level"], abs=TOLERANCE)
    assert shipped.uneven == pytest.approx(measured["uneven"], abs=TOLERANCE)
