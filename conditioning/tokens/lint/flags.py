"""Parameters as commands and bots take them, such as ``--ar 16:9``, which this host reads as
words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ...translation import translatable, translate
from .finding import NEGATIVE_NODE, Finding, finding
from .prompt_reading import PromptReading

_SIZE = translatable("Set the size of the picture.")
_NO = translatable("Keep these things out of the picture.")
_SAMPLER = translatable("Set the sampler.")
_SEED = translatable("Set the seed.")
_MIDJOURNEY = translatable("Set a parameter of Midjourney.")
_OTHER = translatable("Set something of another program.")
_SIZE_NODE = translatable("Delete it and set width and height on the node of the empty latent.")
_SEED_NODE = translatable("Delete it and set the seed on the sampler's node.")
_SAMPLER_NODE = translatable("Delete it and set this on the sampler's node.")
DELETE = translatable("Delete it: ComfyUI's nodes have settings of their own.")


class _Flag(NamedTuple):
    purpose: str
    remedy: str
    value: str
    """Pattern of what belongs to it."""
    needs_value: bool = False
    """It is a word of other commands, too, and no parameter of a picture without its value."""


_NUMBER = r"(?:(?:\s+|=)-?\d[\w.:/]*(?!\w))?"
_WORDS = r"(?:\s+|=)[^\n-][^\n]*?(?=\s--?\w|\n|$)"
_VALUE = r"(?:\s+|=)(?:\"[^\"\n]*\"|[^\s,\"”-][^\s,\"”]*)"
_FILE = rf"(?=(?:\s+|=)\S*[\d._/\"]){_VALUE}"
_MIDJOURNEY_VALUES = r"(?:(?:\s+|=)(?:\d[\w.:]*|raw|random|cute|scenic|expressive|original|low|high|https?://\S+)(?!\w))?"


def _each(
    names: str, purpose: str, remedy: str, value: str, needs_value: bool = False
) -> dict[str, _Flag]:
    return dict.fromkeys(names.split(), _Flag(purpose, remedy, value, needs_value))


_MIDJOURNEY_NAMES = (
    "version niji stylize style chaos quality iw weird sref cref oref cw sw ow stop profile exp "
    "upbeta sv repeat hd motion bs"
)
_FLAGS = {
    **_each("ar aspect aspect-ratio", _SIZE, _SIZE_NODE, _VALUE),
    **_each("width height h size resolution", _SIZE, _SIZE_NODE, _NUMBER, needs_value=True),
    **_each("no neg negative", _NO, NEGATIVE_NODE, _WORDS),
    **_each("negative-prompt neg-prompt uc", _NO, NEGATIVE_NODE, _WORDS, needs_value=True),
    "seed": _Flag(_SEED, _SEED_NODE, _VALUE),
    "steps": _Flag(_SAMPLER, _SAMPLER_NODE, _NUMBER),
    **_each(
        "cfg cfg-scale cfgscale guidance guidance-scale denoise denoising-strength step eta",
        *(_SAMPLER, _SAMPLER_NODE, _NUMBER),
        needs_value=True,
    ),
    **_each(
        "sampler sampler-name sampling-method scheduler",
        *(_SAMPLER, _SAMPLER_NODE, _VALUE),
        needs_value=True,
    ),
    **_each(_MIDJOURNEY_NAMES, _MIDJOURNEY, DELETE, _MIDJOURNEY_VALUES),
    **_each("s c q w r v", _MIDJOURNEY, DELETE, _MIDJOURNEY_VALUES, needs_value=True),
    **_each(
        "tile raw fast relax turbo draft video test testp creative uplight hq",
        *(_MIDJOURNEY, DELETE, ""),
    ),
    **_each("profile personalize sref cref oref", _MIDJOURNEY, DELETE, _VALUE),
    **_each("p", _MIDJOURNEY, DELETE, _VALUE, needs_value=True),
    **_each(
        "batch batch-size batch-count n-iter count clip-skip strength upscale d l n",
        *(_OTHER, DELETE, _NUMBER),
        needs_value=True,
    ),
    **_each("lora model checkpoint vae", _OTHER, DELETE, _FILE, needs_value=True),
    **_each("hires karras tiling", _OTHER, DELETE, ""),
}
_FLAG = re.compile(r"(?<![^\s,.;)])(?:--|[—–])(?P<name>[a-zA-Z][\w-]*)")
_SINGLE = re.compile(
    r"(?<!\S)-(?P<name>ar|aspect|steps|cfg|cfg[_-]scale|seed|niji|stylize|chaos|iw|width|height"
    r"|[vsqc](?=\s+\d[\w.]*\s*(?:$|\s--?[a-z])))(?=[\s=]+-?\d[\d.:x]*(?:\s|,|$))"
)
"""With one dash only where a number follows, and letters where the prompt or another flag does."""
_DREAM = re.compile(r"(?:(?:^|\s+)-[sSWHCAnUG]\s?[\w.]+){2,}\s*$")
"""What closes the prompts of InvokeAI's old command line: -s50 -W512 -H512 -C7.5."""
_COMMAND = re.compile(
    r"(?:^|[\s\"'`“$>(])(?:sudo|rm|cp|mv|ls|cd|git|npm|npx|pnpm|pip3?|apt-get|docker|kubectl|cmake|gcc"
    r"|python3|pytest|curl|wget|ssh|scp|grep|ffmpeg|bash|systemctl|[\w./-]+\.(?:py|sh|js|exe))"
    r"(?:\s+[\w./:@=-]+){0,6}\s*$"
)
"""Names of commands that are no words of English, which make, cat and python are."""
_NEAR = 80
"""Characters before a flag that are looked at for a command."""


