"""What the probe computes with: exact on a CPU whatever the CLIP was given, all texts in one pass,
none of their padding.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.encoding.repeated_rows import Work
from encoderscope.tests.host.test_fast_encoder import clip_of

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]
TEXTS = [
    f"a {colour} car next to a {other} house{' by the sea' * count}"
    for count, (colour, other) in enumerate([("red", "blue"), ("blue", "red")] * 3)
]


def asked(clip: Any, padded: bool = False) -> tuple[Any, list[Any], list[Work]]:
    from encoderscope.host import probe_encoder

    probed = probe_encoder.take_apart(clip, padded)
    [t5] = [encoder for encoder in probed.encoders if encoder.kind == "t5"]
    works: list[Work] = []
    t5._prepare()
    t5.module.transformer.listener = works.append
    rows = t5.tokenize(TEXTS)
    return t5, t5.states(rows), works


@pytest.mark.parametrize("family", ["flux", "wan", "pixart_or_chroma"])
def test_texts_of_all_lengths_are_one_pass_without_padding(family: str) -> None:
    t5, states, works = asked(clip_of(family))
    [work] = works
    assert work.encoded == work.rows == len(TEXTS)
    assert work.computed == sum(len(state.sequence) for state in states) < work.tokens
    for text, state in zip(TEXTS, states, strict=True):
        [alone] = t5.states(t5.tokenize([text]))
        torch.testing.assert_close(state.sequence, alone.sequence, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_texts_of_a_clip_that_begin_alike_share_their_beginning(family: str) -> None:
    from encoderscope.host import probe_encoder

    clip, works = clip_of(family), list[Work]()
    texts = [*TEXTS, "a red car next to a <|endoftext|> house", "a red car"]
    for encoder in probe_encoder.take_apart(clip).encoders:
        encoder._prepare()
        encoder.module.transformer.listener = works.append
        rows = encoder.tokenize(texts)
        states = encoder.states(rows)
        assert works[-1].computed < 0.8 * sum(map(len, rows))
        for text, item in zip(texts, states, strict=True):
            [alone] = encoder.states(encoder.tokenize([text]))
            torch.testing.assert_close(item.sequence, alone.sequence, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(item.pooled, alone.pooled, rtol=1e-4, atol=1e-5)


def test_a_tree_that_is_too_large_is_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from encoderscope.conditioning.encoding import prefixes
    from encoderscope.host import probe_encoder

    [encoder] = probe_encoder.take_apart(clip_of("sd1")).encoders
    texts = [
        f"a {colour} car next to a blue house"
        for colour in ("red", "green", "tiny", "large", "old")
    ] * 2 + TEXTS
    whole = encoder.states(encoder.tokenize(texts))
    monkeypatch.setattr(prefixes, "MOST_NODES", 20)
    encoder.module.transformer.memory = type(encoder.module.transformer.memory)()
    for item, other in zip(whole, encoder.states(encoder.tokenize(texts)), strict=True):
        torch.testing.assert_close(item.sequence, other.sequence, rtol=1e-4, atol=1e-5)


def test_a_fast_clip_is_probed_exactly_on_a_cpu() -> None:
    from encoderscope.host.acceleration import patches

    clip = clip_of("pixart_or_chroma")
    _, exact, _ = asked(clip)
    _, probed, _ = asked(patches.accelerate(clip, "fast").clip)
    assert all(
        torch.equal(item.sequence, other.sequence)
        for item, other in zip(exact, probed, strict=True)
    )


def test_the_clip_that_is_probed_stays_as_fast_as_it_was() -> None:
    from encoderscope.host.acceleration import patches

    clip = patches.accelerate(clip_of("pixart_or_chroma"), "fast").clip
    before = clip.encode_from_tokens(clip.tokenize(TEXTS[0]))
    asked(clip)
    assert torch.equal(clip.encode_from_tokens(clip.tokenize(TEXTS[0])), before)
