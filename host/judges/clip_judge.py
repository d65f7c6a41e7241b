"""A CLIP of the host as a judge: the language models of Qwen-Image, Krea 2, LTX-2 and their like
can read a picture and answer.

Tokenizer, template, weights and memory management are the host's: its own ``CLIP.generate`` is
called, and in place of its sampling loop one forward of the same model gives the logits of the
answer's first token. Nothing is patched beyond one call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from ...conditioning.errors import EncoderScopeError
from ...conditioning.image_probe.judges.protocol import AskedQuestion, JudgeAnswer
from ...conditioning.image_probe.judges.spellings import answer_of, first_tokens, instruction
from ...conditioning.translation import later, translatable
from .. import clip as host_clip
from ..progress_bar import stop_if_asked

QWEN25 = "Qwen2.5-VL"
_TITLES = (
    ("Qwen25", QWEN25),
    ("Qwen3VL", "Qwen3-VL"),
    ("Qwen35", "Qwen3.5"),
    ("Gemma3", "Gemma 3"),
    ("Gemma4", "Gemma 4"),
)
"""How the host's classes begin -> what artists call them."""
SINCE = translatable(
    "Qwen2.5-VL and Gemma 3 can be asked from ComfyUI 0.15 on, Qwen3.5 from 0.19, Gemma 4 from "
    "0.21 and Qwen3-VL from 0.26."
)
"""Read off the host's releases: where each class got logits."""
QWEN25_TEMPLATE = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
    "<|vision_start|><|image_pad|><|vision_end|>{}<|im_end|>\n<|im_start|>assistant\n"
)
"""Qwen2.5-VL's own conversation. The host's template for it belongs to the image model: it asks for
a description, not for an answer.
"""


class _FirstLogits(Exception):
    """Ends the host's generation where the first logits are known."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = logits


class ClipJudge:
    """Asks one encoder of a CLIP. Raises :class:`EncoderScopeError` where none can be asked."""

    def __init__(self, clip: Any) -> None:
        host_clip.require_clip(clip)
        self.clip = clip
        self.encoder = _seeing_encoder(clip)
        self.model = _model_name(self.encoder.transformer)
        self.title = later("{model} (the connected CLIP)", model=self.model)
        self.notes = (
            later(
                "{host} runs it, with its own tokenizer and template.",
                host=host_clip.version() or "ComfyUI",
            ),
        )

    def answer(
        self, image: torch.Tensor, questions: Sequence[AskedQuestion]
    ) -> list[JudgeAnswer | None]:
        """See :class:`Judge`; one forward for each question."""
        answers: list[JudgeAnswer | None] = []
        for question in questions:
            stop_if_asked()
            tokens = first_tokens(self._encode, question.answers, question.exact)
            answers.append(answer_of(self.first_logits(image, question), tokens))
        return answers

    def first_logits(self, image: torch.Tensor, question: AskedQuestion) -> torch.Tensor:
        """(token,) of the answer's first token, fp32."""
        tokens = self.tokens(image, instruction(question))
        with torch.no_grad(), _stopped_at_first_logits(self.encoder):
            try:
                self.clip.generate(tokens, do_sample=False, max_length=1)
            except _FirstLogits as first:
                return first.logits[0, -1].float()
        raise EncoderScopeError(
            "{title} gave no logits.",
            "ComfyUI's own way of generating text was expected.",
            "Please report it, with the version of ComfyUI.",
            title=self.title,
        )

    def tokens(self, image: torch.Tensor, text: str) -> Any:
        """The host's tokens of a conversation that shows the picture and asks. Raises
        :class:`EncoderScopeError` where the picture does not enter.
        """
        options: dict[str, Any] = {}
        if self.model == QWEN25:
            options["llama_template"] = QWEN25_TEMPLATE
        tokens = self.clip.tokenize(
            text,
            image=image[None],
            images=[image[None]],
            skip_template=False,
            min_length=1,
            thinking=False,
            **options,
        )
        if not _holds_picture(tokens):
            raise EncoderScopeError(
                "The tokenizer of {title} left the picture out.",
                "A tokenizer that puts a picture among the tokens was expected.",
                "Load the encoder with ComfyUI's CLIPLoader, with the type of its image model.",
                title=self.title,
            )
        return tokens

    def _encode(self, text: str) -> list[int]:
        """Ids without start and end tokens."""
        tokenizer = self.clip.tokenizer
        part = getattr(tokenizer, getattr(tokenizer, "clip", ""), tokenizer)
        ids = [int(token) for token in part.tokenizer(text)["input_ids"]]
        end = len(ids) - bool(part.tokenizer_adds_end_token)
        return ids[part.tokens_start : end]


