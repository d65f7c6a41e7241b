"""Text encoders outside ComfyUI: a Hugging Face folder, or any model and tokenizer of transformers,
as a ``TextEncoder``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from .. import tokenizer_folder
from ..bounded_reading import check_library_files
from ..encoder_files.checkpoint import open_checkpoint
from ..errors import EncoderScopeError
from ..translation import later, listed
from ..vocabulary import reader
from .text_encoder import Architecture, States, TextTokens

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

    _check_folder(path)
    config = _config(path)
    kind, name = _MODELS[config.model_type]
    try:
        model = (
            getattr(transformers, name)
            .from_pretrained(
                str(path), local_files_only=True, trust_remote_code=False, use_safetensors=True
            )
            .float()
        )
    except Exception as error:
        raise EncoderScopeError(
            "transformers cannot load the model in {folder!r} ({why}).",
            "A folder with config.json, model.safetensors and the tokenizer's files was expected.",
            "Download the folder again; weights as .bin files are pickles, which are never opened.",
            folder=str(path),
            why=f"{type(error).__name__}: {str(error)[:200]}",
        ) from error
    return TransformersEncoder(model, tokenizer_folder.load(str(path)), kind, title=path.name)


def _check_folder(path: Path) -> None:
    """What can be told of a folder before transformers reads it. Raises
    :class:`EncoderScopeError` for a pipeline and for shards that are missing.
    """
    if (path / "model_index.json").is_file():
        folders = sorted(folder.name for folder in path.glob("text_encoder*") if folder.is_dir())
        raise EncoderScopeError(
            "{folder!r} is a diffusers pipeline; its text encoders: {names}.",
            "The folder of one text encoder was expected.",
            "Give one of its folders, such as {first!r}.",
            folder=path.name,
            names=listed(folders) or later("none"),
            first=str(path / (folders or ["text_encoder"])[0]),
        )
    check_library_files(path)
    if any(path.glob("*.safetensors.index.json")):
        open_checkpoint(path)


def _config(path: Path) -> Any:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(
            str(path), local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise EncoderScopeError(
            "{folder!r} holds no configuration that transformers can read ({why}).",
            "A Hugging Face folder of CLIP, SigLIP, T5 or a model like BERT was expected.",
            "Give the folder with config.json in it.",
            folder=str(path),
            why=f"{type(error).__name__}: {str(error)[:200]}",
        ) from error
    if config.model_type not in _MODELS:
        raise EncoderScopeError(
            "{folder!r} is a {kind}.",
            "One of {names} was expected.",
            "Probe other encoders inside ComfyUI, with the Binding Probe.",
            folder=str(path),
            kind=config.model_type,
            names=listed(sorted({kind for kind, _ in _MODELS.values()})),
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
        self.model = model.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.kind = kind
        self.name = "text"
        self.title = title or type(model).__name__
        config = getattr(model.config, "text_config", model.config)
        self.architecture = _architecture(config, kind)
        self.limit = _most_tokens(config, tokenizer, kind)
        self.length = length
        if kind == "siglip":
            self.length = self.limit
        self.end = tokenizer.eos_token_id
        if self.end is None:
            self.end = tokenizer.sep_token_id
        self.padding = tokenizer.pad_token_id
        if self.padding is None:
            self.padding = self.end

    def tokenize(self, texts: Sequence[str]) -> list[TextTokens]:
        """Cut to the encoder's length and padded to :attr:`length`."""
        return [self._tokenize(text) for text in texts]

    def _tokenize(self, text: str) -> TextTokens:
        if self.kind == "siglip":
            text = text.lower()
        _, numbers, spans = reader(self.tokenizer)(self.tokenizer, text)
        ids = [int(number) for number in numbers]
        if len(ids) > self.limit:  # as reference pipelines cut: the end token stays
            ids = [*ids[: self.limit - 1], ids[-1]]
            spans = spans and [*spans[: self.limit - 1], spans[-1]]
        kinds = self._kinds(ids)
        typed = [
            (int(spans[k][0]), int(spans[k][1])) if spans and kind == "text" else None
            for k, kind in enumerate(kinds)
        ]
        pads = max(0, (self.length or 0) - len(ids))
        return TextTokens(
            (*ids, *[self.padding] * pads),
            (*typed, *[None] * pads),
            (*kinds, *["pad"] * pads),
            (0,) * (len(ids) + pads),
        )

    def _kinds(self, ids: Sequence[int]) -> list[str]:
        """start and end, where there are special tokens, and text between them."""
        special = set(self.tokenizer.all_special_ids)
        kinds = ["text"] * len(ids)
        if ids and ids[0] in special:
            kinds[0] = "start"
        if ids and ids[-1] in special:
            kinds[-1] = "end"
        return kinds

    def states(self, batch: Sequence[TextTokens]) -> list[States]:
        """One pass over all texts, padded to the longest."""
        longest = max(map(len, batch))
        ids = torch.full((len(batch), longest), self.padding, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for k, text in enumerate(batch):
            ids[k, : len(text)] = torch.tensor(text.ids)
            mask[k, : len(text)] = 1
        device = next(self.model.parameters()).device
        inputs = {"input_ids": ids.to(device)}
        if self.kind != "siglip":
            inputs["attention_mask"] = mask.to(device)
        with torch.no_grad():
            outputs = self.model(**inputs)
        sequence = outputs.last_hidden_state.float().cpu()
        vectors = self._pooled(outputs, len(batch))
        return [States(sequence[k, : len(text)], vectors[k]) for k, text in enumerate(batch)]

    def _pooled(self, outputs: Any, count: int) -> Sequence[torch.Tensor | None]:
        """(text) of (dim,), or None for each text."""
        if not self.architecture.pooled:
            return [None] * count
        if self.kind == "clip":
            return list(outputs.text_embeds.float().cpu())
        return list(outputs.pooler_output.float().cpu())

    def static(self, ids: Sequence[int]) -> torch.Tensor:
        """(id, dim): rows of the table of word vectors."""
        table = self.model.get_input_embeddings().weight
        return table[torch.tensor(list(ids), device=table.device)].float().cpu()

    def weights(self) -> Mapping[str, torch.Tensor]:
        """All of the model's."""
        weights: Mapping[str, torch.Tensor] = self.model.state_dict()
        return weights


def _architecture(config: Any, kind: str) -> Architecture:
    width = getattr(config, "hidden_size", None) or config.d_model
    layers = getattr(config, "num_hidden_layers", None) or config.num_layers
    return Architecture(
        kind, int(width), int(layers), causal=kind == "clip", pooled=kind in ("clip", "siglip")
    )


def _most_tokens(config: Any, tokenizer: Any, kind: str) -> int:
    """What model and tokenizer allow; T5's positions are relative, so it has no end."""
    if kind == "t5":
        return _UNLIMITED
    limits = (
        getattr(config, "max_position_embeddings", None),
        getattr(tokenizer, "model_max_length", None),
    )
    return min(_UNLIMITED, min((int(limit) for limit in limits if limit), default=512))


_UNLIMITED = 1_000_000
