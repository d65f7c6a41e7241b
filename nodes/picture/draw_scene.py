"""Draw a Scene: a picture whose truth is known, to try scorers on."""

from __future__ import annotations

from collections.abc import Sequence

from comfy_api.latest import io

from ...conditioning.scenes import scene_pair
from ...conditioning.scenes.scene import COLOURS, SHAPES
from ...host.ids import DRAW_SCENE, MENU_PICTURE
from ..schema import node_schema


def _choice(name: str, options: Sequence[str], default: str) -> io.Input:
    ordinal, kind = name.split("_")
    return io.Combo.Input(
        name,
        options=list(options),
        default=default,
        tooltip=f"The {kind} that the caption names {ordinal}.",
    )


class DrawScene(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        return node_schema(
            node_id=DRAW_SCENE,
            display_name="Draw a Scene",
            category=MENU_PICTURE,
            description="Draws two things, so that you know what the picture shows when you ask a "
            "scorer about it.",
            inputs=[
                _choice("first_colour", COLOURS, "red"),
                _choice("first_thing", SHAPES, "car"),
                _choice("second_colour", COLOURS, "blue"),
                _choice("second_thing", SHAPES, "house"),
                io.Int.Input(
                    "variation",
                    default=8,
                    min=0,
                    max=2**32 - 1,
                    tooltip="Another number draws other places, sizes and another background.",
                ),
                io.Int.Input("side", default=256, min=32, max=1024, tooltip="In pixels."),
            ],
            advanced=("side",),
            outputs=[
                io.Image.Output(
                    "image",
                    display_name="image",
                    tooltip="The picture: it shows what the caption says.",
                ),
                io.String.Output("caption", display_name="caption", tooltip="What it shows."),
                io.String.Output(
                    "swap",
                    display_name="swap",
                    tooltip="The same words, the colours exchanged: what it does not show.",
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        first_colour: str,
        first_thing: str,
        second_colour: str,
        second_thing: str,
        variation: int = 8,
        side: int = 256,
    ) -> io.NodeOutput:
        first = (first_colour, first_thing)
        second = (second_colour, second_thing)
        return io.NodeOutput(*scene_pair.drawn(first, second, variation, side))
