"""What the host gets from this pack."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from . import live, order, tokens


class EncoderScopeExtension(ComfyExtension):
    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        live.install()  # not in on_load, which ComfyUI 0.3.75 never calls
        return [*tokens.NODES, *order.NODES]
