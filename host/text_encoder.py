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
from ..conditioning.encoding.text_encoder import Answer, Architecture, States, TextTokens
from ..conditioning.errors import EncoderScopeError
from ..conditioning.families.table import Family
from ..conditioning.precision import EXACT, FAST
from ..conditioning.tokens.placement import tokens_of
from ..conditioning.tokens.prompt_map import map_tokens
from . import clip as host_clip
from . import encoder_outputs as states
from .acceleration import patches
from .acceleration.row_reuse import RowReuse
from .ids import PLAYED_BY
from .loading.siglip import SiglipTextModel
from .progress import stop_if_asked
from .recorder import record

_KINDS = ((CLIPTextModel, "clip"), (SiglipTextModel, "siglip"), (T5, "t5"), (BertModel, "bert"))
T = TypeVar("T")
_KEPT = 4_096
"""Texts whose tokens are kept: the suite's have room, and a benchmark of many thousands does not
grow.
"""
_READS_PADDING = ("siglip",)
"""Trained on padded texts, and read at the last token: without padding they are another encoder."""


class Probed(NamedTuple):
    """A CLIP taken apart for the probe."""

    encoders: list[HostEncoder]
    layout: GeneratorInputs | None
    reader: _Reader


class _Reader:
    """Texts -> stream -> rows, kept: all streams of a CLIP come out of one tokenisation."""

    def __init__(self, clip: Any) -> None:
        self.clip, self.kept = clip, dict[str, dict[str, TextTokens]]()
        self.recorded = record(clip, "a")
        self.family: Family | None = self.recorded.family

    def rows(self, text: str, stream: str) -> TextTokens:
        """Padded as the host pads."""
        if text not in self.kept:
            if len(self.kept) >= _KEPT:
                self.kept.clear()
            recorded = record(self.clip, text, self.family)
            placed = map_tokens(text, recorded.streams, None).placements
            self.kept[text] = {one.recording.name: _rows(one, text) for one in placed}
        return self.kept[text][stream]


def _rows(placement: Any, text: str) -> TextTokens:
    windows = tokens_of(placement, text)
    slots = [(token, number) for number, window in enumerate(windows) for token in window]
    return TextTokens(
        tuple(-1 if token.id is None else token.id for token, _ in slots),
        tuple(token.span for token, _ in slots),
        tuple("text" if token.kind == "embedding" else token.kind for token, _ in slots),
        tuple(number for _, number in slots),
    )


def take_apart(clip: Any, padded: bool = False) -> Probed:
    """Every stream that this CLIP encodes. Raises :class:`EncoderScopeError` where there is none to
    probe.
    """
    clip = patches.accelerate(clip, precision(clip)).clip
    reader = _Reader(clip)
    present = [stream for stream in reader.recorded.streams if stream.encoded]
    encoders = []
    for stream in present:
        module = _module(clip, stream.name, reader.family)
        if module is not None:
            encoders.append(HostEncoder(clip, reader, stream.name, module, padded))
    if not encoders:
        raise EncoderScopeError(
            (
                "None of the streams of this CLIP could be probed: "
                f"{', '.join(one.name for one in reader.recorded.streams)}."
            ),
            "CLIP, SigLIP, T5, BERT or language-model encoders were expected.",
            "Connect the CLIP of an image model.",
        )
    layout = (
        generator_inputs_of(reader.family, [one.name for one in encoders])
        if reader.family
        else None
    )
    return Probed(
        encoders, layout if layout and (layout.sequence or layout.pooled) else None, reader
    )


def precision(clip: Any) -> str:
    """The probe compares differences, which suffer from rounding ten times as much as encodings do:
    bf16 is too coarse for it.
    """
    host_clip.require_clip(clip)
    return EXACT if torch.device(clip.patcher.load_device).type == "cpu" else FAST


def _module(clip: Any, stream: str, family: Family | None) -> Any:
    """The host's encoder of a stream: by the table, else the only one there is."""
    model = clip.cond_stage_model
    rule = next((one for one in family.streams if one.name == stream), None) if family else None
    if rule is not None:
        return getattr(model, rule.encoder, None) if rule.encoder else None
    named = [getattr(model, name, None) for name in (stream, f"clip_{stream}")]
    parts = [part for part in model.children() if hasattr(part, "encode_token_weights")]
    return next((one for one in named if one is not None), parts[0] if len(parts) == 1 else None)


