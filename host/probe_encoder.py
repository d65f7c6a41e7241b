"""The host's encoders as the probe asks for them: many short texts at once, as the generator gets
them or without their padding.

Tokens, weights, layer choice and modules are the host's own; products are exact on a CPU, and fp16
with an fp32 residual stream on a GPU (decision 9). Without padding, CLIP is given the positions
that its texts need (it cannot see what stands behind a token), and texts of a T5 are laid end to
end, seeing none of each other; on shallow copies: the CLIP itself is not changed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import torch
from comfy.clip_model import CLIPTextModel
from comfy.text_encoders.bert import BertModel
from comfy.text_encoders.t5 import T5

from ..conditioning.binding.generator_inputs import GeneratorInputs, generator_inputs_of
from ..conditioning.encoding.text_encoder import (
    Answer,
    Architecture,
    States,
    TextTokens,
    require_finite,
)
from ..conditioning.errors import EncoderScopeError
from ..conditioning.families.table import Family, StreamRule
from ..conditioning.precision import EXACT, FAST
from ..conditioning.tokens.placement import tokens_of
from ..conditioning.tokens.prompt_map import map_tokens
from ..conditioning.tokens.recording import StreamRecording
from . import clip as host_clip
from . import encoder_outputs as states
from .acceleration import patches
from .acceleration.row_reuse import RowReuse
from .ids import PLAYED_BY
from .loading.siglip import SiglipTextModel
from .progress_bar import stop_if_asked
from .recorder import record

_KINDS = ((CLIPTextModel, "clip"), (SiglipTextModel, "siglip"), (T5, "t5"), (BertModel, "bert"))
T = TypeVar("T")
MOST_TEXTS = 4_096
"""Texts whose tokens are kept: the suite's have room, and a benchmark of many thousands does not
grow.
"""
_READS_PADDING = ("siglip",)
"""Trained on padded texts, and read at the last token: without padding they are another encoder."""


class ProbeSetup(NamedTuple):
    """A CLIP taken apart for the probe: its encoders, and what the generator takes of them (None
    where that is not known).
    """

    encoders: list[HostEncoder]
    inputs: GeneratorInputs | None
    tokens: TokenCache


class TokenCache:
    """Texts -> stream -> rows, kept: all streams of a CLIP come out of one tokenisation."""

    def __init__(self, clip: Any) -> None:
        self.clip = clip
        self.by_text: dict[str, dict[str, TextTokens]] = {}
        self.recorded = record(clip, "a")
        self.family: Family | None = self.recorded.family

    def rows(self, text: str, stream: str) -> TextTokens:
        """Padded as the host pads."""
        if text not in self.by_text:
            if len(self.by_text) >= MOST_TEXTS:
                self.by_text.clear()
            recorded = record(self.clip, text, self.family)
            placements = map_tokens(text, recorded.streams, None).placements
            self.by_text[text] = {
                placement.recording.name: _rows(placement, text) for placement in placements
            }
        return self.by_text[text][stream]


def _rows(placement: Any, text: str) -> TextTokens:
    windows = tokens_of(placement, text)
    slots = [(token, number) for number, window in enumerate(windows) for token in window]
    return TextTokens(
        tuple(-1 if token.id is None else token.id for token, _ in slots),
        tuple(token.span for token, _ in slots),
        tuple("text" if token.kind == "embedding" else token.kind for token, _ in slots),
        tuple(number for _, number in slots),
    )


def take_apart(clip: Any, padded: bool = False) -> ProbeSetup:
    """Every stream that this CLIP encodes. Raises :class:`EncoderScopeError` where there is none to
    probe.
    """
    clip = patches.accelerate(clip, precision(clip)).clip
    tokens = TokenCache(clip)
    streams = tokens.recorded.streams
    encoders = []
    for stream in streams:
        module = _module(clip, stream.name, tokens.family) if stream.encoded else None
        if module is not None:
            encoders.append(HostEncoder(clip, tokens, stream.name, module, padded))
    if not encoders:
        raise EncoderScopeError(
            "None of the streams of this CLIP could be probed: {streams}.",
            "CLIP, SigLIP, T5, BERT or language-model encoders were expected.",
            "Connect the CLIP of an image model.",
            streams=", ".join(stream.name for stream in streams),
        )
    return ProbeSetup(encoders, _generator_inputs(tokens.family, encoders), tokens)


def _generator_inputs(
    family: Family | None, encoders: Sequence[HostEncoder]
) -> GeneratorInputs | None:
    """What the generator takes; None where it takes nothing that is known."""
    if family is None:
        return None
    inputs = generator_inputs_of(family, [encoder.name for encoder in encoders])
    return inputs if inputs.sequence or inputs.pooled else None


def precision(clip: Any) -> str:
    """The probe compares differences, which suffer from rounding ten times as much as encodings do:
    bf16 is too coarse for it.
    """
    host_clip.require_clip(clip)
    return EXACT if torch.device(clip.patcher.load_device).type == "cpu" else FAST


def _module(clip: Any, stream: str, family: Family | None) -> Any:
    """The host's encoder of a stream: by the table, else the only one there is."""
    model = clip.cond_stage_model
    rule = host_clip.stream_rule(family, stream)
    if rule is not None:
        return getattr(model, rule.encoder, None) if rule.encoder else None
    for name in (stream, f"clip_{stream}"):
        if getattr(model, name, None) is not None:
            return getattr(model, name)
    encoders = [part for part in model.children() if hasattr(part, "encode_token_weights")]
    return encoders[0] if len(encoders) == 1 else None


