"""Grammar of other programs, which this host reads as words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ...translation import translatable, translate
from ..typed_text import SentText
from .finding import ONE_PIECE, Finding, finding, shortened
from .prompt_reading import PromptReading
from .regions import Stretches, split_outside

_NUMBERS = re.compile(r"\s*-?\d*\.?\d+\s*(?:,\s*\d*\.?\d+\s*)?")
_BREAK = re.compile(r"\bBREAK\b")
_WORD = re.compile(r"\w+")
_AND = re.compile(r"(?<=[\s\d)\]])AND(?=[\s(\[])")
_TAG = re.compile(
    r"<\s*(lora|lyco|lycoris|locon|loha|lokr|hypernet|hypernetwork)\s*:[^<>\n]+>", re.I
)
_WILDCARD = re.compile(r"(?<![\w_])__(?!_)[~@]?[\w*][\w*/\\.-]*?__(?![\w_])")
_DUNDER = frozenset(("__init__", "__name__", "__main__", "__file__", "__all__", "__call__"))
_LINE_COMMENT = re.compile(r"(?<!:)(?<!\d)//[^\n]*")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_GLUED = re.compile(
    r"(?P<word>[^\W\d_][\w'’-]*|\d+[^\W\d]\w*|(?<=\w)\))(?P<weight>\s?:\s?-?(?:\d+\.\d*|\.\d+))(?![\w%;:.])"
)
_PLUS = re.compile(
    r"(?<![\w+])(?P<word>[^\W\d_][\w'’-]{2,}|\([^()\n]+\)|\"[^\"\n]+\")"
    r"(?P<sign>\+{2,}|\+(?=[,)])|(?<=[)\"])\+|-{2,}(?=[,.)]|\s*$))(?![\w+-])"
)
_COMPEL = re.compile(r"\)\s*\.(?:and|blend|swap)\([^()\n]*\)")
_MIDJOURNEY = re.compile(r"(?<=[\w)])::(?:\s?-?(?:\d+(?:\.\d+)?|\.\d+)(?![\w:])|(?=[\s,]|$))")
MIXED = {
    "meant": translatable("Mix these texts, or put one in another's place."),
    "instead": translatable(
        "Encode each text with a CLIP Text Encode, and join them with Conditioning (Average) or "
        "(Combine)."
    ),
}
NUMBER_AND_WORDS = re.compile(r"(?<![\w:.])-?\d+(?:\.\d+)?::[^:\n]+::")
"""NovelAI's weights: 1.5::red eyes::"""
_LANGUAGES = frozenset(("notepad", "notepad++"))
_NEGATIVE = re.compile(r"^[ \t]*negative(?: |_)?prompt\s*:", re.I | re.M)
_PARAMETERS = re.compile(
    r"\bSteps:\s*\d+,\s*(?:Sampler|CFG scale|Seed|Size|Schedule type)\s*:[^\n]*"
)
_RATIO = translatable("Set the size of the picture.")
_NO = translatable("Keep these things out of the picture.")
_SIZE_NODE = translatable("Delete it and set width and height on the node of the empty latent.")
_NEGATIVE_NODE = translatable(
    "Move it into the node of the negative prompt, where this model takes one."
)
_SETTING = translatable("Set a parameter of Midjourney.")
DELETE = translatable("Delete it: ComfyUI's nodes have settings of their own.")
_BRACES = translatable(
    "Nobody has replaced it on its way here: braces, bars and all of the words are read as text."
)
_SEED = translatable("Set the seed.")
_SEED_NODE = translatable("Delete it and set the seed on the sampler's node.")
_HYPERNETWORK = translatable("Load this hypernetwork.")
_ADDRESS = translatable("An address.")


class _Flag(NamedTuple):
    purpose: str
    remedy: str
    value: str
    """Pattern of what belongs to it."""


_WORDS = r"\s+[^\n-][^\n]*?(?=\s--\w|\n|$)"
_VALUE = r"\s+[^\s,]+"
_MIDJOURNEY_VALUES = (
    r"(?:\s+(?:\d[\w.:]*|raw|random|cute|scenic|expressive|original|https?://\S+)(?!\w))?"
)
_MIDJOURNEY_FLAGS = [
    "v",
    "version",
    "niji",
    "s",
    "stylize",
    "style",
    "c",
    "chaos",
    "q",
    "quality",
    "iw",
    "weird",
    "w",
    "sref",
    "cref",
    "oref",
    "cw",
    "sw",
    "ow",
    "stop",
    "profile",
    "p",
    "exp",
    "upbeta",
    "sv",
    "r",
    "repeat",
    "hd",
]
_SWITCHES = [
    "tile",
    "raw",
    "fast",
    "relax",
    "turbo",
    "draft",
    "video",
    "test",
    "testp",
    "creative",
    "uplight",
    "hq",
]
_FLAGS = {
    **dict.fromkeys(("ar", "aspect"), _Flag(_RATIO, _SIZE_NODE, _VALUE)),
    **dict.fromkeys(("no", "neg", "negative"), _Flag(_NO, _NEGATIVE_NODE, _WORDS)),
    "seed": _Flag(_SEED, _SEED_NODE, _VALUE),
    **dict.fromkeys(_MIDJOURNEY_FLAGS, _Flag(_SETTING, DELETE, _MIDJOURNEY_VALUES)),
    **dict.fromkeys(_SWITCHES, _Flag(_SETTING, DELETE, "")),
    **dict.fromkeys(("profile", "sref", "cref", "oref", "p"), _Flag(_SETTING, DELETE, _VALUE)),
}
_NEEDS_VALUE = frozenset(("s", "c", "q", "w", "r", "p", "v"))
_FLAG = re.compile(r"(?<!\S)(?:--|[—–])(?P<name>[a-z]+)\b")


