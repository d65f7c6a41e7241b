"""Opens the host's box: what each encoder returned while the host made its CONDITIONING.

The host encodes on a shallow copy of the CLIP whose encoders also write down their answers
(``docs/decisions/0005-mixing.md``). Weights, layer choice, LoRA, hooks and schedules are the host's
own, and its objects are not touched.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from ..conditioning.errors import EncoderScopeError
from ..conditioning.mixing.text_states import Conditioning, ScheduleStep, StreamStates, TextStates
from ..conditioning.tokens.recording import StreamRecording
from ..conditioning.tokens.text_length import require_encodable
from . import clip as host_clip
from .recorder import record

_PAIR = ("l", "g")
"""Streams that the host lays side by side, row by row."""
_EMPTY = '""'
_ENCODES = "encode_token_weights"


class Encoded(NamedTuple):
    states: TextStates
    conditioning: Conditioning
    """The host's own, without any key of ours."""


class _EncoderOutput(NamedTuple):
    tokens: Any
    sequence: Any
    pooled: Any
    extra: Mapping[str, Any]


class _Recorder:
    """Collects the answers of all encoders, one list for each time the host encodes the whole
    prompt.
    """

    def __init__(self, model: Any) -> None:
        self.model = copy.copy(model)
        self.passes: list[list[_EncoderOutput]] = []
        parts = model._modules
        self.any_inside = any(hasattr(part, _ENCODES) for part in parts.values())
        """Whether it holds encoders; HiDream-O1's hands the tokens themselves on."""
        self.model._modules = {name: self._listening(part) for name, part in parts.items()}
        self.original = _unbound(model)
        self.model.encode_token_weights = self.encode_token_weights

    def encode_token_weights(self, tokens: Any) -> Any:
        self.passes.append([])
        answer = self.original(self.model, tokens)
        if not isinstance(tokens, dict):
            self._write(tokens, answer)  # the whole model is one bare encoder
        return answer

    def _write(self, tokens: Any, answer: Any) -> None:
        self.passes[-1].append(
            _EncoderOutput(tokens, answer[0], answer[1], answer[2] if len(answer) > 2 else {})
        )

    def _listening(self, encoder: Any) -> Any:
        if not hasattr(encoder, _ENCODES):
            return encoder
        listening = copy.copy(encoder)  # shares every parameter and inner module with the host's
        original = _unbound(encoder)

        def encode_token_weights(tokens: Any) -> Any:
            answer = original(listening, tokens)
            self._write(tokens, answer)
            return answer

        listening.encode_token_weights = encode_token_weights
        return listening


def _unbound(encoder: Any) -> Any:
    """Its method as a function of (self, tokens); another pack may have put a function into its
    place, or the method of another object.
    """
    method = encoder.encode_token_weights
    if getattr(method, "__self__", None) is encoder:
        return method.__func__
    return lambda _, tokens: method(tokens)


def own_texts(text_l: str, text_g: str, text_t5: str) -> dict[str, str]:
    """Stream -> text, for the boxes that were filled in; two quotes are an empty prompt."""
    boxes = {"l": text_l, "g": text_g, "t5xxl": text_t5}
    texts = {stream: text for stream, text in boxes.items() if text.strip()}
    return {stream: "" if text.strip() == _EMPTY else text for stream, text in texts.items()}


