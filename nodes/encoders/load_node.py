"""The node `Load Text Encoders`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from comfy_api.latest import io

from ..keys import CATEGORY, LOAD_ENCODERS, UI_LOADED
from . import build, load_report, picking, roles, weights

CPU = "cpu"


def load(
    names: list[str], family: str, precision: str, device: str, model: Any = None
) -> build.Loaded:
    """A CLIP from the files of these names. Raises :class:`EncoderScopeError`."""
    from_model = roles.family_of_model(model) if model is not None else None
    return _built(picking.open_all(names), family, from_model, precision, device)


def load_files(paths: Sequence[Path], family: str = roles.AUTO) -> build.Loaded:
    """The same from files anywhere, for the terminal. Raises :class:`EncoderScopeError`."""
    given = [one for path in paths for one in picking.encoders_in(path.name, path)]
    return _built(given, family, None, weights.AS_STORED, CPU)


def _built(
    given: Sequence[build.Given], family: str, from_model: str | None, precision: str, device: str
) -> build.Loaded:
    dtype = weights.precision(precision)
    chosen, parts = roles.choose([one.one for one in given], family, from_model)
    return build.build(given, chosen, parts, dtype, device == CPU)


def file_input(number: int, names: list[str]) -> Any:
    options = names if number == 1 else [picking.NONE, *names]
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
        **({} if number == 1 else {"default": picking.NONE}),
    )


class LoadEncoders(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        names = picking.choices()
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
                    options=[roles.AUTO, *roles.SETS, roles.ALONE],
                    default=roles.AUTO,
                    tooltip=(
                        "The image model these encoders are for. 'auto' tells it from the "
                        "files, or from the MODEL where they do not."
                    ),
                ),
                io.Combo.Input(
                    "precision",
                    options=[*weights.PRECISIONS],
                    default=weights.AS_STORED,
                    tooltip=(
                        "'as stored' takes no second copy. int8 takes a byte a number, int4 "
                        "half of one: see the help page."
                    ),
                ),
                io.Combo.Input(
                    "device",
                    options=[roles.AUTO, CPU],
                    default=roles.AUTO,
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
        found = load_report.report(loaded, precision)
        text = load_report.as_text(found)
        return io.NodeOutput(
            loaded.clip, text, json.dumps(found, ensure_ascii=False), ui={UI_LOADED: [found]}
        )


NODES = [LoadEncoders]
