"""Load Miniature: tiny encoders that come with the pack."""

from __future__ import annotations

from comfy_api.latest import io

from ...conditioning import miniature as miniatures
from ...host import miniatures as host_miniature
from ...host.ids import LOAD_MINIATURE, MENU_LOADING
from ...host.loading.picker import ALONE
from .. import inputs
from ..outputs import text_output


class LoadMiniature(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id=LOAD_MINIATURE,
            display_name="Load Miniature",
            category=MENU_LOADING,
            description="Tiny encoders that come with EncoderScope, to try everything without a "
            "model file. Not CLIP, not T5.",
            inputs=[
                io.Combo.Input(
                    "miniature",
                    options=list(miniatures.NAMES),
                    default=miniatures.CLIP,
                    tooltip="mini-CLIP confuses which thing has which colour more often, "
                    "mini-CLIP-hard rarely. mini-T5 reads text only.",
                ),
                io.Combo.Input(
                    "family",
                    options=list(host_miniature.CHOICES),
                    default=ALONE,
                    tooltip="The image model whose encoders it plays, with mini-T5 as T5. Pictures "
                    "made from it mean nothing.",
                ),
            ],
            outputs=[
                io.Clip.Output("CLIP", display_name="CLIP"),
                inputs.DualEncoder.Output(
                    "encoder",
                    display_name="image-text encoder",
                    tooltip="Both towers, for the Image Probe. mini-T5 has none: its text alone "
                    "goes on.",
                ),
                text_output(tooltip="What it is, and the words it knows."),
            ],
        )

    @classmethod
    def execute(cls, miniature: str = miniatures.CLIP, family: str = ALONE) -> io.NodeOutput:
        clip, encoder, text = host_miniature.loaded(miniature, family)
        return io.NodeOutput(clip, encoder, text, ui={"text": (text,)})
