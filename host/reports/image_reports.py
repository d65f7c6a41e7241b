"""From pictures, a prompt and an image-text encoder to the image report."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from typing import Any

import torch
from PIL import Image

from ...conditioning.english.reading import read
from ...conditioning.errors import EncoderScopeError
from ...conditioning.image_probe import probe_images
from ...conditioning.image_probe.judges import judge_verdicts
from ...conditioning.image_probe.judges.ask_judges import Judgement, JudgeOptions, ask_judges
from ...conditioning.image_probe.judges.protocol import Judge
from ...conditioning.image_probe.judges.questions.lines import from_lines
from ...conditioning.image_probe.judges.questions.question_graph import question_graph
from ...conditioning.image_text.dual_encoder import DualEncoder
from ...conditioning.image_text.images import to_picture
from ...conditioning.progress import Progress, stage
from ...conditioning.reports.image import report as image_report
from .. import clip as host_clip
from .. import progress_bar
from ..image_text import image_text_encoder

Report = dict[str, Any]
PICTURE_SIDE = 256
"""Longer side of a thumbnail in the report's picture."""
CARD_SIDE = 128
"""Longer side of a thumbnail on the node."""


def scorer(
    encoder: Any = None, clip: Any = None, clip_vision: Any = None, judge: Any = None
) -> DualEncoder | None:
    """The image-text encoder that was connected, in one piece or in two; None where a judge is to
    do without. Raises :class:`EncoderScopeError`.
    """
    if encoder is None and clip is None and clip_vision is None:
        if judge is not None:
            return None
        raise EncoderScopeError(
            "No image-text encoder is connected: a text-only encoder has no pictures in its space.",
            "An encoder with both towers was expected.",
            "Connect Load Image-Text Encoder or Load Miniature (mini-CLIP, mini-CLIP-hard), or a "
            "CLIP with its CLIP_VISION, or a judge from Load Judge.",
        )
    scoring: DualEncoder = encoder
    if encoder is None:
        scoring = image_text_encoder.connected(clip, clip_vision)
    return scoring.with_stop(progress_bar.stop_if_asked)


def report(
    images: torch.Tensor,
    text: str,
    encoder: DualEncoder | None,
    judges: Sequence[Judge] = (),
    questions: str = "",
    progress: Progress | None = None,
) -> Report:
    """The image report (``docs/report-image.md``), see :func:`writer`."""
    return writer(images, text, encoder, judges, questions, progress)()


def writer(
    images: torch.Tensor,
    text: str,
    encoder: DualEncoder | None,
    judges: Sequence[Judge] = (),
    questions: str = "",
    progress: Progress | None = None,
) -> Callable[[], Report]:
    """Looks at ``images`` (picture, height, width, 3), by an encoder, by judges, or by both, and
    returns what writes the report in the language of the moment. ``questions``: lines that an
    artist wrote; empty: those of the prompt. ``progress``: of a longer work that this is a part of.
    Raises :class:`EncoderScopeError`.
    """
    host, cache = host_clip.version(), progress_bar.cache_folder()
    stages = bool(judges) + (encoder is not None)
    progress = progress or progress_bar.progress()
    reading = read(text)
    judgement: Judgement | None = None
    notes: tuple[str, ...] = ()
    if judges:
        graph = question_graph(reading)
        prompt_questions, notes = graph.questions, graph.skipped
        if questions.strip():
            prompt_questions = from_lines(questions, prompt_questions)
        options = JudgeOptions(cache, stage(progress, 0, stages))
        judgement = ask_judges(_three_channels(images), prompt_questions, judges, options)
    if encoder is None:
        assert judgement is not None  # the node asks for one of the two
        return partial(image_report.judge_report, judgement, reading, host=host, notes=notes)
    probe_options = probe_images.ImageProbeOptions(
        cache=cache, progress=stage(progress, stages - 1, stages)
    )
    result = probe_images.probe_images(images, text, encoder, probe_options)
    return partial(
        image_report.image_report, result, encoder, host=host, notes=notes, judgement=judgement
    )


def _three_channels(images: torch.Tensor) -> torch.Tensor:
    """Without transparency, and grey pictures as any others."""
    if images.shape[-1] < 3:
        return images[..., :1].expand(*images.shape[:-1], 3)
    return images[..., :3]


def all_show_prompt(report: Report) -> bool:
    """Whether every picture of a report shows the prompt, to the encoder and to the judges that
    were asked.
    """
    return all(_shows_prompt(image) for image in report["images"])


def _shows_prompt(image: Report) -> bool:
    judged = image["judged"]
    if judged is None:
        return bool(image["shows"] == probe_images.SHOWN)
    by_encoder = image["shows"] != probe_images.SWAPPED
    return by_encoder and bool(judged["shows"] == judge_verdicts.SHOWN)


def thumbnails(images: torch.Tensor | Sequence[torch.Tensor]) -> list[Image.Image]:
    """A small copy of each of ``images`` (picture, height, width, 3), or of each batch's first."""
    pictures = (image[0] if image.dim() == 4 else image for image in images)
    return [_smaller(to_picture(picture), PICTURE_SIDE) for picture in pictures]


def with_thumbnails(report: Report, thumbnails: Sequence[Image.Image]) -> Report:
    """The report with its pictures, for the browser alone."""
    images = [
        {**image, "thumb": _data_url(_smaller(thumbnail, CARD_SIDE))}
        for image, thumbnail in zip(report["images"], thumbnails, strict=True)
    ]
    return {**report, "images": images}


def with_before_and_after(report: Report, pictures: Sequence[Image.Image]) -> Report:
    """The doctor's report with the pictures of its trial, for the browser alone."""
    if not pictures:
        return report
    thumbs = [_data_url(_smaller(picture, CARD_SIDE)) for picture in pictures]
    return {**report, "thumbs": dict(zip(("before", "after"), thumbs, strict=False))}


def _smaller(picture: Image.Image, side: int) -> Image.Image:
    small = picture.copy()
    small.thumbnail((side, side))
    return small


def _data_url(picture: Image.Image) -> str:
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.getvalue()).decode()}"
