"""Cached Encode: CLIP Text Encode that keeps its results, and loads no encoder for those."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...host.cache import graph_files, lookup
from ...host.ids import CACHED_ENCODE, MENU_SPEED, UI_CACHE
from .. import inputs
from ..outputs import text_output
from ..schema import node_schema


class CachedEncode(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=CACHED_ENCODE,
            display_name="Cached Encode",
            category=MENU_SPEED,
            description="CLIP Text Encode that keeps its results on disk. For a text it knows, the "
            "text encoder is not even loaded.",
            inputs=[
                inputs.text(tooltip="The prompt, as in CLIP Text Encode."),
                inputs.clip(
                    "Loaded only where the result is not known yet. LoRA and layer choice count.",
                    lazy=True,
                ),
                io.Float.Input(
                    "max_gb",
                    default=2.0,
                    min=0.0,
                    max=1024.0,
                    step=0.5,
                    tooltip="The most that the cache may take. What was not used for longest goes "
                    "first. 0 stores nothing.",
                ),
            ],
            advanced=("max_gb",),
            outputs=[
                io.Conditioning.Output(
                    "conditioning",
                    display_name="conditioning",
                    tooltip="What CLIP Text Encode gives, bit for bit.",
                ),
                text_output(tooltip="Whether it was known, and why not."),
            ],
            hidden=[io.Hidden.dynprompt, io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, text: Any = None, **_: Any) -> Any:
        """An embedding that the text names may have changed although no widget did."""
        return graph_files.embeddings(text, lookup.fingerprints()) if isinstance(text, str) else []

    @classmethod
    def check_lazy_status(cls, text: str, max_gb: float, clip: Any = None) -> list[str]:
        if clip is not None or lookup.ask(cls._query(text), lookup.store(max_gb)).unpacked:
            return []
        return ["clip"]

    @classmethod
    def execute(cls, text: str, max_gb: float, clip: Any = None) -> io.NodeOutput:
        store = lookup.store(max_gb)
        conditioning, report = lookup.encode(cls._query(text), clip, store)
        card = {**report.card(), "text": text}
        ui = {UI_CACHE: [card], "text": (report.text,)}
        return io.NodeOutput(conditioning, report.text, ui=ui)

    @classmethod
    def _query(cls, text: str) -> lookup.CacheQuery:
        return lookup.CacheQuery(cls.hidden.dynprompt, str(cls.hidden.unique_id), text)
