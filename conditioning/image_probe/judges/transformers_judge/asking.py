"""Asks models of transformers: the probability of each answer's first token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from ....image_text.images import to_picture
from ....image_text.transformers_towers import MoveToDevice
from ..protocol import AskedQuestion, JudgeAnswer
from ..spellings import answer_of, first_tokens, instruction


@dataclass(frozen=True)
class TransformersJudge:
    """What both ways of asking share."""

    title: str
    notes: tuple[str, ...]
    model: Any
    processor: Any
    place: MoveToDevice
    stop: Callable[[], None]

    def answer(
        self, image: torch.Tensor, questions: Sequence[AskedQuestion]
    ) -> list[JudgeAnswer | None]:
        """See :class:`..protocol.Judge`; one forward of the model for each question."""
        picture = to_picture(image)
        answers: list[JudgeAnswer | None] = []
        for question in questions:
            self.stop()
            with torch.no_grad():
                logits = self.first_logits(picture, question)
            tokens = first_tokens(self._encode, question.answers, question.exact)
            answers.append(answer_of(logits, tokens))
        return answers

    def first_logits(self, picture: Image.Image, question: AskedQuestion) -> torch.Tensor:
        """(token,): of the first token of the answer."""
        raise NotImplementedError

    def _encode(self, text: str) -> list[int]:
        ids = self.processor.tokenizer(text, add_special_tokens=False)["input_ids"]
        return [int(token) for token in ids]

    def _on_device(self, inputs: Any) -> dict[str, Any]:
        """The model's inputs where it runs, pictures in its precision."""
        device = self.place()
        moved = {}
        for name, value in inputs.items():
            moved[name] = value.to(device)
            if value.is_floating_point():
                moved[name] = moved[name].to(self.model.dtype)
        return moved


class ChatJudge(TransformersJudge):
    """A model that goes on with a conversation."""

    def first_logits(self, picture: Image.Image, question: AskedQuestion) -> torch.Tensor:
        content = [{"type": "image"}, {"type": "text", "text": instruction(question)}]
        text = self.processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        inputs = self.processor(text=[text], images=[picture], return_tensors="pt")
        logits: torch.Tensor = self.model(**self._on_device(inputs)).logits
        return logits[0, -1]


class DecoderJudge(TransformersJudge):
    """BLIP-VQA: an encoder reads the question beside the picture, and a decoder answers."""

    def first_logits(self, picture: Image.Image, question: AskedQuestion) -> torch.Tensor:
        inputs = self.processor(images=picture, text=question.text, return_tensors="pt")
        moved = self._on_device(inputs)
        mask = moved["attention_mask"]
        pixels = self.model.vision_model(pixel_values=moved["pixel_values"]).last_hidden_state
        read = self.model.text_encoder(
            input_ids=moved["input_ids"],
            attention_mask=mask,
            encoder_hidden_states=pixels,
            encoder_attention_mask=torch.ones(pixels.shape[:-1], dtype=torch.long).to(
                pixels.device
            ),
        ).last_hidden_state
        start = torch.full_like(moved["input_ids"][:, :1], self.model.decoder_start_token_id)
        decoded = self.model.text_decoder(
            input_ids=start, encoder_hidden_states=read, encoder_attention_mask=mask
        )
        logits: torch.Tensor = decoded.logits
        return logits[0, -1]
