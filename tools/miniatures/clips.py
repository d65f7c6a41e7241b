"""Trains the two miniature CLIPs on drawn scenes: first one thing at a time, then two."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch.nn import functional

from ...conditioning.image_text.images import ImageRecipe
from ...conditioning.scenes.captions import TOGETHER, Caption, caption, kinds
from ...conditioning.scenes.drawing import draw
from ...conditioning.scenes.scene import COLOURS, SHAPES, Scene, bags, pick, scene, shuffled, staged
from .vocabulary import Kept

WIDTH, LAYERS, HEADS, SIDE, PATCH = 128, 3, 4, 64, 16
RECIPE = ImageRecipe(SIDE, (SIDE, SIDE))
HOTTEST = 4.0
"""The logarithm of the largest logit scale."""
Told = Callable[[str], None]


@dataclass(frozen=True)
class Lesson:
    hard: bool
    """Every caption's rival is one more caption to tell from it."""
    single: int = 400
    """Steps with one thing: shapes are learned many times sooner so."""
    plain: int = 400
    """Steps with two things, colours only, in few words."""
    full: int = 800
    """Steps with all that can be said of a scene."""
    batch: int = 96
    rate: float = 1e-3
    seed: int = 1


class Batch(NamedTuple):
    scenes: Sequence[Scene]
    captions: Sequence[str]
    """One for each scene; no two are made of the same words."""
    false: Sequence[str] = ()
    """Captions that no picture of the batch has."""


def untrained(kept: Kept, seed: int) -> Any:
    """transformers' CLIPModel over the kept rows of CLIP's vocabulary."""
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(seed)
    tower = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
    }
    marks = {
        "bos_token_id": kept.row(49406),
        "eos_token_id": kept.row(49407),
        "pad_token_id": kept.row(49407),
    }
    text = {**tower, **marks, "vocab_size": kept.size, "max_position_embeddings": 77}
    vision = {**tower, "image_size": SIDE, "patch_size": PATCH}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=WIDTH))
    with torch.no_grad():
        model.vision_model.embeddings.position_embedding.weight[1:] = _places(SIDE // PATCH)
    return model


def _places(across: int) -> torch.Tensor:
    """(patch, dim): sines of where a patch lies. Drawn at random, places are learned long after
    what is in them.
    """
    at = torch.arange(across) / across
    rate = torch.pi * torch.arange(1, WIDTH // 4 + 1) / 4
    waves = torch.cat([(at[:, None] * rate).sin(), (at[:, None] * rate).cos()], dim=1)
    down, right = waves[:, None].expand(-1, across, -1), waves[None].expand(across, -1, -1)
    return torch.cat([down, right], dim=-1).reshape(across * across, WIDTH) / 2


def train(
    kept: Kept, lesson: Lesson, tell: Told, watch: Callable[[Any], str] = lambda _: ""
) -> Any:
    """``watch``: what to tell of the model now and then."""
    model = untrained(kept, lesson.seed).train()
    still = [p for name, p in model.named_parameters() if p.ndim < 2 or "embedding" in name]
    weights = [p for p in model.parameters() if all(p is not one for one in still)]
    groups = [{"params": weights, "weight_decay": 0.05}, {"params": still, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=lesson.rate, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: falling(step, lesson.single + lesson.plain, lesson.full)
    )
    for step, batch in enumerate(batches(lesson)):
        loss = contrast(model, kept, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=HOTTEST)
        if (step + 1) % 100 == 0:
            tell(f"step {step + 1:5}  loss {loss.item():.3f}{watch(model.eval())}")
            model.train()
    return model.eval().requires_grad_(False)


def falling(step: int, even: int, then: int) -> float:
    """A part of the full rate: up over 30 steps, even for a while, then down along a cosine."""
    done = max(0.0, (step - even) / then)
    return min(1.0, (step + 1) / 30) * (0.52 + 0.48 * math.cos(math.pi * min(1.0, done)))


def batches(lesson: Lesson) -> Iterator[Batch]:
    dice, known = random.Random(lesson.seed), bags("train")
    pairs = list(dict.fromkeys(bag.colours for bag in known))
    for _ in range(lesson.single):
        yield single(dice)
    for step in range(lesson.plain + lesson.full):
        # Some pairs of colours with all their pairs of shapes, so that colours alone tell little.
        place = {pair: k for k, pair in enumerate(shuffled(dice, pairs))}
        near = sorted(known, key=lambda bag: place[bag.colours])[: lesson.batch]
        scenes = [scene(dice, bag) for bag in near]
        said = [
            caption(one, dice, kind_of(one, dice)) if step >= lesson.plain else plainly(one, dice)
            for one in scenes
        ]
        false = [misnamed(one, told.text, dice) for one, told in zip(scenes, said, strict=True)]
        yield Batch(
            scenes,
            [one.text for one in said],
            [*false, *([one.rival for one in said] if lesson.hard else [])],
        )


def kind_of(one: Scene, dice: random.Random) -> str:
    return "colour" if dice.random() < 0.2 else pick(dice, kinds(one))


def plainly(one: Scene, dice: random.Random) -> Caption:
    """Colours and things in the fewest words."""
    frame, other = shuffled(dice, TOGETHER[:2])
    first, second = shuffled(dice, one.things)

    def said(frame: str, *told: tuple[str, str]) -> str:
        (a, b), (c, d) = told
        return frame.replace("{A}", f"a {a} {b}").replace("{B}", f"a {c} {d}")

    right = (first.colour, first.shape), (second.colour, second.shape)
    wrong = (second.colour, first.shape), (first.colour, second.shape)
    return Caption(said(frame, *right), said(frame, *wrong), said(other, *right[::-1]), "colour")


def misnamed(one: Scene, text: str, dice: random.Random) -> str:
    """The caption with one thing called by another's name, one that is not there."""
    here = [thing.shape for thing in one.things]
    return text.replace(
        pick(dice, here), pick(dice, [shape for shape in SHAPES if shape not in here])
    )


def single(dice: random.Random) -> Batch:
    """Each thing in each colour once, alone."""
    all_of = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    scenes = [staged(dice, one, one) for one in all_of]
    alone = [replace(one, things=one.things[:1]) for one in scenes]
    return Batch(alone, [f"a {colour} {shape}" for colour, shape in all_of])


def contrast(model: Any, kept: Kept, batch: Batch) -> torch.Tensor:
    """CLIP's loss, both ways; every picture must also refuse all false captions."""
    texts = kept.batch([*batch.captions, *batch.false])
    out = model(input_ids=texts, pixel_values=RECIPE(draw(batch.scenes, SIDE)).values)
    count, right = len(batch.scenes), torch.arange(len(batch.scenes))
    to_texts = functional.cross_entropy(out.logits_per_image, right)
    return (to_texts + functional.cross_entropy(out.logits_per_text[:count], right)) / 2
