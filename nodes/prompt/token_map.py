"""Nodes of station 1: the tokenizer."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from comfy_api.latest import io

from ...conditioning.reports.tokens import picture as token_picture
from ...conditioning.reports.tokens import text as token_text
from ...host import clip as host_clip
from ...host import live_route
from ...host.ids import CATEGORY, FROM_CLIP, TOKEN_MAP, UI_LIVE, UI_TOKENS
from ...host.token_reports import choose, report


def clip_input() -> Any:
    return io.Clip.Input(
        "clip",
        optional=True,
        tooltip=(
            "The CLIP of your checkpoint or loader. Without it, choose a family: its "
            "tokenizer needs no model file."
        ),
    )


def family_input() -> Any:
    return io.Combo.Input(
        "family",
        options=[FROM_CLIP, *host_clip.family_names()],
        default=FROM_CLIP,
        tooltip=(
            "Which model's layout to read the prompt by. 'from the CLIP' is right unless the "
            "loader cannot tell (PixArt and Chroma)."
        ),
    )


def text_input(name: str, **options: Any) -> Any:
    return io.String.Input(name, multiline=True, dynamic_prompts=True, **options)


def pixels(picture: Any) -> torch.Tensor:
    """A report's picture as the host's IMAGE: (1, height, width, 3), 0 to 1."""
    return torch.from_numpy(np.asarray(picture.convert("RGB"), dtype=np.float32) / 255.0)[None]


class TokenMap(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=TOKEN_MAP,
            display_name="Token Map (truncation visualizer)",
            category=CATEGORY,
            description=(
                "Shows the fate of every word: which encoder sees it, in which window, and "
                "what never reaches the picture."
            ),
            inputs=[text_input("text"), family_input(), clip_input()],
            outputs=[
                io.String.Output("report", display_name="report", tooltip="The report as text."),
                io.String.Output(
                    "json",
                    display_name="json",
                    tooltip="The report as JSON (docs/report-tokens.md).",
                ),
                io.Image.Output(
                    "image", display_name="image", tooltip="The report as a picture, for sharing."
                ),
                io.Int.Output(
                    "tokens", display_name="tokens", tooltip="Content tokens of the longest stream."
                ),
                io.Boolean.Output(
                    "lost", display_name="lost", tooltip="True when at least one word is lost."
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, family: str) -> bool:
        # an unknown family must not keep a shared workflow from opening; execute says what is known
        return True

    @classmethod
    def execute(cls, text: str, family: str = FROM_CLIP, clip: Any = None) -> io.NodeOutput:
        clip, layout = choose(clip, family)
        found = report(clip, text, layout)
        return io.NodeOutput(
            token_text.plain(found),
            json.dumps(found, ensure_ascii=False),
            pixels(token_picture.render(found)),
            max(found["summary"]["tokens"].values(), default=0),
            found["lost"],
            ui={UI_TOKENS: [found], UI_LIVE: [live_route.keep(clip, layout)]},
        )


NODES = [TokenMap]