class HostEncoder:
    """One encoder of a CLIP, as the probe's TextEncoder."""

    def __init__(self, clip: Any, tokens: TokenCache, name: str, module: Any, padded: bool) -> None:
        self.clip = clip
        self.tokens = tokens
        self.name = name
        self.module = module
        self.kind = next(
            (kind for cls, kind in _KINDS if isinstance(module.transformer, cls)), "llm"
        )
        self.padded = padded or self.kind in _READS_PADDING
        self.title = self._title(host_clip.stream_rule(tokens.family, name))
        stream = next(stream for stream in tokens.recorded.streams if stream.name == name)
        self.architecture = architecture(
            self.kind,
            int(self._table().weight.shape[1]),
            int(getattr(module, "num_layers", 1)),
            stream,
        )

    def _title(self, rule: StreamRule | None) -> str:
        player = getattr(self.module, PLAYED_BY, None)
        if rule is None:
            return player or self.name
        return rule.title if player is None else f"{player} as {rule.title}"

    def _table(self) -> Any:
        return self.module.transformer.get_input_embeddings()

    def tokenize(self, texts: Sequence[str]) -> list[TextTokens]:
        tokenized = [self.tokens.rows(text, self.name) for text in texts]
        if self.padded:
            return tokenized
        return [without_padding(text_tokens) for text_tokens in tokenized]

    @torch.no_grad()
    def states(self, batch: Sequence[TextTokens]) -> list[States]:
        windows = [ids for rows in batch for ids in _windows(rows)]
        counts = [len(_windows(rows)) for rows in batch]
        self._prepare()
        with host_clip.on_device(self.clip.patcher.load_device):
            sequence, pooled = self._run(windows)
        out, at = [], 0
        for rows, count in zip(batch, counts, strict=True):
            parts = [sequence[k][: len(windows[k])] for k in range(at, at + count)]
            vector = None if pooled is None or not self.architecture.pooled else pooled[at]
            out.append(States(torch.cat(parts)[: len(rows)], vector))
            at += count
        return out

    def _prepare(self) -> None:
        """As the host prepares each of its own encodings (``comfy/sd.py``: ``encode_from_tokens``),
        LoRA included.

        Newer hosts with dynamic VRAM leave the weights where they are and must be told where to
        compute.
        """
        model = self.clip.cond_stage_model
        model.reset_clip_options()
        if self.clip.layer_idx is not None:
            model.set_clip_options({"layer": self.clip.layer_idx})
        host_clip.load(self.clip)
        model.set_clip_options({"execution_device": self.clip.patcher.load_device})

    def _run(self, windows: Sequence[list[int]]) -> tuple[list[torch.Tensor], torch.Tensor | None]:
        """(window) of (token, dim), and (window, dim); fp32 on the CPU."""
        lengths = [len(window) for window in windows]
        if self.padded or len(set(lengths)) == 1 or self.kind == "llm":
            return self._by_length(windows)
        pad = int(self.module.special_tokens.get("pad", 0))
        longest = max(lengths)
        padded_windows = [[*ids, *[pad] * (longest - len(ids))] for ids in windows]
        return self._encode(padded_windows, lengths)

    def _by_length(
        self, windows: Sequence[list[int]]
    ) -> tuple[list[torch.Tensor], torch.Tensor | None]:
        """One pass for each length: for encoders whose own masks are not ours to set."""
        sequence: dict[int, torch.Tensor] = {}
        pooled: dict[int, torch.Tensor] = {}
        for length in sorted({len(window) for window in windows}):
            same = [k for k, ids in enumerate(windows) if len(ids) == length]
            rows, vectors = self._encode([windows[k] for k in same])
            sequence |= dict(zip(same, rows, strict=True))
            if vectors is not None:
                pooled |= dict(zip(same, vectors, strict=True))
        every = range(len(windows))
        rows = [sequence[k] for k in every]
        if not pooled:
            return rows, None
        return rows, torch.stack([pooled[k] for k in every])

    def _encode(
        self, windows: list[list[int]], lengths: Sequence[int] = ()
    ) -> tuple[list[torch.Tensor], torch.Tensor | None]:
        """``lengths``: tokens of each window that may be seen; empty: all of them, or what the
        encoder's own mask says.
        """
        stop_if_asked()
        answer = _fitted(self.module, self.kind, len(windows[0]), lengths).encode(windows)
        sequence, pooled = answer[0], answer[1]
        if sequence.dim() == 4:  # several layers of a language model: (window, layer, token, dim)
            sequence = sequence.transpose(1, 2).flatten(2)
        return list(sequence.float().cpu()), None if pooled is None else pooled.float().cpu()

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        self._prepare()
        token_ids = torch.tensor([list(ids)], dtype=torch.long)
        return host_clip.static_vectors(self.clip, self._table(), token_ids)[0].cpu()

    def weights(self) -> Mapping[str, torch.Tensor]:
        """As they lie in the host's module; those in a form of the host's own are left out."""
        plain = (torch.Tensor, torch.nn.Parameter)
        return {
            name: weight
            for name, weight in self.module.transformer.state_dict().items()
            if type(weight) in plain
        }


