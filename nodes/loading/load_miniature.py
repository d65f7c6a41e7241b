"""Load Miniature: tiny encoders that come with the pack."""

from __future__ import annotations

from comfy_api.latest import io

from ...conditioning import miniature as miniatures
from ...host import miniatures as host_miniature
from ...host.ids import LOAD_MINIATURE, MENU_LOADING
from ...host.loading.picker import ALONE
from .. import inputs
from ..outputs import clip_output, text_output
from ..schema import node_schema


class LoadMiniature(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=LOAD_MINIATURE,
            display_name="Load Miniature",
            category=MENU_LOADING,
            description="Tiny encoders that come with EncoderScope, to try everything without a "
            "model file. Not CLIP, not T5.",
            inputs=[
                io.Combo.Input(
                    "miniature",
                    options=list(miniatures.CHOICES),
                    default=miniatures.CLIP,
                    tooltip="mini-CLIP confuses which thing has which colour more often, "
                    "mini-CLIP-hard rarely. mini-T5 and mini-T5-hard read text only; the second "
                    "holds which thing has which colour. mini-CLIP-bag binds nothing, by "
                    "construction.",
                ),
                io.Combo.Input(
                    "family",
                    options=list(host_miniature.CHOICES),
                    default=ALONE,
                    tooltip="The image model whose encoders it plays; mini-T5 is the T5 beside a "
                    "miniature CLIP, mini-CLIP the CLIP beside a miniature T5. Only pictures of "
                    "mini-MMDiT, which was trained with them, mean anything.",
                ),
            ],
            outputs=[
                clip_output(),
                inputs.DualEncoder.Output(
                    "encoder",
                    display_name="image-text encoder",
                    tooltip="Both towers, for the Image Probe. The T5s and mini-CLIP-bag have "
                    "none: their text alone goes on.",
                ),
                text_output(tooltip="What it is, and the words it knows."),
            ],
        )

    @classmethod
    def execute(cls, miniature: str = miniatures.CLIP, family: str = ALONE) -> io.NodeOutput:
        clip, encoder, text = host_miniature.loaded(miniature, family)
        return io.NodeOutput(clip, encoder, text, ui={"text": (text,)})
