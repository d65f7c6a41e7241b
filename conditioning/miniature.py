"""The miniature encoders that come with the pack: trained by this project on drawn scenes; not
CLIP, not T5 (``assets/miniature/``).

    mini = load("mini-CLIP-hard")
    mini.weights              as transformers names them, fp32, with the whole vocabulary
    dual(mini, tokenizer)     both towers, as the image probe wants them
    text(mini, tokenizer)     the text tower, as the binding probe wants it

Their files keep the rows of tokens that occur in the captions; all other tokens share one row.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from .encoding.transformers_encoder import TransformersEncoder
from .errors import EncoderScopeError, UnknownName
from .image_text.dual_encoder import DualEncoder
from .image_text.images import ImageRecipe
from .image_text.loading import keep_device
from .image_text.text_reading import TextReader, TransformersTokenizer
from .image_text.transformers_towers import MoveToDevice, TransformersTowers, empty
from .translation import later, translatable

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "miniature"
CLIP, CLIP_HARD, T5, T5_HARD = "mini-CLIP", "mini-CLIP-hard", "mini-T5", "mini-T5-hard"
NAMES = (CLIP, CLIP_HARD, T5, T5_HARD)
"""Those that have a file."""
BAG = "mini-CLIP-bag"
"""mini-CLIP's token vectors and no transformer above them: made of its file."""
CHOICES = (*NAMES, BAG)
VOCABULARY = {"clip": 49408, "t5": 32128}
"""Rows of the whole table, as in the models whose tokenizers these are."""
_TABLE = {"clip": "text_model.embeddings.token_embedding.weight", "t5": "shared.weight"}
IDS = "token_ids"
"""In the files: the tokens whose rows follow the shared one."""


_TRAINED = frozenset(
    (
        translatable(
            "Trained to match drawn scenes with captions, no two of a batch of the same words, and "
            "to refuse things called by a wrong name."
        ),
        translatable(
            "Trained as mini-CLIP, for longer, and also to refuse captions with the colours, sizes "
            "or places exchanged."
        ),
        translatable(
            "Trained to restore masked words in captions of drawn scenes; it never saw a picture."
        ),
        translatable(
            "Trained on text alone to answer questions about captions of drawn scenes, and to tell "
            "the same in another order from something else; it never saw a picture."
        ),
        translatable(
            "The token vectors of mini-CLIP without a transformer above them: it binds nothing."
        ),
    )
)
"""What the files say of themselves."""


@dataclass(frozen=True)
class Miniature:
    """One of the pack's own small encoders."""

    name: str
    kind: str
    """clip or t5."""
    config: Mapping[str, Any]
    """transformers' own, with the whole vocabulary."""
    weights: Mapping[str, torch.Tensor]
    trained: str
    """How, in a sentence."""
    tokens: frozenset[int]
    """Tokens with rows of their own."""

    @property
    def has_pictures(self) -> bool:
        """Whether it has an image tower."""
        return self.kind == "clip" and self.name != BAG

    @property
    def describe(self) -> str:
        return f"{self.name}: {self.note()}"

    def note(self) -> str:
        """What it is and how it was trained."""
        return later(
            "A miniature, trained by this project on drawn scenes; not CLIP, not T5. {trained}",
            trained=later(self.trained) if self.trained in _TRAINED else self.trained,
        )


def load(name: str, folder: Path = FOLDER) -> Miniature:
    """Raises :class:`EncoderScopeError` where the pack came without it."""
    if name not in CHOICES:
        raise UnknownName("miniature", name, list(CHOICES))
    if name == BAG:
        return without_context(_loaded(CLIP, folder))
    return _loaded(name, folder)