class HostEncoder:
    def __init__(self, clip: Any, reader: _Reader, name: str, module: Any, padded: bool) -> None:
        self.clip, self.reader, self.name, self.module = clip, reader, name, module
        self.kind = next(
            (kind for cls, kind in _KINDS if isinstance(module.transformer, cls)), "llm"
        )
        self.padded = padded or self.kind in _READS_PADDING
        rule = (
            next((one for one in reader.family.streams if one.name == name), None)
            if reader.family
            else None
        )
        role, player = rule.title if rule else name, getattr(module, PLAYED_BY, None)
        self.title = role if player is None else player if rule is None else f"{player} as {role}"
        stream = next(one for one in reader.recorded.streams if one.name == name)
        self.architecture = Architecture(
            self.kind,
            int(self._table().weight.shape[1]),
            int(getattr(module, "num_layers", 1)),
            causal=self.kind in ("clip", "llm"),
            pooled=self.kind in ("clip", "siglip"),
            windows=stream.capacity is not None,
        )

    def _table(self) -> Any:
        return self.module.transformer.get_input_embeddings()

    def tokenize(self, texts: Sequence[str]) -> list[TextTokens]:
        found = [self.reader.rows(text, self.name) for text in texts]
        return found if self.padded else [without_padding(one) for one in found]

    @torch.no_grad()
    def states(self, batch: Sequence[TextTokens]) -> list[States]:
        windows = [ids for rows in batch for ids in _windows(rows)]
        counts = [len(_windows(rows)) for rows in batch]
        self._prepare()
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
        lengths = [len(one) for one in windows]
        if self.padded or len(set(lengths)) == 1 or self.kind == "llm":
            return self._by_length(windows)
        pad = int(self.module.special_tokens.get("pad", 0))
        longest = max(lengths)
        filled = [[*one, *[pad] * (longest - len(one))] for one in windows]
        return self._encode(filled, lengths)

    def _by_length(
        self, windows: Sequence[list[int]]
    ) -> tuple[list[torch.Tensor], torch.Tensor | None]:
        """One pass for each length: for encoders whose own masks are not ours to set."""
        sequence: dict[int, torch.Tensor] = {}
        pooled: dict[int, torch.Tensor] = {}
        for length in sorted({len(one) for one in windows}):
            same = [k for k, one in enumerate(windows) if len(one) == length]
            found, vectors = self._encode([windows[k] for k in same])
            sequence |= dict(zip(same, found, strict=True))
            if vectors is not None:
                pooled |= dict(zip(same, vectors, strict=True))
        every = range(len(windows))
        return [sequence[k] for k in every], torch.stack(
            [pooled[k] for k in every]
        ) if pooled else None

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
        asked = torch.tensor([list(ids)], device=self.clip.patcher.load_device, dtype=torch.long)
        return self._table()(asked, out_dtype=torch.float32)[0].cpu()  # type: ignore[no-any-return]


def _windows(rows: TextTokens) -> list[list[int]]:
    out: dict[int, list[int]] = {}
    for one, window in zip(rows.ids, rows.windows, strict=True):
        out.setdefault(window, []).append(one)
    return list(out.values())


def without_padding(rows: TextTokens) -> TextTokens:
    kept = [k for k, kind in enumerate(rows.kinds) if kind != "pad"]

    def of(values: Sequence[T]) -> tuple[T, ...]:
        return tuple(values[k] for k in kept)

    return TextTokens(of(rows.ids), of(rows.spans), of(rows.kinds), of(rows.windows))


def _fitted(module: Any, kind: str, length: int, seen: Sequence[int]) -> Any:
    """The host's encoder, or a shallow copy of it for texts of other lengths than it pads to."""
    if kind == "clip":
        module = _shortened(module, length)
    return _masked(module, kind, seen) if seen else module


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


def _masked(module: Any, kind: str, seen: Sequence[int]) -> Any:
    """A copy whose attention mask is ours: the host's own looks for the end token, which a text may
    also contain.

    CLIP needs none, for no token sees those behind it; there the mask only says what is not read.
    """
    reusing = isinstance(module.transformer, RowReuse)
    if kind == "clip" and not reusing:
        return module
    made = copy.copy(module)
    made.enable_attention_masks = True

    def process_tokens(tokens: Any, device: Any) -> Any:
        embeds, _, counted, *rest = module.process_tokens(tokens, device)
        mask = (
            torch.arange(embeds.shape[1], device=device)
            < torch.tensor(seen, device=device)[:, None]
        )
        return (embeds, mask.long(), counted if kind == "clip" else list(seen), *rest)

    made.process_tokens = process_tokens
    if reusing:
        packed = copy.copy(module.transformer)
        packed.padding_is_zeroed = True  # what stands behind a text is cut off
        made = _replaced(made, ("transformer",), packed)
    return made


def _replaced(module: Any, path: Sequence[str], new: Any) -> Any:
    """``module`` with the part at ``path`` exchanged; shares every other part, and the original
    keeps its own.
    """
    made = copy.copy(module)
    made._modules = dict(module._modules)
    first, *rest = path
    made._modules[first] = _replaced(made._modules[first], rest, new) if rest else new
    return made


def whole(probed: Probed, texts: Sequence[str]) -> Mapping[str, Mapping[str, Answer]]:
    """Each text as the host itself encodes it, weights and windows and padding included: text ->
    stream -> answer.
    """
    out: dict[str, dict[str, Answer]] = {}
    for text in texts:
        stop_if_asked()
        [step, *_] = states.encode(probed.reader.clip, text).states.steps
        out[text] = {}
        for encoder in probed.encoders:
            found = step.streams.get(encoder.name)
            rows = probed.reader.rows(text, encoder.name)
            if found is None or found.sequence.dim() != 3 or found.sequence.shape[1] != len(rows):
                continue
            pooled = (
                found.pooled[0].float().cpu()
                if encoder.architecture.pooled and found.pooled is not None
                else None
            )
            out[text][encoder.name] = Answer(rows, States(found.sequence[0].float().cpu(), pooled))
    return out
