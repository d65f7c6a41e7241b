"""The shipped files: small enough, described, and as good and as weak as their card says."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from encoderscope.conditioning import miniature
from encoderscope.conditioning.benchmark import drawn_sets, scoring
from encoderscope.conditioning.image_probe.probe_images import (
    SHOWN,
    SWAPPED,
    UNKNOWN,
    ImageProbeOptions,
    probe_images,
)
from encoderscope.conditioning.scenes.drawing import draw
from encoderscope.conditioning.scenes.scene import scenes
from encoderscope.tools.miniatures import figures, train_miniatures, truth

pytestmark = pytest.mark.host  # the tokenizers are the host's


@pytest.fixture(scope="module")
def duals(host_folder: Path) -> dict[str, miniature.DualEncoder]:
    words = train_miniatures.reduced_vocabulary("clip").tokenizer
    return {
        name: miniature.dual(miniature.load(name), words)
        for name in (miniature.CLIP, miniature.CLIP_HARD)
    }


def test_all_files_together_are_small_and_have_a_card() -> None:
    files = [miniature.FOLDER / f"{name}.safetensors" for name in miniature.NAMES]
    assert sum(file.stat().st_size for file in files) <= 10_000_000
    card = (miniature.FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(name in card for name in miniature.NAMES)
    assert "not CLIP and not T5" in card
    assert "Apache-2.0" in card


@pytest.mark.parametrize("name", miniature.NAMES)
def test_every_known_token_has_its_row_and_all_others_share_one(name: str) -> None:
    mini = miniature.load(name)
    table = next(
        weight
        for weight in mini.weights.values()
        if weight.ndim == 2 and len(weight) == miniature.VOCABULARY[mini.kind]
    )
    unknown = sorted(set(range(len(table))) - mini.tokens)
    assert len(torch.unique(table[unknown], dim=0)) == 1
    assert len(torch.unique(table[sorted(mini.tokens)], dim=0)) == len(mini.tokens) < 400
    assert all(bool(torch.isfinite(weight).all()) for weight in mini.weights.values())


def test_the_things_token_of_mini_t5_hard_holds_its_colour(host_folder: Path) -> None:
    mini = miniature.load(miniature.T5_HARD)
    tokenizer = train_miniatures.reduced_vocabulary(mini.kind).tokenizer
    assert truth.truth(miniature.text(mini, tokenizer)).tokens >= 0.95


def test_mini_clip_hard_wins_more_often_on_colours_with_intervals_apart(
    duals: dict[str, miniature.DualEncoder],
) -> None:
    dataset = drawn_sets.drawn("drawn-600")
    won = {}
    for name, encoder in duals.items():
        [run] = scoring.run([scoring.ImagePairScorer(encoder, name)], dataset)
        output = [
            scoring.is_win(fit)
            for fit, pair in zip(run.cosines, dataset.pairs, strict=True)
            if pair.kind == "colour"
        ]
        won[name] = figures.Wins(sum(output), len(output))
    weak, strong = won[miniature.CLIP], won[miniature.CLIP_HARD]
    assert 0.55 < weak.won / weak.pairs < 0.9
    assert weak.interval[1] < strong.interval[0]


@pytest.mark.parametrize(
    ("name", "believed"), [(miniature.CLIP, False), (miniature.CLIP_HARD, True)]
)
def test_the_image_probe_is_right_or_silent(
    duals: dict[str, miniature.DualEncoder],
    name: str,
    believed: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    output = []
    for number, scene in enumerate(scenes(24, "test", 77)):
        asked, expected = (scene, SHOWN) if number % 2 else (scene.swapped(), SWAPPED)
        [picture] = probe_images(
            draw([scene], 128),
            figures.prompt(asked),
            duals[name],
            ImageProbeOptions(cache=folder, limit=1),
        ).pictures
        output.append(
            UNKNOWN
            if picture.shows == UNKNOWN
            else "right"
            if picture.shows == expected
            else "wrong"
        )
    claims = len(output) - output.count(UNKNOWN)
    assert output.count("wrong") <= 0.1 * claims
    assert (claims > len(output) / 2) == believed, output
