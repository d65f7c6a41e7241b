"""How mini-MMDiT is trained: every variant sees the same, an interrupted training ends where an
uninterrupted one does, and what is written is what the host reads.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from encoderscope.conditioning.scenes.scene import COLOURS, scenes
from encoderscope.tools.generator import files, training, variant_encoders

pytestmark = pytest.mark.host  # the trained class is the host's
SHORT = training.GeneratorTraining(
    depth=1, single=2, short=3, full=2, batch=4, rows=5, captions=2, even=0.3
)


def made_up(seed: int) -> training.Lessons:
    """Numbers in place of scenes: six pairs and three single things."""
    dice = torch.Generator().manual_seed(seed)

    def numbers(rows: int) -> training.Shown:
        texts = 2 * 9 + 1
        conditioning = variant_encoders.Conditioning(
            torch.randn(texts, rows, 128, generator=dice).bfloat16(),
            torch.randn(texts, 128, generator=dice).bfloat16(),
        )
        return training.Shown(torch.randn(9, 16, 8, 8, generator=dice), 6, conditioning)

    short, full = numbers(5), numbers(9)
    held_out = training.Held(short.latents, *[short.conditioning.of(torch.arange(9))] * 2)
    return training.Lessons(short, full, held_out)


def train(settings: training.GeneratorTraining, state: Path | None) -> dict[str, torch.Tensor]:
    _, average = training.train(made_up(1), settings, lambda _: None, state)
    return average


def test_two_encoders_see_the_same_scenes_captions_times_and_noise(host_folder: Path) -> None:
    settings = replace(SHORT, batch=64, dropped=0.3)
    first, second = made_up(1), made_up(1)
    other = torch.randn_like(second.short.conditioning.rows)
    second = second._replace(
        short=second.short._replace(conditioning=second.short.conditioning._replace(rows=other))
    )
    for step in range(settings.steps):
        a, b = (training.batch(taught, settings, step) for taught in (first, second))
        for part in ("latents", "times", "noise"):
            assert torch.equal(getattr(a, part), getattr(b, part))
    latents = first.short.latents
    alone = training.batch(first, settings, 0).latents
    assert all(any(torch.equal(each, single) for single in latents[6:]) for each in alone)
    shares = [rows_of_the_empty_prompt(first, settings, step) for step in range(4)]
    assert 0.15 < sum(shares) / len(shares) < 0.45
    assert training.batch(first, settings, settings.steps - 1).conditioning.rows.shape[1] == 9


def rows_of_the_empty_prompt(
    taught: training.Lessons, settings: training.GeneratorTraining, step: int
) -> float:
    rows = training.batch(taught, settings, step).conditioning.rows
    empty = taught.short.conditioning.rows[-1]
    return float((rows == empty).flatten(1).all(1).float().mean())


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(
    host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uninterrupted = train(SHORT, None)
    state = tmp_path / "state.safetensors"
    original = training.batch

    def stopped(
        taught: training.Lessons, settings: training.GeneratorTraining, step: int
    ) -> object:
        if step == 4:
            raise KeyboardInterrupt
        return original(taught, settings, step)

    monkeypatch.setattr(training, "batch", stopped)
    monkeypatch.setattr(training.Run, "averaged", kept_at_every_step(training.Run.averaged))
    with pytest.raises(KeyboardInterrupt):
        train(SHORT, state)
    monkeypatch.setattr(training, "batch", original)
    resumed = train(SHORT, state)
    assert uninterrupted.keys() == resumed.keys()
    assert all(torch.equal(uninterrupted[key], resumed[key]) for key in uninterrupted)
    other = train(replace(SHORT, seed=SHORT.seed + 1), state)  # a state of other settings: afresh
    assert not torch.equal(other["x_embedder.proj.weight"], uninterrupted["x_embedder.proj.weight"])


def kept_at_every_step(averaged: object) -> object:
    def keep(run: training.Run) -> None:
        averaged(run)  # type: ignore[operator]
        run.keep()

    return keep


def test_the_error_is_of_the_velocity_from_latent_to_noise(host_folder: Path) -> None:
    examples = training.batch(made_up(1), SHORT, 3)

    def exact(
        mixed: torch.Tensor, timestep: torch.Tensor, *_: object, **__: object
    ) -> torch.Tensor:
        """The velocity that the host turns back into the latent: x - s v."""
        s = (timestep / 1000)[:, None, None, None]
        return (mixed - examples.latents) / s

    assert training.error(exact, examples).max() < 1e-6


def test_files_hold_the_hosts_columns_and_nothing_else(host_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    weights = train(SHORT, None)
    stored = load_file(files.save_generator("clip", weights, tmp_path))
    assert stored.keys() == weights.keys()
    assert stored["context_embedder.weight"].shape == (64, 4096)
    assert stored["y_embedder.mlp.0.weight"].shape == (64, 2048)
    assert not stored["context_embedder.weight"][:, 128:].any()
    assert torch.equal(
        stored["context_embedder.weight"][:, :128], weights["context_embedder.weight"].half()
    )


def test_captions_name_only_what_is_there() -> None:
    drawn = scenes(40, "train", 5)
    texts = training.captions_of(drawn, 2, 3)
    assert len(texts) == 80
    for k, text in enumerate(texts):
        things = drawn[k // 2].things
        words = set(text.replace(",", " ").split())
        assert {thing.shape for thing in things} <= words
        assert words & set(COLOURS) <= {thing.colour for thing in things}


def test_the_oracle_says_what_is_there_and_the_bag_not_what_belongs_to_what(
    host_folder: Path,
) -> None:
    [scene] = scenes(1, "test", 5)
    oracle = variant_encoders.encoder("oracle")
    own, swap = (oracle([""], [each], 20).rows for each in (scene, scene.swapped()))
    assert own.sum() == 8
    assert not torch.equal(own, swap)
    bag = variant_encoders.encoder("bag")
    texts = ["a red car and a blue house", "a blue car and a red house"]
    own, swap = bag(texts, [None, None], 20).rows.float()
    assert torch.equal(own.sort(dim=0).values, swap.sort(dim=0).values)
    hard = variant_encoders.encoder("clip-hard")(texts, [None, None], 20).rows.float()
    assert not torch.allclose(hard[0].sort(dim=0).values, hard[1].sort(dim=0).values, atol=0.05)
