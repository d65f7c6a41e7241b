"""Inputs that several nodes share, and the types of the pack's own sockets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from comfy_api.latest import io

from ..conditioning.benchmark.judge_scores import SCORES
from ..conditioning.generator.budget import MOST_PHRASES
from ..conditioning.generator.phrases import SPLITS
from ..conditioning.mixing.assembly import CHOICES
from ..host import folders, tokenizers
from ..host.ids import DUAL_ENCODER, FROM_CLIP, JUDGE, TEXT_STATES
from ..host.judges import judge_choice
from ..host.reports import generator_reports, probe_reports

TextStates = io.Custom(TEXT_STATES)
DualEncoder = io.Custom(DUAL_ENCODER)
Judge = io.Custom(JUDGE)


def judge(name: str, tooltip: str) -> io.Input:
    """One or several judges."""
    return Judge.Input(name, optional=True, tooltip=tooltip)


def precision(options: Iterable[str], tooltip: str) -> io.Input:
    """In which numbers an encoder's or a judge's weights are held; the first is the default."""
    names = list(options)
    return io.Combo.Input("precision", options=names, default=names[0], tooltip=tooltip)


def clip(tooltip: str, name: str = "clip", **options: Any) -> io.Input:
    """A CLIP of the host."""
    return io.Clip.Input(name, tooltip=tooltip, **options)


def tokenizing_clip() -> io.Input:
    """A CLIP of which the tokenizer is enough; a family may stand in for it."""
    return clip(
        "The CLIP of your checkpoint or loader. Without it, choose a family: its tokenizer needs "
        "no model file.",
        optional=True,
    )


def compare_clip(tooltip: str) -> io.Input:
    """A second CLIP beside the first."""
    return clip(tooltip, "compare_clip", optional=True)


def family() -> io.Input:
    """The image model by which a prompt is read."""
    return io.Combo.Input(
        "family",
        options=[FROM_CLIP, *tokenizers.family_names()],
        default=FROM_CLIP,
        tooltip="Which model's layout to read the prompt by. 'from the CLIP' is right unless the "
        "loader cannot tell (PixArt and Chroma).",
    )


def text(name: str = "text", **options: Any) -> io.Input:
    """A prompt, in a box of several lines."""
    return io.String.Input(name, multiline=True, dynamic_prompts=True, **options)


def contrast_text() -> io.Input:
    """A prompt whose contrasts are tested."""
    return text(
        tooltip="The prompt, in English. Mark a contrast by hand: [red] car | [blue] house."
    )


def question_lines() -> io.Input:
    """What a judge is asked, one question a line."""
    return text(
        "questions",
        optional=True,
        default="",
        placeholder="for a judge: empty = the questions of the prompt",
        tooltip="What the judge is asked. Left empty: questions of the prompt. The report's json "
        "has them as lines (question_lines), to copy here and change.",
    )


def text_alone_clip() -> io.Input:
    """A CLIP that is asked without pictures."""
    return clip(
        "Any CLIP or T5. It sees no pictures, so it is asked another question: is the caption "
        "nearer than the swap to the same scene in other words?",
        display_name="clip (text alone)",
        optional=True,
    )


def judge_model() -> io.Input:
    """The model that *Load Judge* loads."""
    return io.Combo.Input(
        "model",
        options=judge_choice.choices(),
        default=judge_choice.MINI_VQA,
        tooltip="mini-VQA needs no download, but knows only drawn scenes: six things, eight "
        "colours, sizes, places, numbers up to five. Else what is connected, or a Hugging Face "
        "folder below text_encoders or clip_vision.",
    )


def judge_and_score() -> list[io.Input]:
    """A judge that scores how well pictures fit captions, and by which formula."""
    return [
        judge("judge", "From Load Judge: it scores every caption and swap."),
        io.Combo.Input(
            "score",
            options=list(SCORES),
            default=SCORES[0],
            optional=True,
            tooltip="How a judge is asked: VQAScore, BLIP-VQA (T2I-CompBench) or DSG.",
        ),
    ]


def view() -> io.Input:
    """How the sentences of a test are padded."""
    return io.Combo.Input(
        "view",
        options=list(probe_reports.VIEWS),
        default=probe_reports.VIEWS[0],
        tooltip="The test sentences without padding (fast), or padded as this model gets them "
        "(slow for T5). The prompt itself is always padded as the model gets it.",
    )


def encoder_files(count: int) -> list[io.Input]:
    """Files of text encoders: ``file_1`` is required, the others may be ``none``."""
    names = folders.choices()
    first = io.Combo.Input(
        "file_1",
        options=names,
        tooltip="A text encoder: a .safetensors or .gguf file, or a Hugging Face folder, in "
        "models/text_encoders.",
    )
    others = [
        io.Combo.Input(
            f"file_{number}",
            options=[folders.NONE, *names],
            default=folders.NONE,
            tooltip="Another one.",
        )
        for number in range(2, count + 1)
    ]
    return [first, *others]


def clip_vision() -> io.Input:
    """The other half of a CLIP."""
    return io.ClipVision.Input(
        "clip_vision", optional=True, tooltip="The vision tower that was trained with the CLIP."
    )


def own_text(name: str, encoder: str) -> io.Input:
    """A text for one encoder alone."""
    return text(
        name,
        optional=True,
        default="",
        placeholder=f'{encoder}: empty = same as text, "" = empty prompt',
        tooltip=f"A text for {encoder} alone. Left empty, it reads the same as the others; two "
        'quotes ("") give it an empty prompt.',
    )


def encoder_use(name: str, encoder: str, absent: str) -> io.Input:
    """What becomes of one encoder's part of a conditioning."""
    return io.Combo.Input(
        name,
        options=list(CHOICES),
        default=CHOICES[0],
        optional=True,
        tooltip=f"use: as encoded. empty prompt: {encoder} reads nothing. zeros: its numbers are "
        f"zero. absent: {absent}",
    )


