"""CLIPs as other packs leave them: patched, with exchanged methods, or inside objects of their own.

Each stand-in does what a real pack does: prompt-control (asagi4), ADV_CLIP_emb (BlenderNeko) and
smZNodes (shiimizu) were run themselves, see docs/reliability.md. Nothing is said of such a CLIP
that its own encoding does not hold: tokens and numbers are those of the CLIP as it is wrapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("one_thread")]
TEXT = "a (red:1.3) circle and a blue square"


@pytest.fixture(scope="module")
def plain(host_folder: Path) -> Any:
    from encoderscope.host import miniatures

    return miniatures.clip("mini-CLIP-hard", "sdxl")


class Wrapper:
    """Hands on all that it lacks, without looking whether it has anything yet."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Engine:
    """Another object whose method takes an encoder's place."""

    def __init__(self, encoder: Any) -> None:
        self.original = encoder.encode_token_weights

    def encode_token_weights(self, tokens: Any) -> Any:
        sequence, *rest = self.original(tokens)
        return (sequence * 1.25, *rest)


def with_object_patch(clip: Any) -> Any:
    """As prompt-control hooks the weighting of each encoder of a clone."""
    clone = clip.clone()
    for name in ("clip_l", "clip_g"):
        original = clone.patcher.get_model_object(f"{name}.encode_token_weights")

        def encode(tokens: Any, original: Any = original) -> Any:
            sequence, *rest = original(tokens)
            return (sequence * 1.5, *rest)

        clone.patcher.add_object_patch(f"{name}.encode_token_weights", encode)
    return clone


def with_engine(clip: Any) -> Any:
    """As smZNodes puts an engine's method into the place of an encoder's."""
    encoder = clip.cond_stage_model.clip_l
    encoder.encode_token_weights = Engine(encoder).encode_token_weights
    return clip


def _louder(tokenizer: Any, text: str, *args: Any, **kwargs: Any) -> Any:
    """The usual tokens with other weights."""
    windows = type(tokenizer).tokenize_with_weights(tokenizer, text, *args, **kwargs)
    return [[(slot[0], slot[1] * 1.25, *slot[2:]) for slot in window] for window in windows]


def with_tokenizers(replace: Callable[[Any], Any], clip: Any) -> Any:
    """As smZNodes exchanges the method of each stream's tokenizer."""
    for name in ("clip_l", "clip_g"):
        tokenizer = getattr(clip.tokenizer, name)
        tokenizer.tokenize_with_weights = replace(tokenizer)
    return clip


def with_wrapped_tokenizer(clip: Any) -> Any:
    clone = clip.clone()
    clone.tokenizer = Wrapper(clip.tokenizer)
    return clone


def _partial(tokenizer: Any) -> Any:
    return partial(_louder, tokenizer)


def _louder_by_name(holder: Any, text: str, *args: Any, **kwargs: Any) -> Any:
    return _louder(holder["the tokenizer"], text, *args, **kwargs)


def _closure(tokenizer: Any) -> Any:
    return partial(_louder_by_name, {"the tokenizer": tokenizer})


WRAPPED: dict[str, Callable[[Any], Any]] = {
    "plain": lambda clip: clip,
    "object patch": with_object_patch,
    "engine": with_engine,
    "partial tokenizers": partial(with_tokenizers, _partial),
    "closures for tokenizers": partial(with_tokenizers, _closure),
    "wrapped tokenizer": with_wrapped_tokenizer,
    "wrapped CLIP": Wrapper,
    "wrapped twice": lambda clip: Wrapper(Wrapper(clip)),
}


@pytest.fixture(params=WRAPPED)
def wrapped(request: pytest.FixtureRequest, plain: Any) -> Iterator[tuple[str, Any]]:
    before = encode(plain)
    owners = (plain.cond_stage_model, plain.tokenizer)
    parts = [vars(getattr(owner, name)) for owner in owners for name in ("clip_l", "clip_g")]
    fields = [dict(part) for part in parts]
    yield request.param, WRAPPED[request.param](plain)
    plain.patcher.detach()
    for part, earlier in zip(parts, fields, strict=True):
        part.clear()
        part.update(earlier)
    assert same(encode(plain), before), "the CLIP itself is as it was"


def encode(clip: Any) -> Any:
    return clip.encode_from_tokens_scheduled(clip.tokenize(TEXT))


def same(first: Any, second: Any) -> bool:
    [[a, more_a]], [[b, more_b]] = first, second
    return torch.equal(a, b) and torch.equal(more_a["pooled_output"], more_b["pooled_output"])


def test_the_box_is_opened_on_what_the_wrapped_clip_encodes(wrapped: tuple[str, Any]) -> None:
    from encoderscope.host import encoder_outputs

    _, clip = wrapped
    expected = encode(clip)
    clip.patcher.detach()  # as when the host has unloaded it
    encoded = encoder_outputs.encode(clip, TEXT)
    assert same(encoded.conditioning, expected)
    streams = encoded.states.steps[0].streams
    rows = torch.cat([streams["l"].sequence, streams["g"].sequence], dim=-1)
    assert torch.equal(rows, expected[0][0])


def test_what_another_pack_deletes_is_not_ours(plain: Any) -> None:
    """smZNodes deletes the attributes that it has set: what stands in the class comes back."""
    before = encode(plain)
    for name in ("clip_l", "clip_g"):
        encoder = getattr(plain.cond_stage_model, name)
        encoder.encode_token_weights = Engine(encoder).encode_token_weights
        del encoder.encode_token_weights
    assert same(encode(plain), before)


def test_the_token_map_shows_the_tokens_of_the_wrapped_clip(wrapped: tuple[str, Any]) -> None:
    """And where they cannot be heard, no word is said to be lost or seen."""
    from encoderscope.host import recorder
    from encoderscope.host.reports import token_reports

    name, clip = wrapped
    expected = clip.tokenize(TEXT)
    streams = recorder.record(clip, TEXT).streams
    assert {stream.name for stream in streams} == {"l", "g"}
    for stream in streams:
        recorded, windows = (
            [[tuple(slot[:2]) for slot in window] for window in fed]
            for fed in (stream.windows, expected[stream.name])
        )
        assert recorded == windows
    report = token_reports.report(clip, TEXT, None)
    words = {word["text"]: word for word in report["words"]}
    fates = {tuple(words[word]["fates"][stream]) for word in ("circle", "blue") for stream in "lg"}
    assert fates == {("unaligned" if name == "closures for tokenizers" else "seen",)}


def test_the_fast_encoder_gives_the_numbers_of_the_wrapped_clip(wrapped: tuple[str, Any]) -> None:
    from encoderscope.host.acceleration import patches

    _, clip = wrapped
    [[expected, _]], [[fast, _]] = encode(clip), encode(patches.accelerate(clip, "exact").clip)
    assert (fast - expected).abs().max() <= 1e-4 * expected.abs().max()


@pytest.mark.parametrize("wrapped", ["object patch", "wrapped twice"], indirect=True)
def test_the_probe_takes_the_wrapped_clip(wrapped: tuple[str, Any]) -> None:
    from encoderscope.host.reports import probe_reports

    _, clip = wrapped
    report = probe_reports.report(clip, "a red circle and a blue square")
    assert report["contrasts"] and report["bound"] is not None
