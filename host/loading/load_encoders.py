"""The node `Load Text Encoders`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from comfy_api.latest import io

from .. import folders
from ..ids import CATEGORY, LOAD_ENCODERS, UI_LOADED
from . import build, fill, picker
from . import report as loading_report

CPU = "cpu"


def load(
    names: list[str], family: str, precision: str, device: str, model: Any = None
) -> build.Loaded:
    """A CLIP from the files of these names. Raises :class:`EncoderScopeError`."""
    from_model = picker.family_of_model(model) if model is not None else None
    return _built(folders.open_all(names), family, from_model, precision, device)


def load_files(paths: Sequence[Path], family: str = picker.AUTO) -> build.Loaded:
    """The same from files anywhere, for the terminal. Raises :class:`EncoderScopeError`."""
    given = [one for path in paths for one in folders.encoders_in(path.name, path)]
    return _built(given, family, None, fill.AS_STORED, CPU)


def _built(
    given: Sequence[build.Given], family: str, from_model: str | None, precision: str, device: str
) -> build.Loaded:
    dtype = fill.precision(precision)
    chosen, parts = picker.choose([one.one for one in given], family, from_model)
    return build.build(given, chosen, parts, dtype, device == CPU)


def file_input(number: int, names: list[str]) -> Any:
    options = names if number == 1 else [folders.NONE, *names]
    tip = (
        (
            "A text encoder: a .safetensors or .gguf file, or a Hugging Face folder, in "
            "models/text_encoders."
        )
        if number == 1
        else "Another one."
    )
    return io.Combo.Input(
        f"file_{number}",
        options=options,
        tooltip=tip,
        **({} if number == 1 else {"default": folders.NONE}),
    )


class LoadEncoders(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        names = folders.choices()
        return io.Schema(
            node_id=LOAD_ENCODERS,
            display_name="Load Text Encoders",
            category=CATEGORY,
            description=(
                "Loads CLIP, SigLIP and T5 text encoders for what they are, and refuses what "
                "does not fit together."
            ),
            inputs=[
                *(file_input(number, names) for number in range(1, 5)),
                io.Combo.Input(
                    "family",
                    options=[picker.AUTO, *picker.SETS, picker.ALONE],
                    default=picker.AUTO,
                    tooltip=(
                        "The image model these encoders are for. 'auto' tells it from the "
                        "files, or from the MODEL where they do not."
                    ),
                ),
                io.Combo.Input(
                    "precision",
                    options=[*fill.PRECISIONS],
                    default=fill.AS_STORED,
                    tooltip=(
                        "'as stored' takes no second copy. int8 takes a byte a number, int4 "
                        "half of one: see the help page."
                    ),
                ),
                io.Combo.Input(
                    "device",
                    options=[picker.AUTO, CPU],
                    default=picker.AUTO,
                    tooltip="Where to encode. 'auto' is ComfyUI's own choice.",
                ),
                io.Model.Input(
                    "model",
                    optional=True,
                    tooltip="The model these encoders are for: 'auto' takes the family from it.",
                ),
            ],
            outputs=[
                io.Clip.Output("CLIP", display_name="CLIP"),
                io.String.Output(
                    "report", display_name="report", tooltip="What was loaded, as text."
                ),
                io.String.Output("json", display_name="json", tooltip="The same for scripts."),
            ],
        )

    @classmethod
    def validate_inputs(
        cls, file_1: str, file_2: str, file_3: str, file_4: str, family: str, precision: str
    ) -> bool:
        # a missing file must not keep a shared workflow from opening; execute says what is expected
        return True

    @classmethod
    def execute(
        cls,
        file_1: str,
        file_2: str,
        file_3: str,
        file_4: str,
        family: str,
        precision: str,
        device: str,
        model: Any = None,
    ) -> io.NodeOutput:
        loaded = load([file_1, file_2, file_3, file_4], family, precision, device, model)
        found = loading_report.report(loaded, precision)
        text = loading_report.as_text(found)
        return io.NodeOutput(
            loaded.clip, text, json.dumps(found, ensure_ascii=False), ui={UI_LOADED: [found]}
        )


NODES = [LoadEncoders]