def foreign_grammar(reading: PromptReading) -> Iterator[Finding]:
    """Findings about grammar that ComfyUI does not have, in no order."""
    for detect in (
        _breaks,
        _ands,
        _square_brackets,
        _tags,
        _wildcards,
        _comments,
        _glued_weights,
        _foreign_weights,
        _flags,
        _pasted_parameters,
    ):
        yield from detect(reading)


def _breaks(reading: PromptReading) -> Iterator[Finding]:
    for match in _BREAK.finditer(reading.text):
        if reading.regions.is_quoted(*match.span()) or reading.regions.is_code(*match.span()):
            continue
        facts: dict[str, object] = {}
        if not reading.has_windows:
            facts = {"instead": ONE_PIECE, "reader": reading.readers}
        certain = not reading.regions.is_shouted
        yield finding("break", reading.text, match.span(), certain=certain, **facts)


def _ands(reading: PromptReading) -> Iterator[Finding]:
    for match in _AND.finditer(reading.text):
        quoted = reading.regions.is_quoted(*match.span())
        if quoted or reading.regions.is_shouted or _in_capitals(reading, match):
            continue
        yield finding("and", reading.text, match.span())


def _in_capitals(reading: PromptReading, match: re.Match[str]) -> bool:
    """Whether the words on both sides are in capitals, too: a title, such as ROCK AND ROLL."""
    before = _word_before(reading.text, match.start())
    behind = _WORD.search(reading.text, match.end())
    words = [before, behind[0] if behind else ""]
    return all(len(word) > 1 and word.isupper() for word in filter(None, words))


def _word_before(text: str, end: int) -> str:
    """The last word of ``text[:end]``; empty where there is none."""
    while end and not _WORD.match(text[end - 1]):
        end -= 1
    start = end
    while start and _WORD.match(text[start - 1]):
        start -= 1
    return text[start:end]


def _square_brackets(reading: PromptReading) -> Iterator[Finding]:
    text, regions = reading.text, reading.regions
    for pair in regions.square_brackets:
        span, inside = (pair.start, pair.end), pair.inside(text)
        if regions.is_code(*span) or _is_reference(text, pair.start, pair.end, inside):
            continue
        *words, last = split_outside(inside, ":")
        is_sequence = words[:1] == ["SEQ"]
        if words and _NUMBERS.fullmatch(last) and (len(words) <= 2 or is_sequence):
            certain = "." in last or len(words) >= 2
            yield finding("schedule", text, span, certain=certain)
        elif "|" in inside:
            yield finding("alternation", text, span)
        elif not re.search(r"[\[\]:|]", inside):
            yield finding("deemphasis", text, span, certain=False, inside=inside.strip())


def _is_reference(text: str, start: int, end: int, inside: str) -> bool:
    """A link, a footnote, an index, a list of strings: brackets that no program takes for a
    prompt's grammar.
    """
    if text[end : end + 1] == "(" and re.match(r"\((?:\w+:|/|#|\.)", text[end:]):
        return True
    if not re.search(r"[^\W\d_]", inside) or len(inside) > 200:
        return True
    if inside.lstrip()[:1] in ("'", '"', "{"):
        return True
    glued = text[start - 1 : start]
    return bool((glued.isalnum() or glued in ("]", "_")) and re.fullmatch(r"\w+", inside))


def _tags(reading: PromptReading) -> Iterator[Finding]:
    for match in _TAG.finditer(reading.text):
        is_hypernetwork = match[1].lower().startswith("hyper")
        facts: dict[str, object] = {"meant": _HYPERNETWORK} if is_hypernetwork else {}
        yield finding(
            "tag",
            reading.text,
            match.span(),
            certain=True,
            tokens=reading.token_words(*match.span()),
            node="Hypernetwork Loader" if is_hypernetwork else "Load LoRA",
            **facts,
        )