def _model_name(transformer: Any) -> str:
    """As artists call it, from the names of its classes."""
    names = [cls.__name__ for cls in type(transformer).__mro__]
    titles = [title for name in names for start, title in _TITLES if name.startswith(start)]
    return (titles or names)[0]


def _holds_picture(tokens: Any) -> bool:
    streams = tokens.values() if isinstance(tokens, Mapping) else [tokens]
    return any(
        isinstance(entry[0], Mapping) for stream in streams for row in stream for entry in row
    )


def _seeing_encoder(clip: Any) -> Any:
    """The encoder of a CLIP that takes pictures and has logits. Raises
    :class:`EncoderScopeError`.
    """
    encoders = [
        module
        for module in clip.cond_stage_model.modules()
        if hasattr(module, "process_tokens")
        and hasattr(getattr(module, "transformer", None), "preprocess_embed")
    ]
    able = [each for each in encoders if hasattr(each.transformer, "logits")]
    if able:
        return able[0]
    version = host_clip.version() or later("This ComfyUI")
    if encoders or not hasattr(clip, "generate"):
        raise EncoderScopeError(
            "{version} cannot ask a text encoder about a picture.",
            SINCE,
            "Update ComfyUI, or use Load Judge with a model's folder, or an image-text encoder.",
            version=version,
        )
    raise EncoderScopeError(
        "The text encoders of this CLIP take no pictures.",
        (
            "A vision-language model was expected, such as the text encoder of Qwen-Image, Krea 2, "
            "Ideogram 4 or LTX-2. {since}"
        ),
        "Connect such a CLIP, or use Load Judge with a model's folder.",
        since=later(SINCE),
    )


@contextmanager
def _stopped_at_first_logits(encoder: Any) -> Iterator[None]:
    """While this lasts, the encoder's model answers its generation with one plain forward, which
    knows where the picture stands among the tokens: some of the host's encoders do not tell their
    generation.
    """
    transformer = encoder.transformer
    # what the encoder made of the tokens: vectors, and where the picture stands among them
    processed: list[Any] = []
    process_tokens = encoder.process_tokens

    def noting(*arguments: Any, **options: Any) -> Any:
        processed[:] = [process_tokens(*arguments, **options)]
        return processed[0]

    def generate(embeds: torch.Tensor, *_: Any, **options: Any) -> None:
        info = options.get("embeds_info")
        if info is None:
            info = processed[0][3]
        ids = options.get("initial_input_ids")
        raise _FirstLogits(plain_logits(transformer, embeds, info, ids))

    with _replaced(encoder, "process_tokens", noting), _replaced(transformer, "generate", generate):
        yield


def plain_logits(
    transformer: Any, embeds: torch.Tensor, info: Any, ids: torch.Tensor | None = None
) -> torch.Tensor:
    """(1, 1, token): one forward of the host's model in the precision of its generation. ``info``:
    where pictures stand; ``ids``: for models that read ids beside the vectors (Gemma 4).
    """
    import comfy.model_management

    precise = torch.float32
    if comfy.model_management.should_use_bf16(embeds.device):
        precise = torch.bfloat16
    embeds = embeds.to(precise)
    if ids is None:
        states = transformer(None, embeds=embeds, embeds_info=info, dtype=precise)[0]
    else:
        states = transformer.model(None, embeds=embeds, embeds_info=info, input_ids=ids)[0]
    logits: torch.Tensor = transformer.logits(states)
    return logits


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """One object's method, exchanged for as long as this lasts; its class is not touched."""
    setattr(owner, name, value)
    try:
        yield
    finally:
        delattr(owner, name)
