"""Trains the miniatures and writes `assets/miniature/`: run by `python dev.py train-miniatures
[name ...]`.

Deterministic on one kind of machine: seeds, one thread for each, no nondeterministic kernels.
Another processor rounds otherwise, and so gives other weights that score alike. Files are written
whole or not at all.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...host.torch_companions import mend_torchvision
from .. import tensor_files
from ..comfyui import find_host
from ..places import ROOT, SetupError
from . import clips, t5_questions, t5s
from .reduced_vocabulary import ReducedVocabulary

FOLDER = ROOT / "assets" / "miniature"
WORKERS = 2


class MiniatureRecipe(NamedTuple):
    kind: str
    trained: str
    train: Callable[[ReducedVocabulary, Callable[[str], None]], Any]


def _clip(
    settings: clips.ClipTraining,
) -> Callable[[ReducedVocabulary, Callable[[str], None]], Any]:
    return lambda vocabulary, log: clips.train(vocabulary, settings, log)


RECIPES = {
    "mini-CLIP": MiniatureRecipe(
        "clip",
        (
            "Trained to match drawn scenes with captions, no two of a batch of the same "
            "words, and to refuse things called by a wrong name."
        ),
        _clip(clips.ClipTraining(hard=False, plain=250, full=50)),
    ),
    "mini-CLIP-hard": MiniatureRecipe(
        "clip",
        (
            "Trained as mini-CLIP, for longer, and also to refuse captions with the colours, "
            "sizes or places exchanged."
        ),
        _clip(clips.ClipTraining(hard=True, full=1500)),
    ),
    "mini-T5": MiniatureRecipe(
        "t5",
        "Trained to restore masked words in captions of drawn scenes; it never saw a picture.",
        lambda vocabulary, log: t5s.train(vocabulary, t5s.T5Training(), log),
    ),
    "mini-T5-hard": MiniatureRecipe(
        "t5",
        (
            "Trained on text alone to answer questions about captions of drawn scenes, and to tell "
            "the same in another order from something else; it never saw a picture."
        ),
        lambda vocabulary, log: t5_questions.train(
            vocabulary, t5_questions.QuestionTraining(), log
        ),
    ),
}
MARKS = {"clip": (49406, 49407), "t5": (0, t5s.END, t5s.SENTINEL)}
_TOKENIZERS = {"clip": "comfy/sd1_tokenizer", "t5": "comfy/text_encoders/t5_tokenizer"}
_TABLES = {"clip": "text_model.embeddings.token_embedding.weight", "t5": "shared.weight"}
_VOCABULARY_SIZES = {"clip": 49408, "t5": 32128}


def reduced_vocabulary(kind: str) -> ReducedVocabulary:
    from transformers import AutoTokenizer

    host = find_host()
    if host is None:
        raise SetupError(
            "No ComfyUI was found, whose tokenizers are needed. Run: python dev.py demo"
        )
    return ReducedVocabulary(
        AutoTokenizer.from_pretrained(str(host.path / _TOKENIZERS[kind]), local_files_only=True),
        MARKS[kind],
    )


def save(
    name: str,
    model: Any,
    vocabulary: ReducedVocabulary,
    description: dict[str, Any],
    folder: Path = FOLDER,
) -> Path:
    """Write a miniature in fp16, with the ids of its rows. ``description``: what goes into the
    file's metadata beside its configuration.
    """
    kind = RECIPES[name].kind
    weights = {
        key: weight.detach().half().contiguous()
        for key, weight in model.state_dict().items()
        if _is_saved(key)
    }
    assert weights[_TABLES[kind]].shape[0] == vocabulary.size
    weights["token_ids"] = torch.tensor(vocabulary.ids, dtype=torch.int32)
    about = {
        "kind": kind,
        "config": _config(kind, model),
        "trained": RECIPES[name].trained,
        **description,
    }
    metadata = {"miniature": json.dumps(about, sort_keys=True)}
    return tensor_files.save(weights, folder / f"{name}.safetensors", metadata)


def _is_saved(key: str) -> bool:
    return key != "encoder.embed_tokens.weight" and not key.endswith("position_ids")


def _config(kind: str, model: Any) -> dict[str, Any]:
    """What a reader needs, with the whole vocabulary and its own marks."""
    config = model.config
    vocabulary = {"vocab_size": _VOCABULARY_SIZES[kind]}
    if kind == "t5":
        names: tuple[str, ...] = (
            "d_model",
            "d_kv",
            "d_ff",
            "num_layers",
            "num_heads",
            "feed_forward_proj",
            "dropout_rate",
        )
        return {
            **{name: getattr(config, name) for name in names},
            **vocabulary,
            "pad_token_id": 0,
            "eos_token_id": t5s.END,
        }
    names = (
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "hidden_act",
    )
    text = {name: getattr(config.text_config, name) for name in (*names, "max_position_embeddings")}
    vision = {
        name: getattr(config.vision_config, name) for name in (*names, "image_size", "patch_size")
    }
    marks = {"bos_token_id": 49406, "eos_token_id": 49407, "pad_token_id": 49407}
    return {
        "text_config": {**text, **vocabulary, **marks},
        "vision_config": vision,
        "projection_dim": config.projection_dim,
    }


def make(name: str) -> dict[str, Any]:
    """Train a miniature and write its file; the card's figures of it are returned."""
    mend_torchvision()
    torch.set_num_threads(1)  # two at a time then take both cores, and sums are made in one order
    torch.use_deterministic_algorithms(True)
    recipe = RECIPES[name]
    start = time.monotonic()
    vocabulary = reduced_vocabulary(recipe.kind)
    curve: list[str] = []

    def log(line: str) -> None:
        curve.append(line)
        print(f"{name:14}  {line}  {time.monotonic() - start:5.0f} s", flush=True)

    model = recipe.train(vocabulary, log)
    path = save(name, model, vocabulary, {"curve": curve})
    parameters = sum(weight.numel() for weight in model.parameters())
    return {
        "name": name,
        "parameters": parameters,
        "bytes": path.stat().st_size,
        "curve": curve,
        "seconds": time.monotonic() - start,
    }


def main(names: Sequence[str]) -> int:
    """Without names: all, and the card."""
    unknown = sorted(set(names) - set(RECIPES))
    if unknown:
        print(
            f"There is no miniature {unknown[0]!r}. Known: {', '.join(RECIPES)}.", file=sys.stderr
        )
        return 2
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        miniatures = list(pool.map(make, names or RECIPES))
        for miniature in miniatures:
            size, seconds = miniature["bytes"] / 1e6, miniature["seconds"]
            print(
                f"Written: {miniature['name']}.safetensors ({size:.2f} MB) in {seconds:.0f} s",
                flush=True,
            )
        if not names:
            from . import card

            card.write(miniatures, list(pool.map(card.measured, RECIPES)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
