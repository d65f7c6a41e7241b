"""The node that names a model file: `What Is This File?`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import comfy.model_management
import comfy.utils
import folder_paths
from comfy_api.latest import io

from ..conditioning.encoders.files import PICKLES, SAFETENSORS, SHARD
from ..conditioning.errors import EncoderScopeError
from ..conditioning.report import encoder
from .keys import CATEGORY, INSPECT_ENCODER, UI_ENCODER

FOLDER = "text_encoders"
_MODELS = (*SAFETENSORS, ".gguf", *PICKLES)  # pickles are listed, too: the node says why it does not open them
_MEGABYTE = 1 << 20


def encoder_names() -> list[str]:
    """What can be chosen: files below the host's `text_encoders` folders, and folders with a whole model, which end in a slash."""
    found: dict[str, None] = {}
    for base in folder_paths.get_folder_paths(FOLDER):
        for folder, folders, files in os.walk(base, followlinks=True):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            found.update(dict.fromkeys(_named(Path(base), Path(folder), files)))
    return sorted(found, key=str.casefold)


def _named(base: Path, folder: Path, files: list[str]) -> Iterator[str]:
    whole = folder != base and ("model_index.json" in files or _is_model(files))
    if whole:
        yield folder.relative_to(base).as_posix() + "/"
    for name in files:
        if Path(name).suffix.lower() in _MODELS and not (whole and SHARD.fullmatch(name)):
            yield (folder / name).relative_to(base).as_posix()


def _is_model(files: list[str]) -> bool:
    indexed = any(name.endswith(".safetensors.index.json") for name in files)
    return indexed or ("config.json" in files and any(Path(name).suffix.lower() in _MODELS for name in files))


def encoder_path(name: str) -> Path:
    """The path of a listed name. Nothing else is opened, whatever a shared workflow asks for."""
    if name in encoder_names():
        places = (Path(base) / name for base in folder_paths.get_folder_paths(FOLDER))
        found = next((place for place in places if place.exists()), None)
        if found:
            return found
    raise EncoderScopeError(
        f"There is no {name!r} in ComfyUI's {FOLDER} folders.",
        "A file or folder of the list was expected.",
        "Put the file into models/text_encoders and press R to refresh the list.",
    )


def progress() -> Callable[[int, int], None]:
    """Bytes read -> the host's progress bar; raises when the stop button was pressed."""
    bar: list[Any] = []

    def show(done: int, total: int) -> None:
        comfy.model_management.throw_exception_if_processing_interrupted()
        if not bar:
            bar.append(comfy.utils.ProgressBar(max(1, total // _MEGABYTE)))
        bar[0].update_absolute(done // _MEGABYTE)

    return show


class InspectEncoder(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=INSPECT_ENCODER,
            display_name="What Is This File?",
            category=CATEGORY,
            description="Names a text-encoder file: architecture, sizes, precision, and which image models take it. Reads its header only.",
            inputs=[
                io.Combo.Input(
                    "file",
                    options=encoder_names(),
                    tooltip="A file of models/text_encoders, or a Hugging Face folder below it (ends in a slash).",
                ),
                io.Boolean.Input(
                    "hash",
                    default=False,
                    tooltip="Also compute the SHA-256, to compare with a download page. Reads the whole file: seconds for each gigabyte.",
                ),
            ],
            outputs=[
                io.String.Output("report", display_name="report", tooltip="What the file is, as text."),
                io.String.Output("json", display_name="json", tooltip="The report as JSON (docs/report-encoder.md)."),
            ],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, file: str) -> bool:
        return True  # a missing file must not keep a shared workflow from opening; execute says what is expected

    @classmethod
    def fingerprint_inputs(cls, file: str, hash: bool = False) -> str:
        path = encoder_path(file)
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        return repr([(one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in files if one.is_file()])

    @classmethod
    def execute(cls, file: str, hash: bool = False) -> io.NodeOutput:
        found = encoder.inspect(encoder_path(file), hash_files=hash, progress=progress(), name=file)
        text = encoder.plain(found)
        return io.NodeOutput(text, json.dumps(found, ensure_ascii=False), ui={UI_ENCODER: [found], "text": (text,)})


NODES = [InspectEncoder]
