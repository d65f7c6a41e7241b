"""Encoders whose verdicts are compared: the miniatures, and a small CLIP that is trained here to
bind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

BINDER = "CLIP trained to bind"
WORDS = (
    ["red", "blue", "green", "white", "pink", "brown"],
    ["car", "house", "cup", "dog", "chair", "tree", "horse", "boat"],
)


class Encoder(NamedTuple):
    name: str
    folder: Path
    """As a Hugging Face folder, in fp32."""
    prompts: list[str]


def save_encoder(folder: Path, config: dict[str, Any], weights: dict[str, Any]) -> Path:
    from safetensors.torch import save_file

    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(
        {key: value.clone().contiguous() for key, value in weights.items()},
        folder / "model.safetensors",
    )
    return folder


def miniatures(folder: Path) -> Iterator[Encoder]:
    """With their config.json: a file alone does not tell that their heads are 32 wide."""
    from encoderscope.conditioning import miniature
    from encoderscope.conditioning.scenes.scene import scenes
    from encoderscope.tools.miniatures.figures import prompt

    prompts = [prompt(scene) for scene in scenes(30, "test", 30)]
    for name in miniature.NAMES:
        mini = miniature.load(name)
        config = dict(mini.config)
        if mini.kind == "clip":
            config = {
                **config["text_config"],
                "projection_dim": config["projection_dim"],
                "model_type": "clip_text_model",
            }
        else:
            config |= {"model_type": "t5"}
        yield Encoder(
            name, save_encoder(folder / name, config, miniature.text_weights(mini)), prompts
        )


def binder(folder: Path) -> Encoder:
    """Trained here, 128 wide, 2 layers, with every word's vector as drawn: all words of the suite
    differ. A T5 of this size had not learned it after 600 steps.
    """
    from encoderscope.host import miniatures as miniature
    from encoderscope.tests.binding import trained

    m, o = WORDS
    prompts = [
        f"a {m[k % 6]} {o[k % 8]} and a {m[(k * 5 + 1 + k // 6) % 6]} {o[(k * 3 + 1) % 8]}"
        for k in range(30)
    ]
    encoder = trained.clip(miniature.tokenizer("clip"))
    loss = trained.train(encoder, WORDS, binds=True, steps=220, batch=48)
    assert loss < 0.3, f"the training came to nothing: loss {loss:.2f}"
    encoder.model.save_pretrained(folder / "binder")
    return Encoder(BINDER, folder / "binder", prompts)
