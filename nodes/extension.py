"""What the host gets from this pack."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from . import (
    benchmark,
    cached_encode,
    conditioning_files,
    draw_scene,
    dual,
    encode_states,
    fast_encoder,
    image_probe,
    inspect,
    inspect_conditioning,
    live,
    miniature,
    mix,
    order,
    probe,
    quantise,
    tokens,
)
from .encoders import load_node


class EncoderScopeExtension(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        live.install()  # not in on_load, which ComfyUI 0.3.75 never calls
        mixing = (*encode_states.NODES, *mix.NODES, *inspect_conditioning.NODES)
        probing = (
            *probe.NODES,
            *miniature.NODES,
            *draw_scene.NODES,
            *image_probe.NODES,
            *benchmark.NODES,
        )
        keeping = (*fast_encoder.NODES, *cached_encode.NODES, *conditioning_files.NODES)
        return [
            *tokens.NODES,
            *order.NODES,
            *inspect.NODES,
            *dual.NODES,
            *load_node.NODES,
            *quantise.NODES,
            *mixing,
            *probing,
            *keeping,
        ]
