"""Station 4 for Python: what pictures show of a prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..conditioning.errors import EncoderScopeError
from .resources import DEFAULT_MINIATURE, cache_folder, dual_encoder, judge_named
from .results import ImageReport

if TYPE_CHECKING:
    from PIL import Image

_ENCODER = "a folder or file of CLIP, SigLIP or SigLIP 2 with both towers, or a miniature's name"


def image_report(
    pictures: Sequence[str | Path | Image.Image],
    text: str,
    *,
    encoder: str | Path = DEFAULT_MINIATURE,
) -> ImageReport:
    """Whether pictures show which thing has which attribute as the prompt says, or the swap; and
    whether this scorer can tell at all, which is measured once, and kept. ``encoder``: a folder or
    file of CLIP, SigLIP or SigLIP 2 with both towers, or mini-CLIP or mini-CLIP-hard, which know
    drawn scenes only. Raises :class:`~encoderscope.EncoderScopeError`.
    """
    scorer = dual_encoder(str(encoder), _ENCODER)
    from ..conditioning.image_probe import probe_images
    from ..conditioning.reports.image import report as image_reports

    options = probe_images.ImageProbeOptions(cache=cache_folder())
    result = probe_images.probe_images(_pixels(pictures), text, scorer, options)
    return ImageReport(image_reports.image_report(result, scorer))


def judge_report(
    pictures: Sequence[str | Path | Image.Image], text: str, *, judge: str | Path
) -> ImageReport:
    """What a model that answers questions about pictures says of them: each thing, colour, number
    and place of the prompt becomes a question, and the judge speaks only of what it got right on
    drawn scenes. ``judge``: a folder with BLIP-VQA, Qwen-VL, SmolVLM, LLaVA or Gemma 3, or
    mini-vqa, which comes with EncoderScope and knows drawn scenes only. Raises
    :class:`~encoderscope.EncoderScopeError`.
    """
    from ..conditioning.english.reading import read
    from ..conditioning.image_probe.judges.ask_judges import JudgeOptions, ask_judges
    from ..conditioning.image_probe.judges.questions.question_graph import question_graph
    from ..conditioning.reports.image import report as image_reports

    reading = read(text)
    graph = question_graph(reading)
    named_judge = judge_named(str(judge))
    pixels, options = list(_pixels(pictures)), JudgeOptions(cache_folder())
    judgement = ask_judges(pixels, graph.questions, [named_judge], options)
    return ImageReport(image_reports.judge_report(judgement, reading, notes=graph.skipped))


def _pixels(pictures: Sequence[str | Path | Image.Image]) -> Iterator[Any]:
    """Tensors, height x width x 3, from 0 to 1."""
    import numpy
    import torch

    for picture in pictures:
        pixels = numpy.asarray(_opened(picture).convert("RGB"), dtype=numpy.float32)
        yield torch.from_numpy(pixels / 255)


def _opened(picture: str | Path | Image.Image) -> Image.Image:
    return opened(Path(picture)) if isinstance(picture, (str, Path)) else picture


def opened(path: Path) -> Image.Image:
    """The picture in a file, RGB. Raises :class:`EncoderScopeError`."""
    from ..conditioning.picture_files import PictureTooLarge, read_rgb

    try:
        return read_rgb(path)
    except PictureTooLarge as error:
        raise EncoderScopeError(
            "{path!r} cannot be judged: {problem}.",
            "A picture as image models make them was expected.",
            "Make it smaller.",
            path=str(path),
            problem=error.args[0],
        ) from error
    # Pillow raises whatever its plugins raise: SyntaxError, struct.error, DecompressionBombError
    except Exception as error:
        raise EncoderScopeError(
            "{path!r} cannot be read as a picture ({error}: {reason}).",
            "A PNG, JPEG or WebP file was expected.",
            "Check the path.",
            path=str(path),
            error=type(error).__name__,
            reason=str(error)[:120],
        ) from error