def strength(name: str, part: str) -> io.Input:
    """How strongly a part of a conditioning counts."""
    return io.Float.Input(
        name,
        default=1.0,
        min=-10.0,
        max=10.0,
        step=0.05,
        tooltip=f"{part}. 0: the baseline. 1: as it is. Beyond: further away from the baseline. "
        "Below 0: past the baseline.",
    )


def schedule_range(name: str, part: str) -> list[io.Input]:
    """From which share of the schedule to which a part of a conditioning counts."""
    return [
        io.Float.Input(
            f"{name}_{edge}",
            default=default,
            min=0.0,
            max=1.0,
            step=0.01,
            optional=True,
            tooltip=f"Share of the schedule where the {part} {verb}. Outside of its range it is at "
            "the baseline.",
        )
        for edge, default, verb in (("start", 0.0, "begins"), ("end", 1.0, "ends"))
    ]


def image_text_encoder(name: str, tooltip: str) -> io.Input:
    """An encoder with both towers."""
    return DualEncoder.Input(name, display_name=name, optional=True, tooltip=tooltip)


def seed(tooltip: str, **options: Any) -> io.Input:
    """The seed of a sampler's noise."""
    return io.Int.Input(
        "seed", default=0, min=0, max=0xFFFFFFFFFFFFFFFF, tooltip=tooltip, **options
    )


def budget(default: str, tooltip: str) -> io.Input:
    """How many calls of the image model a measurement may take."""
    return io.Combo.Input(
        "budget", options=list(generator_reports.BUDGETS), default=default, tooltip=tooltip
    )


def measured_prompt() -> list[io.Input]:
    """A prompt whose phrases are measured, and how much that may cost."""
    return [
        text(
            tooltip="The prompt. Mark what is to be measured: a [red] car. Without marks it is "
            "read in English, and lists of tags comma by comma."
        ),
        seed("The noise is that of a sampler with this seed; further seeds count up from it."),
        budget(
            generator_reports.DEFAULT_BUDGET,
            "default: six phrases cost as much as one picture of 28 steps with guidance. "
            "quick: a quarter. thorough: four times.",
        ),
    ]


def measured_picture() -> list[io.Input]:
    """What the image model is measured on, and the artist's own conditioning."""
    return [
        io.Latent.Input(
            "latent",
            optional=True,
            tooltip="A finished picture: is the phrase in it? An empty latent sets the size "
            "alone. Without it: along a run from noise.",
        ),
        io.Image.Input(
            "images",
            display_name="image",
            optional=True,
            tooltip="A finished picture, instead of a latent. Needs a VAE.",
        ),
        io.Vae.Input("vae", optional=True, tooltip="The image model's VAE, for the image."),
        io.Conditioning.Input(
            "positive",
            optional=True,
            tooltip="The prompt's conditioning after ControlNet, FLUX guidance or areas: they "
            "stay in effect, its words are exchanged.",
        ),
    ]


def measured_phrases() -> list[io.Input]:
    """How guidance acts, and what counts as a phrase."""
    return [
        text(
            "negative",
            optional=True,
            default="",
            tooltip="The negative prompt. It is read with guidance only.",
        ),
        io.Float.Input(
            "guidance",
            default=1.0,
            min=1.0,
            max=100.0,
            step=0.1,
            optional=True,
            tooltip="Classifier-free guidance (cfg) of your sampler; 1 is off. It costs one call "
            "more at every step.",
        ),
        io.Combo.Input(
            "split",
            options=list(SPLITS),
            default=SPLITS[0],
            optional=True,
            tooltip="What is a phrase where nothing is marked: red and car apart, red car as one, "
            "or what stands between commas.",
        ),
    ]


def measured_beside() -> list[io.Input]:
    """How many phrases are measured, and what beside them."""
    return [
        io.Int.Input(
            "most_phrases",
            default=MOST_PHRASES,
            min=1,
            max=64,
            optional=True,
            tooltip="No more phrases are measured; further ones are named. Beyond six the cost "
            "grows with them.",
        ),
        io.Boolean.Input(
            "binding",
            default=False,
            optional=True,
            tooltip="Also: does the image model bind what belongs to what? Beside the Binding "
            "Probe of the CLIP. thorough always asks it; in other budgets fewer points are left.",
        ),
        io.Boolean.Input(
            "where",
            default=False,
            optional=True,
            tooltip="Also: where in the picture the model looks for each phrase (attention). That "
            "is not whether it matters. At default 11 calls of the model more, 18 with guidance. "
            "With a VAE it is drawn over the picture.",
        ),
    ]
