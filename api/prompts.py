"""Station 1 for Python: what tokenizers make of a prompt, and what can be read from its words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..conditioning.errors import EncoderScopeError
from .resources import attach_host
from .results import ReadingReport, TokenReport

Report = dict[str, Any]


def token_report(
    text: str, *, family: str | None = None, tokenizer: str | Path | None = None
) -> TokenReport:
    """Which words of a prompt every encoder of a model family gets.

    ``family``: an image model (``sdxl``, ``flux``, ``sd3`` ...), read by ComfyUI's own tokenizers
    (``COMFYUI_PATH``). ``tokenizer``: a Hugging Face tokenizer folder instead, without ComfyUI.
    For many prompts make a :func:`token_reader` once. Raises
    :class:`~encoderscope.EncoderScopeError`.
    """
    return token_reader(family=family, tokenizer=tokenizer)(text)


def token_reader(
    *, family: str | None = None, tokenizer: str | Path | None = None
) -> Callable[[str], TokenReport]:
    """:func:`token_report` for many prompts: everything slow is done once."""
    report_of = reporter(family, None if tokenizer is None else str(tokenizer))
    return lambda text: TokenReport(report_of(text))


def families() -> list[str]:
    """Names that ``family`` may have in the ComfyUI that was found."""
    attach_host()
    from ..host import tokenizers

    return list(tokenizers.family_names())


def reading_report(text: str) -> ReadingReport:
    """What a prompt says: attributes, counts, negations, relations and actions, and which of them
    have a rival to be confused with. Needs neither ComfyUI nor torch.
    """
    from ..conditioning.reports.reading import report as reading

    return ReadingReport(reading.reading_report(text))


def reporter(family: str | None, tokenizer: str | None) -> Callable[[str], Report]:
    """From a prompt to its token report as JSON. Raises :class:`EncoderScopeError`."""
    if tokenizer is None:
        return _family_reporter(family)
    if family:
        raise EncoderScopeError(
            "Both --family and --tokenizer were given.",
            "A tokenizer folder is read as a reference pipeline would, without ComfyUI's windows.",
            "Give one of the two.",
        )
    return _folder_reporter(tokenizer)


def _family_reporter(family: str | None) -> Callable[[str], Report]:
    attach_host()
    from ..host.reports import token_reports

    clip, layout = token_reports.choose(None, known_family(family))
    return lambda text: token_reports.report(clip, text, layout)


def known_family(family: str | None) -> str:
    """The family, if ComfyUI has it. Raises :class:`EncoderScopeError`."""
    names = families()
    if family is not None and family in names:
        return family
    raise EncoderScopeError(
        "No family was given." if family is None else "--family {family} was given.",
        "One of these was expected: {names}.",
        "Add --family.",
        family=family,
        names=", ".join(names),
    )


def _folder_reporter(folder: str) -> Callable[[str], Report]:
    from ..conditioning import tokenizer_folder
    from ..conditioning.reports.tokens.report import token_report
    from ..conditioning.tokens.prompt_map import map_tokens

    tokenizer = tokenizer_folder.load(folder)
    return lambda text: token_report(
        map_tokens(text, [tokenizer_folder.record(tokenizer, text)], None)
    )
