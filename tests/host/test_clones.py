"""Fast Encoder where the host clones a CLIP onto another model: Set CLIP Hooks with dynamic VRAM,
Select CLIP Device.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoding.repeated_rows import Work
from encoderscope.tests.host.test_fast_encoder import (
    TEXTS,
    clip_of,
    close,
    difference,
    encoded,
    faster,
)

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]
FAMILIES = ("flux", "sd1")


@pytest.fixture(autouse=True)
def bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fast is told from exact on every processor."""
    from encoderscope.conditioning.encoding import processor

    monkeypatch.setattr(processor, "bf16_pays", lambda: True)


def other_model(clip: Any) -> Any:
    """The same encoders with weights of their own, so that it shows which of the two encodes."""
    family = "flux" if hasattr(clip.cond_stage_model, "t5xxl") else "sd1"
    other = clip_of(family)
    for module in other.cond_stage_model.modules():
        if isinstance(module, torch.nn.Linear):
            module.weight.mul_(0.7)
    return other


def moved(clip: Any, other: Any) -> Any:
    """As the host's two ways to another model do: the patcher changes its model, and
    ``cond_stage_model`` stays the old one.
    """
    from comfy.model_patcher import ModelPatcher

    if "model_override" not in inspect.signature(ModelPatcher.clone).parameters:
        pytest.skip("this host clones no CLIP onto another model")
    clone = clip.clone()
    clone.patcher = clone.patcher.clone(model_override=(other.patcher.model, ({}, {}, {}, set())))
    clone.patcher.hook_backup = {}
    return clone


def patched(model: Any) -> set[str]:
    """Modules that do not compute as their class does."""
    return {
        name
        for name, module in model.named_modules()
        if "forward" in vars(module) or type(module).__name__.startswith("Reusing")
    }


def whole(clip: Any) -> Any:
    """What encodes is what the patcher loads."""
    clone = clip.clone()
    clone.cond_stage_model = clone.patcher.model
    return clone


@pytest.mark.parametrize("family", FAMILIES)
def test_patches_do_not_reach_the_old_model(family: str) -> None:
    clip = clip_of(family)
    other = other_model(clip)
    plain, result = encoded(clip, TEXTS[1]), moved(faster(clip, "fast"), other)
    result.load_model()
    assert patched(other.cond_stage_model)
    assert not patched(clip.cond_stage_model)
    after = encoded(clip, TEXTS[1])
    assert all(torch.equal(after[name], plain[name]) for name in plain)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_new_model_encodes_with_its_own_weights(family: str) -> None:
    clip = clip_of(family)
    other = other_model(clip)
    theirs = encoded(other, TEXTS[1])
    assert difference(theirs["cond"], encoded(clip, TEXTS[1])["cond"]) > 1e-3
    conditioning = whole(moved(faster(clip), other))
    close(encoded(conditioning, TEXTS[1]), theirs)
    close(encoded(conditioning.clone(), TEXTS[1]), theirs)


@pytest.mark.parametrize(("first", "second"), [("fast", "exact"), ("exact", "fast")])
def test_the_mode_of_the_last_goes_with_it(first: str, second: str) -> None:
    clip = clip_of("flux")
    other = other_model(clip)
    theirs = encoded(other, TEXTS[1])
    result = difference(
        encoded(whole(moved(faster(faster(clip, first), second), other)), TEXTS[1])["cond"],
        theirs["cond"],
    )
    assert result <= 1e-5 if second == "exact" else 1e-4 < result < 0.03


@pytest.mark.parametrize("family", FAMILIES)
def test_behind_such_a_clone_it_is_the_new_model_that_encodes(family: str) -> None:
    clip = clip_of(family)
    other = other_model(clip)
    accelerated = faster(moved(clip, other))
    assert accelerated.cond_stage_model is accelerated.patcher.model is other.cond_stage_model
    close(encoded(accelerated, TEXTS[1]), encoded(other, TEXTS[1]))
    assert not patched(clip.cond_stage_model)


@pytest.mark.parametrize("move", [lambda clip, other: clip, moved], ids=["as it is", "moved"])
def test_rows_are_kept_until_hooks_change_weights(move: Callable[[Any, Any], Any]) -> None:
    """Hooks leave no mark but the host's copy of the weights that they changed."""
    clip, calls = clip_of("sd1"), list[tuple[str, Work]]()
    conditioning = whole(move(faster(clip, heard=calls), other_model(clip)))
    encoded(conditioning, "a red fox")
    conditioning.load_model = lambda *_: conditioning.patcher  # which would take hooks back
    for hooked in ({}, {"a weight": None}):
        conditioning.patcher.hook_backup |= hooked
        encoded(conditioning, "a red fox")
    conditioning.patcher.hook_backup.clear()
    assert [(work.encoded, work.remembered) for _, work in calls] == [(1, 0), (0, 1), (1, 0)]
