"""From a CLIP and a prompt to the probe report, and from a CLIP to the encoder report: what the
nodes and the terminal share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from ...conditioning.binding.probe_prompt import ProbeOptions, probe
from ...conditioning.errors import EncoderScopeError, UnknownName
from ...conditioning.precision import FAST
from ...conditioning.progress import Progress, no_progress
from ...conditioning.reports.binding import picture
from ...conditioning.reports.binding import report as probe_report
from ...conditioning.reports.drawing import legible
from ...conditioning.reports.encoder_card import report as encoder_card_report
from ...conditioning.translation import translate
from .. import clip as host_clip
from .. import probe_encoder
from .. import progress_bar as host_progress

Report = dict[str, Any]
VIEWS = (probe_report.UNPADDED, probe_report.AS_FED)


def report(
    clip: Any,
    text: str,
    view: str = VIEWS[0],
    threshold: float = probe_report.THRESHOLD,
    cache: Path | None = None,
    progress: Progress = no_progress,
) -> Report:
    """The probe report (``docs/report-probe.md``). Raises :class:`EncoderScopeError`."""
    return measured(clip, text, view, threshold, cache, progress)()


def measured(
    clip: Any,
    text: str,
    view: str = VIEWS[0],
    threshold: float = probe_report.THRESHOLD,
    cache: Path | None = None,
    progress: Progress = no_progress,
) -> Callable[[], Report]:
    """What writes the report of one measurement, in the language of the moment. Raises
    :class:`EncoderScopeError`.
    """
    setup = probe_encoder.take_apart(clip, _padded(view))
    options = ProbeOptions(
        setup.inputs, partial(probe_encoder.host_encodings, setup), cache, progress=progress
    )
    result = probe(text, setup.encoders, options)
    return lambda: probe_report.probe_report(
        result, view=view, threshold=threshold, host=host_clip.version(), notes=_notes(clip, setup)
    )


def compared(
    clip: Any, other: Any, text: str, view: str, threshold: float
) -> tuple[Report, Image.Image]:
    """The probe report of a CLIP, with that of another CLIP (or None) as its ``compare``, and its
    picture, in the language of the moment.
    """
    cache, progress = host_progress.cache_folder(), host_progress.progress
    first = measured(clip, text, view, threshold, cache, progress())
    second = None if other is None else measured(other, text, view, threshold, cache, progress())

    def write() -> Report:
        return {**first(), "compare": second and second()}

    return legible.drawn(write, picture.render)


def from_files(paths: Sequence[Path], family: str) -> Any:
    """A CLIP from text-encoder files anywhere, for the terminal. Raises
    :class:`EncoderScopeError`.
    """
    from ..loading import loader

    for path in paths:
        if not path.is_file():
            raise EncoderScopeError(
                "There is no file {path!r}.",
                "A text encoder's file, or a Hugging Face folder, was expected.",
                "Check the path.",
                path=str(path),
            )
    return loader.load_files(paths, family).clip


def card(
    clip: Any,
    view: str = VIEWS[0],
    title: str = "",
    cache: Path | None = None,
    progress: Progress = no_progress,
) -> Report:
    """The encoder report. ``title``: a name of the artist's, else what the CLIP is."""
    setup = probe_encoder.take_apart(clip, _padded(view))
    name = title.strip() or _title(setup)
    return encoder_card_report.encoder_report(
        setup.encoders, name, view=view, host=host_clip.version(), cache=cache, progress=progress
    )


def compared_card(clip: Any, other: Any, view: str, title: str, others_card: str) -> Report:
    """The encoder report of a CLIP, beside that of another CLIP (or None) and a card as JSON."""
    cards = [encoder_card_report.read_card(others_card)] if others_card.strip() else []
    cache = host_progress.cache_folder()
    own = card(clip, view, title, cache, host_progress.progress())
    if other is not None:
        cards.insert(0, card(other, view, "", cache, host_progress.progress()))
    return encoder_card_report.with_others(own, cards)


def _title(setup: probe_encoder.ProbeSetup) -> str:
    names = " + ".join(encoder.title for encoder in setup.encoders)
    return f"{setup.inputs.title}: {names}" if setup.inputs else names


def _padded(view: str) -> bool:
    if view not in VIEWS:
        raise UnknownName("view", view, list(VIEWS))
    return view == probe_report.AS_FED


def _notes(clip: Any, setup: probe_encoder.ProbeSetup) -> Sequence[str]:
    notes = []
    if probe_encoder.precision(clip) == FAST:
        notes.append(
            translate(
                "Computed with fp16 products and an fp32 residual stream (mode fast), as on "
                "every GPU; on a CPU it would be exact."
            )
        )
    if setup.inputs is None:
        notes.append(
            translate(
                "EncoderScope does not know which image model this CLIP is for: every readout "
                "counts."
            )
        )
    if getattr(clip.patcher, "forced_hooks", None) is not None:
        notes.append(
            translate(
                "Hooks on this CLIP (scheduled LoRA) are left out of the sentences; the prompt "
                "itself has the first step's."
            )
        )
    return notes