def architecture(kind: str, width: int, layers: int, stream: StreamRecording) -> Architecture:
    """That of an encoder of the host that reads ``stream``. ``kind``: clip, siglip, t5, bert or
    llm.
    """
    return Architecture(
        kind,
        width,
        layers,
        causal=kind in ("clip", "llm"),
        pooled=kind in ("clip", "siglip"),
        windows=stream.capacity is not None,
    )


def _windows(rows: TextTokens) -> list[list[int]]:
    out: dict[int, list[int]] = {}
    for token_id, window in zip(rows.ids, rows.windows, strict=True):
        out.setdefault(window, []).append(token_id)
    return list(out.values())


def without_padding(rows: TextTokens) -> TextTokens:
    """The tokens that are no padding."""
    positions = [k for k, kind in enumerate(rows.kinds) if kind != "pad"]

    def of(values: Sequence[T]) -> tuple[T, ...]:
        return tuple(values[k] for k in positions)

    return TextTokens(of(rows.ids), of(rows.spans), of(rows.kinds), of(rows.windows))


def _fitted(module: Any, kind: str, length: int, visible_lengths: Sequence[int]) -> Any:
    """The host's encoder, or a shallow copy of it for texts of other lengths than it pads to."""
    if kind == "clip":
        module = _shortened(module, length)
    return _masked(module, kind, visible_lengths) if visible_lengths else module


def _shortened(module: Any, length: int) -> Any:
    """A CLIP with as many positions as a text has tokens."""
    places = module.transformer.text_model.embeddings.position_embedding.weight
    if length >= places.shape[0]:
        return module
    short = torch.nn.Module()
    short.weight = torch.nn.Parameter(places[:length], requires_grad=False)
    return _replaced(
        module, ("transformer", "text_model", "embeddings", "position_embedding"), short
    )


def _masked(module: Any, kind: str, visible_lengths: Sequence[int]) -> Any:
    """A copy whose attention mask is ours: the host's own looks for the end token, which a text may
    also contain.

    CLIP needs none, for no token sees those behind it; there the mask only says what is not read.
    """
    reusing = isinstance(module.transformer, RowReuse)
    if kind == "clip" and not reusing:
        return module
    masked = copy.copy(module)
    masked.enable_attention_masks = True

    def process_tokens(tokens: Any, device: Any) -> Any:
        embeds, _, counted, *rest = module.process_tokens(tokens, device)
        mask = (
            torch.arange(embeds.shape[1], device=device)
            < torch.tensor(visible_lengths, device=device)[:, None]
        )
        return (embeds, mask.long(), counted if kind == "clip" else list(visible_lengths), *rest)

    masked.process_tokens = process_tokens
    if reusing:
        packed = copy.copy(module.transformer)
        packed.padding_is_zeroed = True  # what stands behind a text is cut off
        masked = _replaced(masked, ("transformer",), packed)
    return masked


def _replaced(module: Any, path: Sequence[str], new: Any) -> Any:
    """``module`` with the part at ``path`` exchanged; shares every other part, and the original
    keeps its own.
    """
    clone = copy.copy(module)
    clone._modules = dict(module._modules)
    first, *rest = path
    clone._modules[first] = _replaced(clone._modules[first], rest, new) if rest else new
    return clone


def host_encodings(setup: ProbeSetup, texts: Sequence[str]) -> Mapping[str, Mapping[str, Answer]]:
    """Each text as the host itself encodes it, weights and windows and padding included: text ->
    stream -> answer. Raises :class:`EncoderScopeError` for numbers that are not finite.
    """
    out: dict[str, dict[str, Answer]] = {}
    for text in texts:
        stop_if_asked()
        [step, *_] = states.encode(setup.tokens.clip, text).states.steps
        out[text] = {}
        for encoder in setup.encoders:
            output = step.streams.get(encoder.name)
            rows = setup.tokens.rows(text, encoder.name)
            if (
                output is None
                or output.sequence.dim() != 3
                or output.sequence.shape[1] != len(rows)
            ):
                continue
            pooled = None
            if encoder.architecture.pooled and output.pooled is not None:
                pooled = output.pooled[0].float().cpu()
            answer = Answer(rows, States(output.sequence[0].float().cpu(), pooled))
            require_finite(encoder, text, answer.states)
            out[text][encoder.name] = answer
    return out
