"""What the host gets from this pack."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from ..host import conditioning_files, dual_encoder, live_route, miniature
from ..host.loading import load_encoders
from .binding import binding_probe
from .loading import inspect_encoder, quantize_encoder
from .mixing import encode_states, inspect_conditioning, mix
from .picture import binding_benchmark, draw_scene, image_probe
from .prompt import compare_order, token_map
from .speed import cached_encode, fast_encoder


class EncoderScopeExtension(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        live_route.install()  # not in on_load, which ComfyUI 0.3.75 never calls
        mixing = (*encode_states.NODES, *mix.NODES, *inspect_conditioning.NODES)
        probing = (
            *binding_probe.NODES,
            *miniature.NODES,
            *draw_scene.NODES,
            *image_probe.NODES,
            *binding_benchmark.NODES,
        )
        keeping = (*fast_encoder.NODES, *cached_encode.NODES, *conditioning_files.NODES)
        return [
            *token_map.NODES,
            *compare_order.NODES,
            *inspect_encoder.NODES,
            *dual_encoder.NODES,
            *load_encoders.NODES,
            *quantize_encoder.NODES,
            *mixing,
            *probing,
            *keeping,
        ]