def _wildcards(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    for match in _WILDCARD.finditer(text):
        if (
            match[0] in _DUNDER
            or reading.regions.is_markdown
            or reading.regions.is_code(*match.span())
        ):
            continue
        yield finding(
            "wildcard",
            text,
            match.span(),
            remedy=translate(
                "Use a node that fills wildcards in before the text reaches this one, or write the "
                "word."
            ),
        )
    for pair in reading.regions.braces:
        inside = pair.inside(text)
        if (
            pair.depth
            or "|" not in inside
            or '"' in inside
            or reading.regions.is_code(pair.start, pair.end)
        ):
            continue
        if reading.sent is not None:
            continue  # the browser draws one of them at Run
        yield finding(
            "wildcard",
            text,
            (pair.start, pair.end),
            does=_BRACES,
            remedy=translate(
                "ComfyUI's text boxes fill it in where it is typed, not where text arrives through "
                "a link: type it here, or fill it in before."
            ),
        )


def _comments(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    if reading.sent is not None:
        yield from _cut_addresses(reading, reading.sent)
        return
    blocks = [match.span() for match in _BLOCK_COMMENT.finditer(text)]
    lines = [match.span() for match in _LINE_COMMENT.finditer(text)]
    in_blocks = Stretches(blocks)
    for start, end in [*blocks, *(line for line in lines if not in_blocks.touch(*line))]:
        if reading.regions.is_code(start, end) or reading.regions.is_quoted(start, end):
            continue
        yield finding(
            "comment",
            text,
            (start, end),
            comment=translate(
                "ComfyUI's text boxes delete comments where they are typed; this text came here "
                "another way, and the comment is read as words."
            ),
            comment_remedy=translate("Delete it, or type the prompt into this node."),
        )


def _cut_addresses(reading: PromptReading, sent: SentText) -> Iterator[Finding]:
    """Addresses that the browser takes for comments, with all that follows in the line."""
    for position, comment in sent.deleted:
        if not reading.text[:position].endswith(":") or not comment.startswith("//"):
            continue
        yield finding(
            "comment",
            reading.text,
            (position, position),
            meant=_ADDRESS,
            comment=translate(
                "At Run the browser deletes “{comment}” as a comment: it never arrives.",
                comment=shortened(comment),
            ),
            comment_remedy=translate(
                "Write the address without “//”, or send the text through a link."
            ),
        )


def _glued_weights(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    other_syntax = [(part.start, part.end) for part in reading.parsed.syntax if part.explicit]
    other_syntax += [(pair.start, pair.end) for pair in reading.regions.square_brackets]
    other_syntax += [match.span() for match in _TAG.finditer(text)]
    other_syntax += reading.embedding_spans
    other_syntax += [match.span() for match in re.finditer(r"（[^（）\n]*）", text)]
    others = Stretches(other_syntax)
    for match in _GLUED.finditer(text):
        span = match.span("weight")
        if others.touch(*span) or reading.regions.is_code(*span) or _is_setting(text, match):
            continue
        weight = match["weight"].strip().lstrip(":").strip()
        yield finding(
            "glued_weight", text, span, weight=weight, words=_phrase(text, match.end("word"))
        )


def _is_setting(text: str, match: re.Match[str]) -> bool:
    """A key and its value, as in code and in pasted parameters: `opacity: 0.5`, `CFG
    scale: 7.0`.
    """
    return ": " in match["weight"] and not text[: match.start("weight")].endswith(" ")


def _phrase(text: str, end: int) -> str:
    """The words before a weight that stands alone: back to the last comma, bracket or sign."""
    if text[end - 1] == ")":
        end -= 1
    start = max(text.rfind(char, 0, end) for char in ",.;:|()[]（）\n") + 1
    words = text[start:end].strip()
    return re.sub(r"^(?:.*\b(?:AND|BREAK)\b)\s*", "", words)


def _foreign_weights(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    for match in _PLUS.finditer(text):
        if match["word"].lower() in _LANGUAGES or reading.regions.is_code(*match.span()):
            continue
        yield finding("foreign_weight", text, match.span("sign"))
    pairs = [*reading.regions.square_brackets, *reading.regions.braces]
    brackets = [(pair.start, pair.end) for pair in pairs]
    brackets += [match.span() for match in NUMBER_AND_WORDS.finditer(text)]
    bracketed = Stretches(brackets)
    for pattern in (_COMPEL, _MIDJOURNEY):
        for match in pattern.finditer(text):
            span = match.span()
            if not reading.regions.is_code(*span) and not bracketed.touch(*span):
                facts = MIXED if pattern is _COMPEL else {}
                yield finding("foreign_weight", text, span, certain=True, **facts)


def _flags(reading: PromptReading) -> Iterator[Finding]:
    text = reading.text
    for match in _FLAG.finditer(text):
        name, is_dash = match["name"], not match[0].startswith("--")
        flag = _FLAGS.get(name)
        if flag is None or reading.regions.is_code(*match.span()):
            continue
        value = re.compile(flag.value).match(text, match.end())
        end = value.end() if value else match.end()
        has_value = bool(text[match.end() : end].strip())
        if (is_dash and (name == "no" or not has_value)) or (
            name in _NEEDS_VALUE and not has_value
        ):
            continue
        purpose, remedy = translate(flag.purpose), translate(flag.remedy)
        yield finding("flag", text, (match.start(), end), purpose=purpose, remedy=remedy)


def _pasted_parameters(reading: PromptReading) -> Iterator[Finding]:
    for match in _NEGATIVE.finditer(reading.text):
        yield finding("negative_prompt", reading.text, match.span())
    for match in _PARAMETERS.finditer(reading.text):
        yield finding("generation_parameters", reading.text, match.span())
