"""Text encoders outside ComfyUI: a Hugging Face folder, or any model and tokenizer of transformers,
as a ``TextEncoder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from .. import tokenizer_folder
from ..errors import EncoderScopeError
from ..vocabulary import reader
from .text_encoder import Architecture, States, TokenizedText

_MODELS = {
    "clip": ("clip", "CLIPTextModelWithProjection"),
    "clip_text_model": ("clip", "CLIPTextModelWithProjection"),
    "siglip": ("siglip", "SiglipTextModel"),
    "siglip_text_model": ("siglip", "SiglipTextModel"),
    "siglip2": ("siglip", "Siglip2TextModel"),
    "siglip2_text_model": ("siglip", "Siglip2TextModel"),
    "t5": ("t5", "T5EncoderModel"),
    "umt5": ("t5", "UMT5EncoderModel"),
    "mt5": ("t5", "MT5EncoderModel"),
    **dict.fromkeys(
        ("bert", "roberta", "xlm-roberta", "distilbert", "mpnet", "albert"), ("bert", "AutoModel")
    ),
}
"""config.json's model_type -> our kind and transformers' class."""


def load(path: Path) -> TransformersEncoder:
    """The text encoder in a folder, in fp32 on the CPU. Nothing is downloaded, no code of the
    folder runs, no pickle is opened.
    """
    import transformers

    config = _config(path)
    kind, name = _MODELS[config.model_type]
    try:
        model = (
            getattr(transformers, name)
            .from_pretrained(str(path), local_files_only=True, use_safetensors=True)
            .float()
        )
    except Exception as error:
        raise EncoderScopeError(
            (
                f"transformers cannot load the model in {str(path)!r} "
                f"({type(error).__name__}: {str(error)[:200]})."
            ),
            "A folder with config.json, model.safetensors and the tokenizer's files was expected.",
            "Download the folder again; weights as .bin files are pickles, which are never opened.",
        ) from error
    return TransformersEncoder(model, tokenizer_folder.load(str(path)), kind, title=path.name)


def _config(path: Path) -> Any:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(str(path), local_files_only=True)
    except Exception as error:
        raise EncoderScopeError(
            (
                f"{str(path)!r} holds no configuration that transformers can read "
                f"({type(error).__name__}: {str(error)[:200]})."
            ),
            "A Hugging Face folder of CLIP, SigLIP, T5 or a model like BERT was expected.",
            "Give the folder with config.json in it.",
        ) from error
    if config.model_type not in _MODELS:
        raise EncoderScopeError(
            f"{str(path)!r} is a {config.model_type}.",
            f"One of {', '.join(sorted({kind for kind, _ in _MODELS.values()}))} was expected.",
            "Probe other encoders inside ComfyUI, with the Binding Probe.",
        )
    return config


class TransformersEncoder:
    """``length``: every text is padded to it and the padding is read, as generators do; None:
    nothing is padded, as far as can be seen.

    SigLIP always reads its padding: it was trained so, and its pooled vector is the last token's.
    """

    def __init__(
        self, model: Any, tokenizer: Any, kind: str, *, title: str = "", length: int | None = None
    ) -> None:
        config = getattr(model.config, "text_config", model.config)
        self.model, self.tokenizer, self.kind = model.eval().requires_grad_(False), tokenizer, kind
        self.name = "text"
        self.title = title or type(model).__name__
        width = getattr(config, "hidden_size", None) or config.d_model
        layers = getattr(config, "num_hidden_layers", None) or config.num_layers
        self.architecture = Architecture(
            kind, int(width), int(layers), causal=kind == "clip", pooled=kind in ("clip", "siglip")
        )
        limits = (
            getattr(config, "max_position_embeddings", None),
            getattr(tokenizer, "model_max_length", None),
        )
        self.limit = min((int(one) for one in limits if one), default=512)
        self.limit = self.limit if kind != "t5" and self.limit < 1_000_000 else 1_000_000
        self.length = self.limit if kind == "siglip" else length
        self.end = (
            tokenizer.eos_token_id if tokenizer.eos_token_id is not None else tokenizer.sep_token_id
        )
        self.padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self.end

    def rows(self, texts: Sequence[str]) -> list[TokenizedText]:
        return [self._row(text) for text in texts]

    def _row(self, text: str) -> TokenizedText:
        _, found, spans = reader(self.tokenizer)(
            self.tokenizer, text.lower() if self.kind == "siglip" else text
        )
        ids = [int(one) for one in found]
        if len(ids) > self.limit:  # as reference pipelines cut: the end token stays
            ids, spans = (
                [*ids[: self.limit - 1], ids[-1]],
                spans and [*spans[: self.limit - 1], spans[-1]],
            )
        special = set(self.tokenizer.all_special_ids)
        last = len(ids) - 1 if ids and ids[-1] in special else len(ids)
        kinds = [
            "end" if k >= last else "start" if k == 0 and one in special else "text"
            for k, one in enumerate(ids)
        ]
        told = [
            (int(spans[k][0]), int(spans[k][1])) if spans and kinds[k] == "text" else None
            for k in range(len(ids))
        ]
        pads = max(0, (self.length or 0) - len(ids))
        return TokenizedText(
            (*ids, *[self.padding] * pads),
            (*told, *[None] * pads),
            (*kinds, *["pad"] * pads),
            (0,) * (len(ids) + pads),
        )

    def states(self, batch: Sequence[TokenizedText]) -> list[States]:
        longest = max(map(len, batch))
        ids = torch.full((len(batch), longest), self.padding, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for k, rows in enumerate(batch):
            ids[k, : len(rows)], mask[k, : len(rows)] = torch.tensor(rows.ids), 1
        device = next(self.model.parameters()).device
        with torch.no_grad():
            out = self.model(
                input_ids=ids.to(device),
                **({} if self.kind == "siglip" else {"attention_mask": mask.to(device)}),
            )
        sequence = out.last_hidden_state.float().cpu()
        vectors = None
        if self.architecture.pooled:
            vectors = (out.text_embeds if self.kind == "clip" else out.pooler_output).float().cpu()
        return [
            States(sequence[k, : len(rows)], None if vectors is None else vectors[k])
            for k, rows in enumerate(batch)
        ]

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        table = self.model.get_input_embeddings().weight
        return table[torch.tensor(list(ids), device=table.device)].float().cpu()
