"""Every long work of the pack on the miniatures, for the tests of what a fault leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from encoderscope.tests.host.cached import node

TEXT = "a red circle to the left of a blue square"
MINIATURE = "mini-CLIP-hard"


@dataclass
class Bench:
    """What the works are done on, made once; ``folder`` holds what they write."""

    folder: Path

    @cached_property
    def clip(self) -> Any:
        from encoderscope.host import miniatures

        return miniatures.clip(MINIATURE, "sdxl")

    @cached_property
    def small_clip(self) -> Any:
        """The one that the miniature image model was trained with."""
        from encoderscope.host import miniatures

        return miniatures.clip(MINIATURE, "sd3 without T5")

    @cached_property
    def model(self) -> Any:
        from encoderscope.host.generator import miniature_model

        return miniature_model.model("clip-hard")

    @cached_property
    def dual(self) -> Any:
        from encoderscope.host import miniatures

        return miniatures.dual(MINIATURE)

    @cached_property
    def picture(self) -> tuple[torch.Tensor, str]:
        from encoderscope.conditioning.scenes import scene_pair

        image, caption, _ = scene_pair.drawn(("red", "car"), ("blue", "house"), 3, 64)
        return image, caption

    def owners(self) -> Iterator[Any]:
        """Whatever may carry patches."""
        yield from (self.clip.patcher, self.small_clip.patcher, self.model)

    def modules(self) -> Iterator[torch.nn.Module]:
        """Whatever may carry hooks."""
        for root in (self.clip.cond_stage_model, self.small_clip.cond_stage_model):
            yield from root.modules()
        yield from self.model.model.modules()
        yield from (each for each in vars(self.dual).values() if isinstance(each, torch.nn.Module))

    def hung(self) -> int:
        """Hooks and patches, of all of them."""
        hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
        patches = ("patches", "object_patches", "hook_patches", "backup", "object_patches_backup")
        count = sum(len(vars(module)[name]) for module in self.modules() for name in hooks)
        return count + sum(len(getattr(owner, name)) for owner in self.owners() for name in patches)

    def files(self) -> set[str]:
        """All that lies in the folder and in the host's own, but what was asked for."""
        import folder_paths

        roots = [self.folder, Path(folder_paths.get_user_directory())]
        roots += [Path(folder_paths.get_temp_directory()), Path(folder_paths.output_directory)]
        paths = {path for root in roots if root.is_dir() for path in root.rglob("*")}
        return {str(path) for path in paths if path.is_file()}

    def stock(self) -> list[torch.Tensor]:
        """What the host itself encodes and draws with all of it."""
        encoded = [encode(clip) for clip in (self.clip, self.small_clip)]
        tensors = [part for [[tensor, more]] in encoded for part in (tensor, more["pooled_output"])]
        return [*tensors, self.draw(encoded[1])]

    def draw(self, encoded: Any) -> torch.Tensor:
        """As KSampler does, with a conditioning of the small CLIP."""
        import nodes

        latent = {"samples": torch.zeros(1, self.channels, 8, 8)}
        [drawn] = nodes.KSampler().sample(
            self.model, 5, 2, 2.0, "euler", "simple", encoded, encoded, latent
        )
        return drawn["samples"]  # type: ignore[no-any-return]

    @property
    def channels(self) -> int:
        return int(self.model.get_model_object("latent_format").latent_channels)


def encode(clip: Any, text: str = TEXT) -> Any:
    """As CLIP Text Encode does."""
    return clip.encode_from_tokens_scheduled(clip.tokenize(text))


def probe(bench: Bench, text: str = TEXT) -> Any:
    from encoderscope.nodes.binding.binding_probe import BindingProbe

    return BindingProbe.execute(bench.clip, text, "unpadded").result[1]


def image_probe(bench: Bench) -> Any:
    from encoderscope.nodes.picture.image_probe import ImageProbe

    return ImageProbe.execute(*bench.picture, encoder=bench.dual).result[1]


def ignored_words(bench: Bench) -> Any:
    from encoderscope.nodes.generator.ignored_words import IgnoredWords

    choices = {"seed": 0, "budget": "quick", "where": True}
    return IgnoredWords.execute(bench.model, bench.small_clip, "a red car", **choices).result[1]


def doctor(bench: Bench) -> Any:
    from encoderscope.nodes.doctor.prompt_doctor import PromptDoctor

    choices = {"model": bench.model, "seed": 0, "budget": "quick"}
    return PromptDoctor.execute(bench.small_clip, "a red car", **choices).result[1]


def benchmark(bench: Bench) -> Any:
    """Without what an earlier run kept."""
    from encoderscope.host.progress_bar import cache_folder
    from encoderscope.nodes.picture.binding_benchmark import BindingBenchmark

    for path in cache_folder().glob("bench-*"):
        path.unlink()
    return BindingBenchmark.execute("drawn-20", encoder_a=bench.dual).result[1]


def quantise(bench: Bench) -> Any:
    """The copy's bytes: a run that was stopped goes on, and ends with the same."""
    from encoderscope.conditioning import miniature
    from encoderscope.host import progress_bar, quantization

    copy = bench.folder / "copy.safetensors"
    source = next(Path(miniature.FOLDER).glob("mini-T5.*"))
    quantization.run(source, copy, "int8", progress_bar.progress())
    data = copy.read_bytes()
    copy.unlink()
    return data


def open_box(bench: Bench) -> Any:
    from encoderscope.nodes.mixing.encode_states import EncodeStates

    return EncodeStates.execute(bench.clip, TEXT).result[2]


def fast(bench: Bench) -> Any:
    from encoderscope.host.acceleration import patches

    return encode(patches.accelerate(bench.clip, "fast").clip)[0][0].tolist()


def cached(bench: Bench) -> Any:
    """Encoded and stored, then read back."""
    from encoderscope.conditioning.cache.store import Store
    from encoderscope.host.cache import lookup

    loader = node("EncoderScope_LoadMiniature", miniature=MINIATURE, family="sdxl")
    nodes = {"1": loader, "c": node("EncoderScope_CachedEncode", text=TEXT, clip=["1", 0])}
    query = lookup.CacheQuery(SimpleNamespace(get_node=nodes.__getitem__), "c", TEXT)
    store = Store(bench.folder / "kept")
    encoded, _ = lookup.encode(query, bench.clip, store)
    again, report = lookup.encode(query, None, store)
    assert report.state == "hit", report.text
    for item in store.items():
        item.path.unlink()
    return [encoded[0][0].tolist(), again[0][0].tolist()]


WORKS: dict[str, Callable[[Bench], Any]] = {
    work.__name__: work
    for work in (
        probe,
        image_probe,
        ignored_words,
        doctor,
        benchmark,
        quantise,
        open_box,
        fast,
        cached,
    )
}
