"""The node `Cached Encode`: CLIP Text Encode that remembers, and loads no encoder for what it
knows.
"""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...host.cache import graph_files, lookup
from ...host.ids import CACHED_ENCODE, CATEGORY, UI_CACHE
from ..prompt.token_map import text_input


class CachedEncode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=CACHED_ENCODE,
            display_name="Cached Encode",
            category=CATEGORY,
            description=(
                "CLIP Text Encode that keeps its results on disk. For a text it knows, the "
                "text encoder is not even loaded."
            ),
            inputs=[
                text_input("text", tooltip="The prompt, as in CLIP Text Encode."),
                io.Clip.Input(
                    "clip",
                    lazy=True,
                    tooltip=(
                        "Loaded only where the result is not known yet. LoRA and layer "
                        "choice count."
                    ),
                ),
                io.Float.Input(
                    "max_gb",
                    default=2.0,
                    min=0.0,
                    max=1024.0,
                    step=0.5,
                    tooltip=(
                        "The most that the cache may take. What was not used for longest "
                        "goes first. 0 stores nothing."
                    ),
                ),
            ],
            outputs=[
                io.Conditioning.Output(
                    "conditioning",
                    display_name="conditioning",
                    tooltip="What CLIP Text Encode gives, bit for bit.",
                ),
                io.String.Output(
                    "report", display_name="report", tooltip="Whether it was known, and why not."
                ),
            ],
            hidden=[io.Hidden.dynprompt, io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, text: Any = None, **_: Any) -> Any:
        """An embedding named in the text may have changed although no widget did."""
        return graph_files.embeddings(text, lookup.fingerprints()) if isinstance(text, str) else []

    @classmethod
    def check_lazy_status(cls, text: str, max_gb: float, clip: Any = None) -> list[str]:
        if clip is not None:
            return []
        return [] if lookup.ask(cls._query(text), lookup.store(max_gb)).unpacked else ["clip"]

    @classmethod
    def execute(cls, text: str, max_gb: float, clip: Any = None) -> io.NodeOutput:
        conditioning, report = lookup.encode(cls._query(text), clip, lookup.store(max_gb))
        entry = {"state": report.state, "lines": list(report.lines)}
        return io.NodeOutput(
            conditioning, report.text, ui={UI_CACHE: [entry], "text": (report.text,)}
        )

    @classmethod
    def _query(cls, text: str) -> lookup.CacheQuery:
        return lookup.CacheQuery(cls.hidden.dynprompt, str(cls.hidden.unique_id), text)


NODES = [CachedEncode]
