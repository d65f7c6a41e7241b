"""What Is This File?: names a text-encoder file."""

from __future__ import annotations

from comfy_api.latest import io

from ...conditioning.reports.encoder_file import report as encoder_file_report
from ...host import folders, language, progress_bar
from ...host.ids import INSPECT_ENCODER, MENU_LOADING, UI_ENCODER
from ..outputs import report_outputs, report_result
from ..schema import node_schema


class InspectEncoder(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=INSPECT_ENCODER,
            display_name="What Is This File?",
            category=MENU_LOADING,
            description="Names a text-encoder file: architecture, sizes, precision, and which "
            "image models take it. Reads its header only.",
            inputs=[
                io.Combo.Input(
                    "file",
                    options=folders.choices(folders.ENDINGS_AND_PICKLES),
                    tooltip="A file of models/text_encoders, or a Hugging Face folder below it "
                    "(ends in a slash).",
                ),
                io.Boolean.Input(
                    "hash",
                    default=False,
                    tooltip="Also compute the SHA-256, to compare with a download page. Reads the "
                    "whole file: seconds for each gigabyte.",
                ),
            ],
            outputs=report_outputs("report-encoder", picture=False),
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, file: str) -> bool:
        # a missing file must not keep a shared workflow from opening; execute says what is expected
        return True

    @classmethod
    def fingerprint_inputs(cls, file: str, hash: bool = False) -> str:
        return f"{folders.fingerprint(file)} {language.of_editor()}"

    @classmethod
    def execute(cls, file: str, hash: bool = False) -> io.NodeOutput:
        path, progress = folders.resolve(file), progress_bar.of_bytes()
        report = encoder_file_report.inspect(path, hash_files=hash, progress=progress, name=file)
        return report_result(report, encoder_file_report.plain(report), ui={UI_ENCODER: [report]})
