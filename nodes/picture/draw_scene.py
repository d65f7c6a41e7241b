"""The node `Draw a Scene`: a picture whose truth is known, to try scorers on."""

from __future__ import annotations

import random

from comfy_api.latest import io

from ...conditioning.errors import EncoderScopeError
from ...conditioning.scenes.drawing import draw
from ...conditioning.scenes.scene import COLOURS, SHAPES, staged
from ...host.ids import CATEGORY, DRAW_SCENE


class DrawScene(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        def chosen(name: str, options: tuple[str, ...], default: str) -> io.Combo.Input:
            return io.Combo.Input(name, options=list(options), default=default)

        return io.Schema(
            node_id=DRAW_SCENE,
            display_name="Draw a Scene",
            category=CATEGORY,
            description=(
                "Draws two things, so that you know what the picture shows when you ask a "
                "scorer about it."
            ),
            inputs=[
                chosen("first_colour", COLOURS, "red"),
                chosen("first_thing", SHAPES, "car"),
                chosen("second_colour", COLOURS, "blue"),
                chosen("second_thing", SHAPES, "house"),
                io.Int.Input(
                    "variation",
                    default=8,
                    min=0,
                    max=2**32 - 1,
                    tooltip="Places, sizes and background.",
                ),
                io.Int.Input("side", default=256, min=32, max=1024, tooltip="Pixels."),
            ],
            outputs=[
                io.Image.Output("image", display_name="image"),
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
        if first_colour == second_colour or first_thing == second_thing:
            same = first_colour if first_colour == second_colour else f"a {first_thing}"
            raise EncoderScopeError(
                f"Both things are {same}.",
                (
                    "Two colours and two different things were expected: else the swap would "
                    "say the same."
                ),
                "Choose another colour or thing.",
            )
        shown = staged(
            random.Random(variation), (first_colour, first_thing), (second_colour, second_thing)
        )
        said = "a {} {} next to a {} {}"
        caption = said.format(first_colour, first_thing, second_colour, second_thing)
        return io.NodeOutput(
            draw([shown], side),
            caption,
            said.format(second_colour, first_thing, first_colour, second_thing),
        )


NODES = [DrawScene]