def encode(clip: Any, text: str, own: Mapping[str, str] | None = None) -> Encoded:
    """What ``clip`` makes of ``text``, stream by stream, and the host's CONDITIONING of it.

    ``own``: stream -> a text of its own. Where CLIP-L and CLIP-G then differ in windows, the
    shorter gets empty ones, as the host's own nodes for SDXL and SD3 do
    (``comfy_extras/nodes_clip_sdxl.py``, ``nodes_sd3.py``). Raises :class:`EncoderScopeError`.
    """
    host_clip.require_clip(clip)
    for each in (text, *(own or {}).values()):
        require_encodable(each)
    texts, recordings, tokens = _tokens(clip, text, own or {})
    if clip.patcher.object_patches:
        host_clip.load(clip)  # they take their places then, and are copied below
    recorder = _Recorder(clip.cond_stage_model)
    shadow = host_clip.exchanged(clip, "cond_stage_model", recorder.model)
    conditioning = shadow.encode_from_tokens_scheduled(tokens)
    _require_all_recorded(recorder, len(conditioning))
    named = host_clip.by_stream(clip, tokens)
    steps = tuple(
        _step(encoder_pass, named, entry[1])
        for encoder_pass, entry in zip(recorder.passes, conditioning, strict=True)
    )
    family = host_clip.family_of(clip)
    clone = clip.clone()
    states = TextStates(
        family.name if family else None,
        steps,
        texts,
        recordings,
        cache(lambda: encode(clone, "").states),
    )
    return Encoded(states, conditioning)


def _require_all_recorded(recorder: _Recorder, entries: int) -> None:
    """Raises :class:`EncoderScopeError` unless every entry of the conditioning was recorded."""
    complete = all(recorder.passes) or not recorder.any_inside
    if entries and len(recorder.passes) == entries and complete:
        return
    recorded = sum(bool(encoder_pass) for encoder_pass in recorder.passes)
    raise EncoderScopeError(
        "The encoders were heard for {times} of the {entries} entries that ComfyUI made.",
        "A CLIP that encodes as ComfyUI's own do was expected.",
        "Another node pack replaced its encoding: connect the CLIP before that node, or use CLIP "
        "Text Encode.",
        entries=entries,
        times=recorded,
    )


def _tokens(
    clip: Any, text: str, own: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, StreamRecording], dict[str, Any]]:
    recordings = {
        prompt: {stream.name: stream for stream in record(clip, prompt).streams}
        for prompt in dict.fromkeys((text, *own.values()))
    }
    tokens = clip.tokenize(text)
    streams = list(host_clip.by_stream(clip, tokens))
    unknown = sorted(set(own) - set(streams))
    if unknown:
        raise EncoderScopeError(
            (
                "There is a text for {unknown}, but this CLIP has no such encoder: its streams are "
                "{streams}."
            ),
            "Texts for its own encoders were expected.",
            "Empty that text, or load the CLIP of another family.",
            unknown=", ".join(unknown),
            streams=", ".join(streams),
        )
    texts = {name: own.get(name, text) for name in streams}
    for name, other in own.items():
        tokens[name] = clip.tokenize(other)[name]
    if own and all(name in tokens for name in _PAIR):
        _even_windows(tokens, clip)
    return (
        texts,
        {
            name: recordings[texts[name]][name]
            for name in streams
            if name in recordings[texts[name]]
        },
        tokens,
    )


def _even_windows(tokens: dict[str, Any], clip: Any) -> None:
    empty = clip.tokenize("")
    most = max(len(tokens[name]) for name in _PAIR)
    for name in _PAIR:
        tokens[name] = [*tokens[name], *(empty[name] * (most - len(tokens[name])))]


def _step(
    outputs: Sequence[_EncoderOutput], tokens: Mapping[str, Any], keys: Mapping[str, Any]
) -> ScheduleStep:
    streams = {}
    for output in outputs:
        name = next((name for name, windows in tokens.items() if windows is output.tokens), None)
        if name is not None:
            rows = _rows(output.sequence)
            streams[name] = StreamStates(
                name, rows, output.pooled, _windows(len(output.tokens), rows.shape[1]), output.extra
            )
    return ScheduleStep(
        streams, {name: value for name, value in keys.items() if name != "pooled_output"}
    )


def _rows(sequence: Any) -> Any:
    """(batch, token, dim): where a family reads several layers (batch, layer, token, dim), they lie
    side by side.
    """
    return sequence.movedim(1, 2).flatten(2) if sequence.ndim == 4 else sequence


def _windows(windows: int, rows: int) -> tuple[int, ...]:
    """Rows of each window: the host encodes all windows of a stream in one batch, so they are
    equally long.
    """
    count = max(1, windows)
    return (rows // count,) * count if rows % count == 0 else (rows,)
