"""The encoders whose nulls come with the pack: the miniatures however they can be loaded, and the
tokens of every image model that the host has a tokenizer for.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch

from ...conditioning import miniature
from ...conditioning.binding import suite
from ...conditioning.binding.untrained_encoders import untrained_architecture
from ...conditioning.encoding.text_encoder import Architecture, States, TextTokens
from ...conditioning.errors import EncoderScopeError
from ...conditioning.families.table import FAMILIES, StreamRule
from ...conditioning.image_probe.text_side import DualText

SHALLOW = {"t5": {"T5 small (the original)": 6, "T5 v1.1 small": 8}}
"""Kind -> public encoders with fewer layers than the untrained ones have at most."""
_KINDS = ("clip", "t5", "bert")
"""Language models are measured where they are used: every template would be a layout of its own."""


class Layout(NamedTuple):
    """An encoder with one way of laying out its tokens."""

    subject: str
    encoder: Any


class TokensAlone:
    """One stream of an image model as a TextEncoder without weights: enough for untrained ones."""

    def __init__(self, tokens: Any, rule: StreamRule, padded: bool) -> None:
        from ...host import probe_encoder

        assert rule.role is not None
        self.tokens = tokens
        self.name = rule.name
        self.title = rule.title
        self.padded = padded
        self.without_padding = probe_encoder.without_padding
        stream = next(each for each in tokens.recorded.streams if each.name == rule.name)
        self.architecture: Architecture = probe_encoder.architecture(
            rule.role.architecture, rule.role.width, rule.role.layers, stream
        )

    def tokenize(self, texts: Sequence[str]) -> list[TextTokens]:
        """The host's tokens, with its padding or without."""
        rows = [self.tokens.rows(text, self.name) for text in texts]
        return rows if self.padded else [self.without_padding(each) for each in rows]

    def states(self, batch: Sequence[TextTokens]) -> list[States]:
        """There are none."""
        raise NotImplementedError

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        """(id, 1): nothing is known of them."""
        return torch.zeros(len(ids), 1)


def of_miniatures() -> Iterator[Layout]:
    """Each layout once, the unpadded ones first."""
    from ...host import miniatures, probe_encoder

    players: set[tuple[str, Any]] = set()
    clips = [clip for name in miniature.NAMES for clip in _clips(name, miniatures.CHOICES)]
    for padded in (False, True):
        for clip in clips:
            for encoder in probe_encoder.take_apart(clip, padded).encoders:
                player = encoder.title.split(" as ")[0]
                [tokens] = encoder.tokenize(["a red car"])
                if (player, tokens) not in players:
                    players.add((player, tokens))
                    yield Layout(f"{player}, {len(tokens)} tokens ({encoder.name})", encoder)
    for encoder in duals():
        yield Layout(f"{encoder.title}, as a judge of pictures", DualText(encoder))


def duals() -> Iterator[Any]:
    """The miniatures that have pictures, both towers."""
    from ...host import miniatures

    for name in miniature.NAMES:
        try:
            yield miniatures.dual(name)
        except EncoderScopeError:
            continue


def _clips(name: str, families: Sequence[str]) -> Iterator[Any]:
    """A miniature as the CLIP of every family that it can be loaded for."""
    from ...host import miniatures

    for family in families:
        try:
            yield miniatures.clip(name, family)
        except EncoderScopeError:
            continue


def of_tokenizers() -> Iterator[Layout]:
    """Every stream of every image model whose vocabulary comes with the host, the unpadded ones
    first; many are alike.
    """
    from ...host import probe_encoder, tokenizers

    names = [name for name in tokenizers.family_names() if not FAMILIES[name].tokenizer_in_file]
    caches = {name: probe_encoder.TokenCache(tokenizers.tokenizer_only(name)) for name in names}
    for padded in (False, True):
        encoders = [
            (name, TokensAlone(tokens, rule, padded))
            for name, tokens in caches.items()
            for rule in _rules(name, tokens)
        ]
        yield from (_layout(f"{each.title} of {name}", each) for name, each in _different(encoders))
        if not padded:
            yield from _shallow_ones([encoder for _, encoder in encoders])


def _different(encoders: Sequence[tuple[str, TokensAlone]]) -> Iterator[tuple[str, TokensAlone]]:
    """Those that differ in the untrained encoder or in the tokens of a few sentences: most image
    models read with the same few tokenizers.
    """
    keys: set[tuple[Any, ...]] = set()
    texts = suite.of_kind("relation", 1)[0].texts() + suite.of_kind("count", 1)[0].texts()
    for name, encoder in encoders:
        key = (untrained_architecture(encoder.architecture), *encoder.tokenize(texts))
        if key not in keys:
            keys.add(key)
            yield name, encoder


def _rules(family: str, tokens: Any) -> list[StreamRule]:
    """The streams that an encoder of a known kind reads, whatever the prompt."""
    recorded = {stream.name for stream in tokens.recorded.streams}
    return [
        rule
        for rule in FAMILIES[family].streams
        if rule.role is not None and rule.role.architecture in _KINDS and rule.name in recorded
    ]


def _layout(title: str, encoder: TokensAlone) -> Layout:
    [tokens] = encoder.tokenize(["a red car"])
    return Layout(f"{title}, {len(tokens)} tokens, {encoder.architecture.kind}", encoder)


def _shallow_ones(encoders: Sequence[TokensAlone]) -> Iterator[Layout]:
    """The first encoder of each kind with as many layers as smaller ones have."""
    for kind, sizes in SHALLOW.items():
        encoder = next(each for each in encoders if each.architecture.kind == kind)
        for title, layers in sizes.items():
            shallow = copy.copy(encoder)
            shallow.architecture = replace(encoder.architecture, layers=layers)
            yield _layout(title, shallow)
