"""The node that names a model file: `What Is This File?`."""

from __future__ import annotations

import json
from typing import Any

import comfy.model_management
import comfy.utils
from comfy_api.latest import io

from ...conditioning.encoder_files.checkpoint import PICKLES
from ...conditioning.progress import Progress
from ...conditioning.reports.encoder_file import report as encoder_file_report
from ...host import folders
from ...host.ids import CATEGORY, INSPECT_ENCODER, UI_ENCODER

_ENDINGS = (
    *folders.ENDINGS,
    *PICKLES,
)  # pickles are listed, too: the node says why it does not open them
_MEGABYTE = 1 << 20


def progress() -> Progress:
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
            description=(
                "Names a text-encoder file: architecture, sizes, precision, and which image "
                "models take it. Reads its header only."
            ),
            inputs=[
                io.Combo.Input(
                    "file",
                    options=folders.choices(_ENDINGS),
                    tooltip=(
                        "A file of models/text_encoders, or a Hugging Face folder below it "
                        "(ends in a slash)."
                    ),
                ),
                io.Boolean.Input(
                    "hash",
                    default=False,
                    tooltip=(
                        "Also compute the SHA-256, to compare with a download page. Reads "
                        "the whole file: seconds for each gigabyte."
                    ),
                ),
            ],
            outputs=[
                io.String.Output(
                    "report", display_name="report", tooltip="What the file is, as text."
                ),
                io.String.Output(
                    "json",
                    display_name="json",
                    tooltip="The report as JSON (docs/report-encoder.md).",
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, file: str) -> bool:
        # a missing file must not keep a shared workflow from opening; execute says what is expected
        return True

    @classmethod
    def fingerprint_inputs(cls, file: str, hash: bool = False) -> str:
        path = folders.resolve(file)
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        return repr(
            [
                (one.name, one.stat().st_mtime_ns, one.stat().st_size)
                for one in files
                if one.is_file()
            ]
        )

    @classmethod
    def execute(cls, file: str, hash: bool = False) -> io.NodeOutput:
        found = encoder_file_report.inspect(
            folders.resolve(file), hash_files=hash, progress=progress(), name=file
        )
        text = encoder_file_report.plain(found)
        return io.NodeOutput(
            text, json.dumps(found, ensure_ascii=False), ui={UI_ENCODER: [found], "text": (text,)}
        )


NODES = [InspectEncoder]