def _loaded(name: str, folder: Path) -> Miniature:
    from safetensors import SafetensorError, safe_open

    path = folder / f"{name}.safetensors"
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads(file.metadata()["miniature"])
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (not a dictionary)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise EncoderScopeError(
            "{file} cannot be read ({why}).",
            "It was expected in {folder}.",
            "Install EncoderScope again.",
            file=path.name,
            why=type(error).__name__,
            folder=folder,
        ) from error
    kind = str(metadata["kind"])
    ids = weights.pop(IDS).long()
    weights = {key: weight.float() for key, weight in weights.items()}
    rows = weights[_TABLE[kind]]
    table = rows[0].expand(VOCABULARY[kind], -1).clone()
    table[ids] = rows[1:]
    return Miniature(
        name,
        kind,
        metadata["config"],
        {**weights, _TABLE[kind]: table},
        metadata["trained"],
        frozenset(ids.tolist()),
    )


def dual(mini: Miniature, tokenizer: Any, manage: Any = keep_device) -> DualEncoder:
    """``tokenizer``: CLIP's, of transformers. Raises :class:`EncoderScopeError` for the one that
    has no image tower.
    """
    if not mini.has_pictures:
        raise EncoderScopeError(
            "{name} reads text only: there are no pictures in its space.",
            "{first} or {second} was expected.",
            "Choose {first} or {second} for questions about pictures.",
            name=mini.name,
            first=CLIP,
            second=CLIP_HARD,
        )
    model = _filled(mini)
    side = int(mini.config["vision_config"]["image_size"])
    place: MoveToDevice = manage(model)
    return DualEncoder(
        title=mini.name,
        objective="softmax",
        dim=int(mini.config["projection_dim"]),
        scale=math.exp(float(mini.weights["logit_scale"])),
        bias=0.0,
        towers=TransformersTowers(model, place),
        reader=TextReader(
            TransformersTokenizer(tokenizer),
            int(mini.config["text_config"]["max_position_embeddings"]),
        ),
        recipe=ImageRecipe(side, (side, side)),
        notes=(mini.note(),),
    )


def text(mini: Miniature, tokenizer: Any) -> TransformersEncoder:
    """``tokenizer``: CLIP's or T5's, of transformers."""
    if mini.kind == "t5":
        return TransformersEncoder(_t5(mini), tokenizer, "t5", title=mini.name)
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        **{**mini.config["text_config"], "projection_dim": mini.config["projection_dim"]}
    )
    model = CLIPTextModelWithProjection(config)
    model.load_state_dict(text_weights(mini))
    return TransformersEncoder(model, tokenizer, "clip", title=mini.name)


def without_context(mini: Miniature) -> Miniature:
    """A CLIP with every layer, and what it knows of places, put to zero: a token has one vector
    wherever it stands and whatever stands beside it, so what belongs to what is lost by
    construction. Its pooled vector is the same for all texts.
    """
    silenced = ("self_attn.out_proj.", "mlp.fc2.", "position_embedding.")
    weights = {
        key: torch.zeros_like(weight) if any(part in key for part in silenced) else weight
        for key, weight in mini.weights.items()
    }
    trained = (
        f"The token vectors of {mini.name} without a transformer above them: it binds nothing."
    )
    return replace(mini, name=BAG, weights=weights, trained=trained)


def text_weights(mini: Miniature) -> dict[str, torch.Tensor]:
    """Those of the text encoder alone."""
    if mini.kind == "t5":
        return dict(mini.weights)
    return {
        key: weight
        for key, weight in mini.weights.items()
        if key.startswith(("text_model.", "text_projection."))
    }


def _filled(mini: Miniature) -> Any:
    model = empty("clip", dict(mini.config))
    model.load_state_dict(dict(mini.weights), strict=True, assign=True)
    return model.requires_grad_(False)


def _t5(mini: Miniature) -> Any:
    from transformers import T5Config, T5EncoderModel

    model = T5EncoderModel(T5Config(**mini.config))
    weights = {**mini.weights, "encoder.embed_tokens.weight": mini.weights[_TABLE["t5"]]}
    expected = set(model.state_dict())
    model.load_state_dict(
        {key: weight for key, weight in weights.items() if key in expected}, strict=True
    )
    return model
