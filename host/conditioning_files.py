"""The nodes `Save Conditioning` and `Load Conditioning`: one conditioning as a file to send to
somebody.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import folder_paths
from comfy_api.latest import io

from ..conditioning.cache import entry
from ..conditioning.cache.key import stamp
from ..conditioning.errors import EncoderScopeError
from ..conditioning.storage import write_atomically
from . import clip as host_clip
from .cache import lookup
from .ids import CATEGORY, LOAD_CONDITIONING, SAVE_CONDITIONING, UI_CACHE

USUAL = "conditioning"
"""Sub-folder that Save Conditioning writes to and Load Conditioning looks into."""
_FROM_OUTPUT = " [output]"
"""As the host marks such names."""


def save(conditioning: Any, prefix: str) -> tuple[Path, int]:
    """The new file below ComfyUI's output folder, and its size. Raises
    :class:`EncoderScopeError`.
    """
    top = folder_paths.get_output_directory()
    data = entry.pack(conditioning, {"host": host_clip.version()})
    prefix = prefix.replace("\\", "/")
    below(Path(top), prefix)
    try:
        folder, name, counter, *_ = folder_paths.get_save_image_path(prefix, top)
        path = (
            below(Path(top), Path(folder).relative_to(top).as_posix())
            / f"{name}_{counter:05}_{entry.ENDING}"
        )
        write_atomically(path, data)
    except EncoderScopeError:
        raise
    except Exception as error:  # the host's own check of the prefix raises a plain Exception
        raise EncoderScopeError(
            f"{prefix!r} cannot be written ({error}).",
            "A name below ComfyUI's output folder was expected.",
            "Choose another name.",
        ) from error
    return path, len(data)


def below(top: Path, name: str) -> Path:
    """``top/name``, which must not lead out of ``top``. Raises :class:`EncoderScopeError`."""
    real = Path(os.path.realpath(top))
    path = Path(os.path.realpath(real / name.replace("\\", "/").replace("\0", "")))
    if "\0" in name or not path.is_relative_to(real):
        raise EncoderScopeError(
            f"{name!r} lies outside of {top.name!r}.",
            "A name below it was expected.",
            "Choose another name.",
        )
    return path


def choices() -> list[str]:
    """Files of ComfyUI's input and output folders and of the usual sub-folder of each."""
    places = (
        (folder_paths.get_input_directory(), ""),
        (folder_paths.get_output_directory(), _FROM_OUTPUT),
    )
    return [f"{name}{mark}" for top, mark in places for name in _names(Path(top))]


def _names(top: Path) -> list[str]:
    found = (one for folder in (top, top / USUAL) if folder.is_dir() for one in folder.iterdir())
    return sorted(
        one.relative_to(top).as_posix()
        for one in found
        if one.suffix == entry.ENDING and one.is_file()
    )


def resolve(name: str) -> Path:
    """The file of a choice. Raises :class:`EncoderScopeError`."""
    ours = name.endswith(_FROM_OUTPUT)
    top = folder_paths.get_output_directory() if ours else folder_paths.get_input_directory()
    path = below(Path(top), name.removesuffix(_FROM_OUTPUT))
    if path.suffix != entry.ENDING or not path.is_file():
        raise EncoderScopeError(
            f"There is no conditioning {name!r}.",
            f"A {entry.ENDING} file in ComfyUI's input or output folder was expected.",
            f"Put it into input/{USUAL} and refresh the list (key R).",
        )
    return path


class SaveConditioning(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=SAVE_CONDITIONING,
            display_name="Save Conditioning",
            category=CATEGORY,
            description=(
                "Writes a conditioning to a .safetensors file, bit for bit, to use it "
                "without the text encoder or to send it."
            ),
            inputs=[
                io.Conditioning.Input(
                    "conditioning", tooltip="Any conditioning of tensors and plain values."
                ),
                io.String.Input(
                    "filename_prefix",
                    default=f"{USUAL}/encoderscope",
                    tooltip="Below ComfyUI's output folder.",
                ),
            ],
            outputs=[
                io.String.Output("report", display_name="report", tooltip="Where it was written.")
            ],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, conditioning: Any, filename_prefix: str) -> io.NodeOutput:
        path, size = save(conditioning, filename_prefix)
        output = os.path.realpath(folder_paths.get_output_directory())
        report = f"{path.relative_to(output).as_posix()}, {size:,} bytes"
        return io.NodeOutput(
            report, ui={UI_CACHE: [{"state": "stored", "lines": [report]}], "text": (report,)}
        )


class LoadConditioning(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=LOAD_CONDITIONING,
            display_name="Load Conditioning",
            category=CATEGORY,
            description=(
                "Reads a conditioning that Save Conditioning wrote. No text encoder is needed."
            ),
            inputs=[
                io.Combo.Input(
                    "file",
                    options=choices(),
                    tooltip=f"From input, input/{USUAL}, output and output/{USUAL}.",
                )
            ],
            outputs=[
                io.Conditioning.Output(
                    "conditioning",
                    display_name="conditioning",
                    tooltip="As it was saved, bit for bit.",
                )
            ],
        )

    @classmethod
    def validate_inputs(cls, file: str) -> bool:
        # a missing file must not keep a shared workflow from opening; execute says what is expected
        return True

    @classmethod
    def fingerprint_inputs(cls, file: str) -> Any:
        try:
            return stamp(resolve(file))
        except (EncoderScopeError, OSError):
            return None

    @classmethod
    def execute(cls, file: str) -> io.NodeOutput:
        path = resolve(file)
        return io.NodeOutput(
            lookup.on_host_device(entry.unpack(path.read_bytes(), path.name).conditioning)
        )


NODES = [SaveConditioning, LoadConditioning]