def flags(reading: PromptReading) -> Iterator[Finding]:
    """Findings about parameters, in no order."""
    text = reading.text
    for match in [*_FLAG.finditer(text), *_SINGLE.finditer(text)]:
        if _is_command(reading, *match.span()):
            continue
        name, sign = match["name"], text[match.start()]
        flag = _flag(name, text[match.end() :])
        if flag is None:
            continue
        value = re.compile(flag.value).match(text, match.end())
        end = value.end() if value else match.end()
        has_value = bool(text[match.end() : end].strip(" ="))
        is_doubtful = sign in "—–" and (flag.purpose == _NO or not has_value)
        if not is_doubtful and (has_value or not flag.needs_value):
            yield _finding(reading, match.start(), end, flag)
    if (closing := _DREAM.search(text)) and not _is_command(reading, *closing.span()):
        start = closing.end() - len(closing[0].lstrip())
        yield _finding(reading, start, len(text.rstrip()), _Flag(_OTHER, DELETE, ""))


def _flag(name: str, behind: str) -> _Flag | None:
    """The parameter of a name, in any case and with either dash; ``--n`` with words is kohya's
    negative prompt, and with a number how many pictures.
    """
    if name == "n" and re.match(r"\s+[^\W\d]", behind):
        return _Flag(_NO, NEGATIVE_NODE, _WORDS)
    return _FLAGS.get(name.lower().replace("_", "-"))


def _finding(reading: PromptReading, start: int, end: int, flag: _Flag) -> Finding:
    purpose, remedy = translate(flag.purpose), translate(flag.remedy)
    return finding("flag", reading.text, (start, end), purpose=purpose, remedy=remedy)


def _is_command(reading: PromptReading, start: int, end: int) -> bool:
    """Whether it is code, in quotation marks within the prompt, or behind the name of a command."""
    text = reading.text
    if reading.regions.is_code(start, end):
        return True
    if reading.regions.is_quoted(start, end) and text.lstrip()[:1] not in ('"', "“"):
        return True
    return bool(_COMMAND.search(text[max(0, start - _NEAR) : start]))
