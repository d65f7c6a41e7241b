"""One variant's training: rectified flow on latents of drawn scenes, as the host's SD3 samples it.

A step's batch follows from its number and the seed alone, so all variants see the same scenes,
captions, times and noise, and a training that was interrupted goes on as if it had not been.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...conditioning.english import frames
from ...conditioning.scenes.captions import caption, kinds
from ...conditioning.scenes.scene import Scene, pick, scenes
from .. import tensor_files
from . import host_parts, scene_latents
from .scene_latents import Drawn
from .variant_encoders import ROWS, WIDTH, Conditioning, Encode

FULL = (5000, 1200)
"""Pairs and single things whose captions are encoded with all rows."""
Log = Callable[[str], None]


@dataclass(frozen=True)
class GeneratorTraining:
    """How a generator is trained. Equal for all variants."""

    depth: int = 3
    """Blocks, and heads; it is 64 times as wide."""
    single: int = 200
    """Steps with pictures of one thing."""
    short: int = 3300
    """Steps with two things, and the first rows of every encoder."""
    full: int = 350
    """Steps with all rows that the host gives, so that padding does no harm."""
    batch: int = 128
    rows: int = 20
    """Of each encoder, in short steps; no caption is longer."""
    rate: float = 2e-3
    even: float = 0.5
    """Part of all steps after which the rate falls to nothing."""
    dropped: float = 0.1
    """Share of captions that are exchanged for the empty prompt (classifier-free guidance)."""
    still_single: float = 0.1
    """Share of pictures of one thing in later steps."""
    captions: int = 2
    """Of each scene."""
    middle: float = 0.4
    """Of the logit of the times, whose spread is 1."""
    average: float = 0.998
    """Of the weights that are saved, over steps."""
    seed: int = 17
    pixels: int = 64
    """Side of a picture; the model has places for 128."""
    pairs: int = scene_latents.PAIRS
    singles: int = scene_latents.SINGLES
    held_out: int = 128

    @property
    def steps(self) -> int:
        return self.single + self.short + self.full


class Shown(NamedTuple):
    """Scenes and their captions."""

    latents: torch.Tensor
    """Pairs, then single things."""
    pairs: int
    conditioning: Conditioning
    """Of all captions, ``captions`` for each scene in turn; the last is the empty prompt."""


class Lessons(NamedTuple):
    """All that a training can see."""

    short: Shown
    full: Shown
    """Fewer scenes, and all rows that the host gives."""
    held_out: Held


class Held(NamedTuple):
    """Scenes of bags that are never trained on."""

    latents: torch.Tensor
    right: Conditioning
    rival: Conditioning
    """Of the caption with the colours exchanged."""


class TrainingBatch(NamedTuple):
    latents: torch.Tensor
    conditioning: Conditioning
    times: torch.Tensor
    """0 to 1: how much of the input is noise."""
    noise: torch.Tensor

    def to(self, device: str) -> TrainingBatch:
        """Where a model computes."""
        read = Conditioning(*(part.to(device) for part in self.conditioning))
        return TrainingBatch(
            self.latents.to(device), read, self.times.to(device), self.noise.to(device)
        )


def captions_of(listed: Sequence[Scene], count: int, seed: int) -> list[str]:
    """``count`` captions for each scene: colours most often, else sizes or places."""
    dice = random.Random(seed)
    return [_caption_of(drawn, dice) for drawn in listed for _ in range(count)]


def _caption_of(drawn: Scene, dice: random.Random) -> str:
    if len(drawn.things) == 1:
        [thing] = drawn.things
        frame = pick(dice, frames.ONE_PHRASE) if dice.random() < 0.5 else "{X}"
        return frame.replace("{X}", f"a {thing.colour} {thing.shape}")
    kind = "colour" if dice.random() < 0.55 else pick(dice, kinds(drawn))
    return caption(drawn, dice, kind).text


def lessons(encode: Encode, settings: GeneratorTraining, device: str = "cpu") -> Lessons:
    """Scenes, latents and captions, encoded once; they stay on the processor."""
    pairs = scene_latents.pairs(settings.pairs, settings.pixels, device)
    singles = scene_latents.singles(settings.singles, settings.pixels, device)
    few = [
        Drawn(drawn.scenes[:count], drawn.latents[:count])
        for drawn, count in zip((pairs, singles), FULL, strict=True)
    ]
    return Lessons(
        _taught(encode, settings, (pairs, singles), settings.rows),
        _taught(encode, settings, few, ROWS),
        _held_out(encode, settings, device),
    )


def _taught(
    encode: Encode, settings: GeneratorTraining, drawn: Sequence[Drawn], rows: int
) -> Shown:
    pairs, singles = drawn
    listed = [*pairs.scenes, *singles.scenes]
    texts = captions_of(listed, settings.captions, settings.seed)
    of_texts = [scene for scene in listed for _ in range(settings.captions)]
    conditioning = encode([*texts, ""], [*of_texts, None], rows)
    return Shown(torch.cat([pairs.latents, singles.latents]), len(pairs.scenes), conditioning)


def _held_out(encode: Encode, settings: GeneratorTraining, device: str) -> Held:
    listed, rows = scenes(settings.held_out, "test", 91), settings.rows
    dice = random.Random(91)
    captions = [caption(drawn, dice, "colour") for drawn in listed]
    return Held(
        scene_latents.held_out(listed, settings.pixels, device),
        encode([each.text for each in captions], listed, rows),
        encode([each.rival for each in captions], [drawn.swapped() for drawn in listed], rows),
    )


def batch(taught: Lessons, settings: GeneratorTraining, step: int) -> TrainingBatch:
    """What step ``step`` (from 0) sees."""
    data = taught.short if step < settings.single + settings.short else taught.full
    dice = torch.Generator().manual_seed(settings.seed * 1_000_003 + step)
    count, of_pairs = settings.batch, data.pairs
    numbers = torch.randint(of_pairs, (count,), generator=dice)
    single = torch.randint(of_pairs, len(data.latents), (count,), generator=dice)
    share = 1.0 if step < settings.single else settings.still_single
    numbers = torch.where(torch.rand(count, generator=dice) < share, single, numbers)
    texts = numbers * settings.captions
    texts += torch.randint(settings.captions, (count,), generator=dice)
    texts[torch.rand(count, generator=dice) < settings.dropped] = len(data.conditioning.rows) - 1
    logits = torch.randn(count, generator=dice) + settings.middle
    latents = data.latents[numbers].float()
    noise = torch.randn(latents.shape, generator=dice)
    return TrainingBatch(latents, data.conditioning.of(texts), logits.sigmoid(), noise)


def error(model: Any, examples: TrainingBatch) -> torch.Tensor:
    """(picture,): squared error of the velocity, noise minus latent, which the host's SD3 model
    answers at x = (1 - s) latent + s noise and timestep 1000 s.
    """
    s = examples.times[:, None, None, None]
    mixed = (1 - s) * examples.latents + s * examples.noise
    with torch.autocast(mixed.device.type, torch.bfloat16):
        answer = model(
            mixed,
            1000 * examples.times,
            examples.conditioning.pooled.float(),
            examples.conditioning.rows,
            transformer_options={"optimized_attention_override": _attention},
        )
    return (answer.float() - (examples.noise - examples.latents)).square().mean((1, 2, 3))


def _attention(
    _: Any, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, heads: int, **__: Any
) -> torch.Tensor:
    """The host's attention written out: for so few tokens twice as fast as torch's on a processor,
    whose backward pass is slow.
    """
    count, tokens, width = q.shape
    parts = (
        part.view(count, tokens, heads, -1).transpose(1, 2).reshape(count * heads, tokens, -1)
        for part in (q, k, v)
    )
    q, k, v = parts
    weights = torch.bmm(q * q.shape[-1] ** -0.5, k.transpose(1, 2)).softmax(-1)
    out = torch.bmm(weights, v).view(count, heads, tokens, -1)
    return out.transpose(1, 2).reshape(count, tokens, width)


def untrained(settings: GeneratorTraining, rows: torch.Tensor) -> Any:
    """The host's MMDiT. Its blocks begin as the identity; rows of the context reach them at a scale
    of one.
    """
    torch.manual_seed(settings.seed)
    model = host_parts.mmdit(settings.depth, WIDTH, WIDTH)
    model.pos_embed.copy_(host_parts.places(model.hidden_size))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "adaLN_modulation" in name or name.startswith("final_layer.linear"):
                weight.zero_()
        for block in model.joint_blocks:
            for part in (block.context_block, block.x_block):
                for norm in (part.attn.ln_q, part.attn.ln_k):
                    norm.weight.fill_(1.0)
        scale = rows.float().square().sum(-1).mean().sqrt()
        torch.nn.init.normal_(model.context_embedder.weight, std=1 / scale.item())
        model.context_embedder.bias.zero_()
        torch.nn.init.normal_(model.y_embedder.mlp[0].weight, std=WIDTH**-0.5)
    return model.train()


class Optimizers:
    """Muon for the matrices of the blocks, AdamW for all else; one schedule."""

    def __init__(self, model: Any, settings: GeneratorTraining) -> None:
        self.settings = settings
        matrices: list[torch.nn.Parameter] = []
        others: list[torch.nn.Parameter] = []
        for name, weight in model.named_parameters():
            inner = weight.ndim == 2 and "joint_blocks" in name and "adaLN" not in name
            (matrices if inner else others).append(weight)
        self.muon = torch.optim.Muon(
            matrices,
            lr=settings.rate,
            weight_decay=0.01,
            momentum=0.95,
            adjust_lr_fn="match_rms_adamw",
        )
        self.adam = torch.optim.AdamW(
            others, lr=settings.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True
        )

    @property
    def parts(self) -> tuple[torch.optim.Optimizer, ...]:
        return (self.muon, self.adam)

    def step(self, number: int) -> None:
        rate = self.settings.rate * falling(number, self.settings)
        for part in self.parts:
            part.param_groups[0]["lr"] = rate
            part.step()
            part.zero_grad()


def falling(step: int, settings: GeneratorTraining) -> float:
    """A part of the full rate: up over 100 steps, even, then down along a line."""
    left = (settings.steps - step) / (settings.steps * (1 - settings.even))
    return min(1.0, (step + 1) / 100, left)


def train(
    taught: Lessons, settings: GeneratorTraining, log: Log, state: Path | None, device: str = "cpu"
) -> tuple[Any, dict[str, torch.Tensor]]:
    """The model and its averaged weights. ``state``: a file to go on from and to write to."""
    model = untrained(settings, taught.short.conditioning.rows[:512]).to(device)
    run = Run(model, Optimizers(model, settings), settings, state)
    run.resume()
    losses: list[float] = []
    for step in range(run.step, settings.steps):
        loss = error(model, batch(taught, settings, step).to(device)).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        run.optimizers.step(step)
        run.averaged()
        losses.append(loss.item())
        if (step + 1) % 100 == 0 or step + 1 == settings.steps:
            mean, losses = sum(losses) / len(losses), []
            log(f"step {step + 1:5}  loss {mean:.4f}  {prefers(model, taught.held_out, device)}")
            run.keep_now_and_then()
    run.keep()
    return model, run.average


@torch.no_grad()
def prefers(model: Any, scenes_held_out: Held, device: str = "cpu") -> str:
    """Of scenes never seen: the error with their caption, and how often it is less than with the
    colours exchanged, at the same noise.
    """
    dice = torch.Generator().manual_seed(5)
    count, times = len(scenes_held_out.latents), torch.tensor([0.35, 0.55, 0.7, 0.85])
    own, other = torch.zeros(count), torch.zeros(count)
    for at in times:
        noise = torch.randn(scenes_held_out.latents.shape, generator=dice)
        for total, read in ((own, scenes_held_out.right), (other, scenes_held_out.rival)):
            examples = TrainingBatch(scenes_held_out.latents, read, at.expand(count), noise)
            total += error(model, examples.to(device)).cpu() / len(times)
    return f"held out {own.mean():.4f}  own caption {100 * (own < other).float().mean():.0f} %"


class Run:
    """What goes on from step to step, and its file."""

    def __init__(
        self, model: Any, optimizers: Optimizers, settings: GeneratorTraining, state: Path | None
    ) -> None:
        self.model, self.optimizers, self.settings = model, optimizers, settings
        self.path, self.step, self.saved = state, 0, time.monotonic()
        self.average = {name: weight.clone() for name, weight in model.state_dict().items()}

    @torch.no_grad()
    def averaged(self) -> None:
        """Count a step, and take its weights into the average."""
        self.step += 1
        new = 1 - min(self.settings.average, self.step / (10 + self.step))
        weights = self.model.state_dict()
        torch._foreach_lerp_(list(self.average.values()), [weights[k] for k in self.average], new)

    def keep_now_and_then(self, seconds: float = 180) -> None:
        if time.monotonic() - self.saved > seconds:
            self.keep()

    def keep(self) -> None:
        """Write all that is needed to go on."""
        if self.path is None:
            return
        tensors = {f"model.{name}": weight for name, weight in self.model.state_dict().items()}
        tensors |= {f"average.{name}": weight for name, weight in self.average.items()}
        tensors |= self._of_optimizers()
        about = {"step": str(self.step), "settings": json.dumps(asdict(self.settings))}
        tensors = {key: weight.detach().cpu().contiguous() for key, weight in tensors.items()}
        tensor_files.save(tensors, self.path, about)
        self.saved = time.monotonic()

    def _of_optimizers(self) -> dict[str, torch.Tensor]:
        return {
            f"optimizer.{number}.{weight}.{name}": value
            for number, part in enumerate(self.optimizers.parts)
            for weight, values in part.state_dict()["state"].items()
            for name, value in values.items()
        }

    def resume(self) -> None:
        """Go on from the file, if it was written with these settings."""
        from safetensors import safe_open

        if self.path is None or not self.path.exists():
            return
        with safe_open(self.path, framework="pt") as file:
            about = file.metadata()
            if json.loads(about["settings"]) != asdict(self.settings):
                return
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (not a dictionary)
        self.step = int(about["step"])
        self.model.load_state_dict(_below("model.", tensors))
        for name, weight in _below("average.", tensors).items():
            self.average[name].copy_(weight)
        for number, part in enumerate(self.optimizers.parts):
            part.load_state_dict(_optimizer_state(part, _below(f"optimizer.{number}.", tensors)))


def _below(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }


def _optimizer_state(
    part: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]
) -> dict[str, Any]:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        weight, name = key.split(".", 1)
        state.setdefault(int(weight), {})[name] = value
    return {"state": state, "param_groups": part.state_dict()["param_groups"]}
