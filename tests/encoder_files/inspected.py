"""Made-up files as an artist sees them: what the inspector says of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from encoderscope.conditioning.reports.encoder_file.report import inspect, plain
from encoderscope.tests.encoder_files import make

Shapes = dict[str, tuple[int, ...]]
PACKED = ("SelfAttention.q", "SelfAttention.k", "SelfAttention.v", "SelfAttention.o",
          "wi_0", "wi_1", "wo")  # fmt: skip
UMT5 = {"vocab": 256384, "every": True}
HOST_FINDS_NOTHING = "ComfyUI's own loader finds no text encoder in this file"


def t5(**options: Any) -> Shapes:
    shapes = make.t5("xxl", **options)
    shapes.pop("encoder.embed_tokens.weight", None)
    return shapes


def clip_l(**options: Any) -> Shapes:
    return make.clip_text(768, 12, **options)


def without(shapes: Shapes, *ends: str) -> Shapes:
    return {name: shape for name, shape in shapes.items() if not name.endswith(ends)}


def layers_of(shapes: Shapes) -> list[str]:
    ends = tuple(f"{name}.weight" for name in PACKED)
    return [name.removesuffix(".weight") for name in shapes if name.endswith(ends)]


class FileAnswer(NamedTuple):
    """The only encoder of a file, and all that is written of it."""

    report: dict[str, Any]
    encoder: dict[str, Any]
    text: str

    @property
    def taken_by(self) -> set[str]:
        return {fit["family"] for fit in self.encoder["fits"] if fit["fits"]}


def answer_about(path: Path) -> FileAnswer:
    report = inspect(path)
    [encoder] = report["encoders"]
    return FileAnswer(report, encoder, plain(report))


def file(tmp_path: Path, shapes: Shapes, dtype: str = "F16", **options: Any) -> FileAnswer:
    return answer_about(make.sparse(tmp_path / "model.safetensors", shapes, dtype, **options))


def prefixed(prefix: str, shapes: Shapes) -> Shapes:
    return make.below(prefix, shapes)


def gguf(tmp_path: Path, shapes: Shapes, entries: dict[str, Any], kind: int = 12) -> Path:
    named = make.gguf_t5_names(shapes)
    tensors = {
        name: (shape, kind if len(shape) == 2 and shape[1] % 256 == 0 else 0)
        for name, shape in named.items()
    }
    return make.gguf(tmp_path / "model.gguf", tensors, entries)
