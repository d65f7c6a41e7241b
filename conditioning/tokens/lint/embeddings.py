"""Textual inversions that are not read as such, or not by every encoder."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...translation import translatable, translate
from ..alignment import IDENTIFIER
from ..placement import Placement
from ..recording import Alignment
from .finding import CONSTRUCTS, Finding, finding, shortened
from .prompt_reading import PromptReading
from .regions import Span

_ANY_CASE = re.compile(r"(?P<sign>embeddings?:)(?P<name>[^\s,()<>\[\]]*)", re.IGNORECASE)
_OTHER_SIGN = r"(?:(?:emb|embed|ti|textual_inversion):)?"
_PLURAL = translatable("ComfyUI knows “embedding:” only: this is read as words.")
_ALONE = translatable("Put a space before and behind it: embedding:{name} has to stand alone.")
_NO_FILE = CONSTRUCTS["embedding_weight"].effect
_WEIGHT = re.compile(r"(?P<name>.+?):(?P<weight>-?\d+(?:\.\d+)?)")
_PLAIN_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_RENAME = translatable("The file has a fitting tensor named {fitting}: rename it {key}.")
_OTHER_SHAPE = translatable(
    "Ignored by {reader}: its vectors are of another shape, {expected} wide is wanted."
)


def embeddings(reading: PromptReading) -> Iterator[Finding]:
    """Findings about textual inversions, in no order."""
    if not any(placement.recording.reads_embeddings for placement in reading.placements):
        yield from _unread(reading)
        return
    yield from _identifiers(reading)
    yield from _bare_names(reading)
    yield from _widths(reading)


def _identifiers(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    read_as_embedding = {span[0]: span for span in reading.embedding_spans}
    for match in _ANY_CASE.finditer(text):
        name = match["name"].rstrip(".;:!?")
        span = (match.start(), match.start("name") + len(name))
        if not name or text[: match.start()].endswith("<"):
            continue
        if match["sign"] != IDENTIFIER:
            facts = {"does": _PLURAL} if match["sign"].lower() != IDENTIFIER else {}
            yield finding("embedding_case", text, span, certain=True, name=name, **facts)
        elif match.start() in read_as_embedding:
            yield from _looked_up(reading, read_as_embedding[match.start()], name)
        elif not _inside(match.start(), reading.embedding_spans):
            facts = {} if _ends_a_name(text, span[1]) else {"instead": _ALONE}
            yield finding(
                "glued_embedding",
                text,
                span,
                certain=True,
                **facts,
                name=name,
                glued=translate(
                    "ComfyUI sees “embedding:” at the beginning of a word only: here it is read as "
                    "{tokens}, and no file is looked for.",
                    tokens=reading.token_words(*span),
                ),
            )


def _unread(reading: PromptReading) -> Iterator[Finding]:
    """Names of files where no encoder of the model looks for one."""
    for match in _ANY_CASE.finditer(reading.text):
        name = match["name"].rstrip(".;:!?")
        span = (match.start(), match.start("name") + len(name))
        if name:
            yield finding(
                "unread_embedding",
                reading.text,
                span,
                certain=True,
                name=name,
                reader=reading.readers,
                tokens=reading.token_words(*span),
            )


def _looked_up(reading: PromptReading, span: Span, name: str) -> Iterator[Finding]:
    """An `embedding:` that the host sees, but with another name than the writer meant."""
    text = reading.text
    name_as_read = text[span[0] : span[1]]
    missing = {where for p in reading.placements for _, where in p.alignment.missing}
    if span not in missing:
        return
    second = name_as_read.find(IDENTIFIER, 1)
    if second > 0:
        yield finding(
            "glued_embedding",
            text,
            (span[0] + second, span[1]),
            name=name_as_read[second + len(IDENTIFIER) :],
            glued=translate(
                "ComfyUI looks for one file called “{name}”, finds none, and both names vanish.",
                name=shortened(name_as_read[len(IDENTIFIER) :]),
            ),
        )
    elif match := _WEIGHT.fullmatch(name_as_read[len(IDENTIFIER) :]):
        yield finding(
            "embedding_weight",
            text,
            span,
            raw=name_as_read[len(IDENTIFIER) :],
            name=match["name"],
            weight=match["weight"],
        )
    elif not _ends_a_name(text, span[0] + len(IDENTIFIER) + len(name)):
        yield finding(
            "glued_embedding",
            text,
            span,
            certain=True,
            instead=_ALONE,
            name=name,
            glued=translate(_NO_FILE, raw=shortened(name_as_read[len(IDENTIFIER) :])),
        )
    elif other := _other_spelling(reading, name):
        yield finding("embedding_case", text, span, name=other, raw=name, does=_NO_FILE)


def _other_spelling(reading: PromptReading, name: str) -> str:
    """The file that a name means which the host does not find: in other letters, or in a folder."""
    for other in reading.embedding_names:
        short = re.split(r"[/\\]", other)[-1]
        if name != other and name.casefold() in (other.casefold(), short.casefold()):
            return other
    return ""


def _ends_a_name(text: str, end: int) -> bool:
    """Whether what stands at the end of a name is none of it to the host."""
    return text[end : end + 1] in ("", ",", ")") or text[end].isspace()


def _inside(at: int, spans: list[Span]) -> bool:
    return any(start < at < end for start, end in spans)


def _bare_names(reading: PromptReading) -> Iterator[Finding]:
    """Names of files, where they stand as a word; a plain English word only where it stands alone
    between commas.
    """
    text = reading.text
    for name in reading.embedding_names:
        short = name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
        if len(short) < 3:
            continue
        ways = "|".join(map(re.escape, dict.fromkeys((name, short))))
        pattern = re.compile(rf"(?<![\w:/\\.-]){_OTHER_SIGN}(?:{ways})(?![\w/\\-])", re.IGNORECASE)
        for match in pattern.finditer(text):
            if _inside(match.start() + 1, reading.embedding_spans) or _follows_identifier(
                text, match
            ):
                continue
            is_plain = _PLAIN_WORD.fullmatch(match[0])
            if is_plain and not _is_whole_tag(text, match):
                continue
            yield finding(
                "bare_embedding",
                text,
                match.span(),
                certain=not is_plain,
                name=name,
                tokens=reading.token_words(*match.span()),
            )


def _follows_identifier(text: str, match: re.Match[str]) -> bool:
    """Whether another finding speaks of this name."""
    before = text[max(0, match.start() - len(IDENTIFIER)) : match.start()]
    return before.lower() == IDENTIFIER or (before.endswith("<") and ":" in match[0])


def _is_whole_tag(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()].rstrip(" (\t"), text[match.end() :].lstrip(" )\t")
    return before[-1:] in ("", ",", "\n") and after[:1] in ("", ",", "\n", ":")


def _widths(reading: PromptReading) -> Iterator[Finding]:
    wrong: dict[tuple[str, Span, int, int], list[Placement]] = {}
    fitting: dict[Span, tuple[str, str]] = {}
    for placement in reading.placements:
        for name, span, width, expected in placement.alignment.mismatched:
            wrong.setdefault((name, span, width, expected), []).append(placement)
        fitting = {**placement.alignment.fitting, **fitting}
    for (name, span, width, expected), placements in wrong.items():
        facts: dict[str, object] = {} if width else {"does": _OTHER_SHAPE}
        if span in fitting:
            named, key = fitting[span]
            facts |= {"instead": _RENAME, "fitting": named, "key": key}
        yield finding(
            "embedding_width",
            reading.text,
            span,
            name=name,
            reader=reading.titles(placements),
            width=width,
            expected=expected,
            certain=True,
            **facts,
        )


def rename_remedy(alignment: Alignment, span: Span) -> str:
    """What to do where the file of a textual inversion has the right vectors by another name; ''
    where it has none.
    """
    if span not in alignment.fitting:
        return ""
    fitting, key = alignment.fitting[span]
    return translate(_RENAME, fitting=fitting, key=key)
