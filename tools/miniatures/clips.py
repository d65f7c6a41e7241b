"""Trains the two miniature CLIPs on drawn scenes: first one thing at a time, then two."""

from __future__ import annotations

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
from .descent import Descent
from .reduced_vocabulary import ReducedVocabulary

WIDTH, LAYERS, HEADS, SIDE, PATCH = 128, 3, 4, 64, 16
RECIPE = ImageRecipe(SIDE, (SIDE, SIDE))
HOTTEST = 4.0
"""The logarithm of the largest logit scale."""
Log = Callable[[str], None]
"""Prints a line on how training goes."""


@dataclass(frozen=True)
class ClipTraining:
    """How a CLIP is trained."""

    hard: bool
    """Every caption's rival is one more caption that its picture must refuse."""
    single: int = 400
    """Steps with one thing: shapes are learned many times sooner so."""
    plain: int = 400
    """Steps with two things, colours only, in few words."""
    full: int = 800
    """Steps with everything that a caption can name."""
    batch: int = 96
    rate: float = 1e-3
    seed: int = 1


class CaptionBatch(NamedTuple):
    """What one training step sees."""

    scenes: Sequence[Scene]
    captions: Sequence[str]
    """One for each scene; no two are made of the same words."""
    false: Sequence[str] = ()
    """Captions that no picture of the batch has."""


def untrained(vocabulary: ReducedVocabulary, seed: int) -> Any:
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
        "bos_token_id": vocabulary.row(49406),
        "eos_token_id": vocabulary.row(49407),
        "pad_token_id": vocabulary.row(49407),
    }
    text = {**tower, **marks, "vocab_size": vocabulary.size, "max_position_embeddings": 77}
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
    vocabulary: ReducedVocabulary,
    settings: ClipTraining,
    log: Log,
    watch: Callable[[Any], str] = lambda _: "",
) -> Any:
    """Train a CLIP on drawn scenes. ``watch``: what to add to a line of ``log``."""
    model = untrained(vocabulary, settings.seed).train()
    undecayed = [p for name, p in model.named_parameters() if p.ndim < 2 or "embedding" in name]
    weights = [p for p in model.parameters() if all(p is not other for other in undecayed)]
    groups = [{"params": weights, "weight_decay": 0.05}, {"params": undecayed, "weight_decay": 0.0}]
    even = settings.single + settings.plain
    descent = Descent(model.parameters(), settings.rate, even, settings.full, groups)
    for step, batch in enumerate(batches(settings)):
        loss = contrast(model, vocabulary, batch)
        descent.step(loss)
        with torch.no_grad():
            model.logit_scale.clamp_(max=HOTTEST)
        if (step + 1) % 100 == 0:
            log(f"step {step + 1:5}  loss {loss.item():.3f}{watch(model.eval())}")
            model.train()
    return model.eval().requires_grad_(False)


def batches(settings: ClipTraining) -> Iterator[CaptionBatch]:
    dice = random.Random(settings.seed)
    training_bags = bags("train")
    pairs = list(dict.fromkeys(bag.colours for bag in training_bags))
    for _ in range(settings.single):
        yield single(dice)
    for step in range(settings.plain + settings.full):
        # Some pairs of colours with all their pairs of shapes, so that colours alone say little.
        place = {pair: k for k, pair in enumerate(shuffled(dice, pairs))}
        chosen_bags = sorted(training_bags, key=lambda bag: place[bag.colours])[: settings.batch]
        scenes = [scene(dice, bag) for bag in chosen_bags]
        captions = [drawn_caption(drawn, dice, plain=step < settings.plain) for drawn in scenes]
        texts = [drawn.text for drawn in captions]
        false = [misnamed(drawn, text, dice) for drawn, text in zip(scenes, texts, strict=True)]
        if settings.hard:
            false += [drawn.rival for drawn in captions]
        yield CaptionBatch(scenes, texts, false)


def drawn_caption(drawn: Scene, dice: random.Random, *, plain: bool) -> Caption:
    """A caption of a scene. ``plain``: of its colours only, in the fewest words."""
    if plain:
        return plain_caption(drawn, dice)
    kind = "colour"
    if dice.random() >= 0.2:
        kind = pick(dice, kinds(drawn))
    return caption(drawn, dice, kind)


def plain_caption(drawn: Scene, dice: random.Random) -> Caption:
    """Colours and things in the fewest words."""
    frame, other_frame = shuffled(dice, TOGETHER[:2])
    first, second = shuffled(dice, drawn.things)

    def text(frame: str, *pairs: tuple[str, str]) -> str:
        phrases = [f"a {colour} {shape}" for colour, shape in pairs]
        return frame.replace("{A}", phrases[0]).replace("{B}", phrases[1])

    right = (first.colour, first.shape), (second.colour, second.shape)
    wrong = (second.colour, first.shape), (first.colour, second.shape)
    return Caption(
        text(frame, *right), text(frame, *wrong), text(other_frame, *right[::-1]), "colour"
    )


def misnamed(drawn: Scene, text: str, dice: random.Random) -> str:
    """The caption with one thing called by another's name, one that is not there."""
    present = [thing.shape for thing in drawn.things]
    absent = [shape for shape in SHAPES if shape not in present]
    return text.replace(pick(dice, present), pick(dice, absent))


def single(dice: random.Random) -> CaptionBatch:
    """Each thing in each colour once, alone."""
    pairs = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    scenes = [staged(dice, pair, pair) for pair in pairs]
    single_things = [replace(drawn, things=drawn.things[:1]) for drawn in scenes]
    return CaptionBatch(single_things, [f"a {colour} {shape}" for colour, shape in pairs])


def contrast(model: Any, vocabulary: ReducedVocabulary, batch: CaptionBatch) -> torch.Tensor:
    """CLIP's loss, both ways; every picture must also refuse all false captions."""
    texts = vocabulary.batch([*batch.captions, *batch.false])
    out = model(input_ids=texts, pixel_values=RECIPE(draw(batch.scenes, SIDE)).values)
    count = len(batch.scenes)
    right = torch.arange(count)
    to_texts = functional.cross_entropy(out.logits_per_image, right)
    return (to_texts + functional.cross_entropy(out.logits_per_text[:count], right)) / 2
