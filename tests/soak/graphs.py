"""The graphs of a soak: every node of the pack on the miniatures, with another prompt each time."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Graph = dict[str, Any]
COLOURS = ("red", "blue", "green", "yellow", "purple", "orange", "black", "white")
DRAWN = ("car", "house", "tree", "star", "heart", "ball")
THINGS = (*DRAWN, "circle", "square")
FAMILIES = ("sd1", "sdxl", "sd3", "flux", "pixart", "hidream", "z_image", "qwen_image")
EDITS = (
    "{}",
    "a photo of {}",
    "({}:1.2), film grain",
    "{} BREAK masterpiece, best quality",
    "{}, naïve 🦊, 漢字",
    "[{}], <lora:x:0.8>, __wildcard__",
    "{}, no hat, two cats and three dogs",
    "an old photograph, golden hour, shallow depth of field, 35mm, kodak portra 400, {}",
)
LEFT_OUT = {"EncoderScope_LoadDualEncoder", "EncoderScope_LoadConditioning"}
"""They read files whose names a soak does not know beforehand."""
CLIP_FILE = "some_clip.safetensors"


def prompt(number: int) -> str:
    """The prompt of this number; no two of 10,000 are the same."""
    dice = random.Random(number)
    first, second = dice.sample(COLOURS, 2)
    things = dice.sample(THINGS, 2)
    sentence = f"a {first} {things[0]} and a {second} {things[1]}"
    return f"{dice.choice(EDITS).format(sentence)}, take {number}"


def node(kind: str, **inputs: Any) -> Graph:
    """A node of this pack in API format."""
    return {"class_type": f"EncoderScope_{kind}", "inputs": inputs}


LOADER = node("LoadMiniature", miniature="mini-CLIP-hard", family="sdxl")
"""The same in most graphs, so that the host keeps what it gave, as it does for an artist."""


def tokens(number: int) -> Graph:
    """Station 1, by one family after the other, and by the CLIP of a loader."""
    text, family = prompt(number), FAMILIES[number // 3 % len(FAMILIES)]
    return {
        "1": LOADER,
        "2": node("TokenMap", text=text, family=family),
        "3": node("CompareOrder", text_a=text, text_b="", family=family),
        "4": node("TokenMap", text=text, family="from the CLIP", clip=["1", 0]),
        "5": {"class_type": "PreviewImage", "inputs": {"images": ["4", 2]}},
    }


def states(number: int) -> Graph:
    """Opening, assembling, mixing and inspecting a conditioning."""
    strength = 0.5 + number % 10 / 10
    return {
        "1": LOADER,
        "2": node("EncodeStates", clip=["1", 0], text=prompt(number)),
        "3": node("Assemble", states=["2", 0], layout="from the states"),
        "4": node(
            "Mix",
            pooled_from=["2", 1],
            sequence_from=["3", 0],
            pooled=strength,
            clip_sequence=strength,
            t5_sequence=1.0,
            interpolation="linear",
        ),
        "5": node("InspectConditioning", conditioning=["4", 0], compare_with=["2", 1]),
        "6": node("SaveConditioning", conditioning=["4", 0], filename_prefix="soak/kept"),
    }


def speed(number: int) -> Graph:
    """A faster CLIP, and results that are kept: every other text is known, until it is dropped."""
    text = prompt(number - number % 6)
    return {
        "1": LOADER,
        "2": node("FastEncoder", clip=["1", 0], mode=("exact", "fast")[number % 2]),
        "3": node("CachedEncode", text=text, clip=["1", 0], max_gb=0.5),
        "4": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["2", 0], "text": text}},
        "5": {"class_type": "PreviewAny", "inputs": {"source": ["4", 0]}},
    }


def probe(number: int) -> Graph:
    """The probe of a CLIP, its picture, its card, and what the Prompt Doctor makes of it."""
    text = prompt(number)
    return {
        "1": LOADER,
        "2": node("BindingProbe", clip=["1", 0], text=text, view="unpadded"),
        "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 2]}},
        "4": node(
            "PromptDoctor", clip=["1", 0], text=text, seed=0, budget="quick", reports=["2", 1]
        ),
        "5": node("SaveReportCard", json=["2", 1], filename_prefix="soak/card"),
    }


def picture(number: int) -> Graph:
    """A drawn scene, a scorer and a judge that are asked about it."""
    dice = random.Random(number)
    (first, second), things = dice.sample(COLOURS[:4], 2), dice.sample(DRAWN, 2)
    scene = node(
        "DrawScene",
        first_colour=first,
        first_thing=things[0],
        second_colour=second,
        second_thing=things[1],
        variation=number,
        side=64,
    )
    return {
        "1": node("LoadMiniature", miniature="mini-CLIP-hard", family="encoder alone"),
        "2": scene,
        "3": node("LoadJudge", model="what is connected", precision="as stored", encoder=["1", 1]),
        "4": node("ImageProbe", images=["2", 0], text=["2", 1], encoder=["1", 1], judge=["3", 0]),
    }


def generator(number: int) -> Graph:
    """Station 3: what each phrase does in the miniature image model."""
    return {
        "1": node("LoadMiniature", miniature="mini-CLIP-hard", family="sd3 without T5"),
        "2": node("LoadMiniatureGenerator", generator="clip-hard"),
        "3": node(
            "IgnoredWords",
            model=["2", 0],
            clip=["1", 0],
            text=prompt(number),
            seed=number,
            budget="quick",
            where=number % 2 == 0,
        ),
    }


def files(number: int) -> Graph:
    """What a file is, a CLIP from it, a smaller copy."""
    name = CLIP_FILE
    return {
        "1": node("InspectEncoder", file=name, hash=number % 2 == 0),
        "2": node(
            "LoadEncoders",
            file_1=name,
            **{f"file_{other}": "none" for other in (2, 3, 4)},
            family="auto",
            precision=("as stored", "fp32")[number % 2],
            device="auto",
        ),
        "3": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["2", 0], "text": prompt(number)}},
        "4": node("InspectConditioning", conditioning=["3", 0]),
        "5": node("QuantizeEncoder", file=name, format="int8", name=f"small-{number}"),
    }


def card(number: int) -> Graph:
    """The two long ones: an encoder's card, and the benchmark."""
    return {
        "1": node("LoadMiniature", miniature="mini-CLIP-hard", family="encoder alone"),
        "2": node("EncoderReport", clip=["1", 0], title=f"card {number}", view="unpadded"),
        "3": node("BindingBenchmark", dataset="drawn-20", folder="", encoder_a=["1", 1]),
    }


USUAL: tuple[Callable[[int], Graph], ...] = (tokens, states, speed)
RARE = ((card, 500, 3), (files, 100, 7), (generator, 50, 5), (picture, 50, 25), (probe, 20, 11))
"""Graph, one of how many prompts, which of them."""


def graph(number: int) -> tuple[str, Graph]:
    """The name of a kind of graph, and the graph of this number."""
    for build, every, place in RARE:
        if number % every == place:
            return build.__name__, build(number)
    build = USUAL[number % len(USUAL)]
    return build.__name__, build(number)
