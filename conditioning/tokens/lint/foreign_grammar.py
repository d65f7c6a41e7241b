"""Grammar of other programs, which this host reads as words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...translation import translatable, translate
from ..typed_text import SentText
from .finding import CONSTRUCTS, NO_WEIGHTS, ONE_PIECE, Finding, finding, shortened
from .prompt_reading import PromptReading
from .regions import Brackets, Stretches, split_outside
from .weight_groups import lightened

_NUMBERS = re.compile(r"\s*-?\d*\.?\d+\s*(?:,\s*\d*\.?\d+\s*)?")
_STEP_OR_WEIGHT = translatable("Change the words at that step, or weigh them by {weight}.")
_TIME = re.compile(r"\d\s*:\s*\d+\s*\Z")
_STRONGEST = 2
_BREAK = re.compile(r"(?<!<)\bBREAK\b")
_WORD = re.compile(r"\w+")
_NEAR = 60
"""Characters beside a word that are looked at."""
_ONE_LETTER = frozenset(("A", "I", "O"))
_AND = re.compile(r"(?<=[\s\d)\]])AND(?:_[A-Z]+)*(?=[\s(\[,])")
"""With the signs of Neutral Prompt, such as AND_PERP."""
_NETWORK = r"(?P<network>lora|lyco|lycoris|locon|loha|lokr|dora|hypernet|hypernetwork)"
TAG = re.compile(
    rf"<\s*{_NETWORK}\s*[:=](?:[^<>\n]+>|[^\s<>,]+)"
    rf"|(?<![\w<]){_NETWORK.replace('network', 'bare')}:[^\s,:<>()\[\]{{}}]+:-?\d*\.?\d+",
    re.I,
)
_WILDCARD = re.compile(r"(?<![\w_])__(?!_)[~@]?[\w*][\w*/\\.-]*?(?:\([^()\n]*\))?__(?![\w_])")
_DUNDER = frozenset(("__init__", "__name__", "__main__", "__file__", "__all__", "__call__"))
_LINE_COMMENT = re.compile(r"(?<!:)(?<!\d)//[^\n]*")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NEGATIVE = re.compile(
    r"(?<![^\s,.;:)>])negative(?: |_)?prompt\s*:|^[ \t]*negative(?: |_)?prompt[ \t]*$"
    r"|^[ \t]*(?P<short>negative\s*:)|\"negative(?: |_)?prompt\"\s*:",
    re.I | re.M,
)
_BOTH = re.compile(
    r"\bpositive(?: |_)?(?:prompt)?\s*:.*?[,.;]\s*(?P<short>negative\s*:)", re.I | re.S
)
_PARAMETERS = re.compile(
    r"\bSteps:\s*\d+,\s*(?:Sampler|CFG scale|Seed|Size|Schedule type)\s*:[^\n]*"
)
_BRACES = translatable(
    "Nobody has replaced it on its way here: braces and all that is in them are read as text."
)
_DRAWN = translatable(
    "At Run the browser draws one of the texts between the bars, and “{sign}” is read as a part of "
    "it."
)
_BEYOND = re.compile(r"\$\$|(?:(?<=[{|])|(?<=[{|] ))\d*\.?\d+::|(?<=\{)[~@]|__[\w*]")
"""Signs in braces that ComfyUI's text boxes do not know: {2$$a|b}, {0.5::a|b}, {__a__|b}."""
_FILL_IN = translatable(
    "Use a node that fills wildcards in before the text reaches this one, or write the word."
)
_TYPE_IT = translatable(
    "ComfyUI's text boxes fill it in where it is typed, not where text arrives through a link: "
    "type it here, or fill it in before."
)
_TEMPLATE = re.compile(r"(?<![\w${])\{prompt\}")
"""The place for the prompt in a style of A1111, Fooocus or SDXL's Prompt Styler."""
_PLACE = translatable("Put the prompt in here.")
_STANDS_FOR = translatable("Write what it stands for.")
IN_BRACKETS = translatable("Write ({words}:{weight}).")
_HYPERNETWORK = translatable("Load this hypernetwork.")
_ADDRESS = translatable("An address.")


def foreign_grammar(reading: PromptReading) -> Iterator[Finding]:
    """Findings about grammar that ComfyUI does not have, in no order."""
    for detect in (
        _breaks,
        _ands,
        _square_brackets,
        _tags,
        _wildcards,
        _comments,
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
        if reading.regions.is_quoted(*match.span()) or _in_capitals(reading.text, match):
            continue
        facts = {} if match[0] == "AND" else {"does": CONSTRUCTS["flag"].effect}
        yield finding("and", reading.text, match.span(), certain=True, **facts)


def _in_capitals(text: str, match: re.Match[str]) -> bool:
    """Whether the words on both sides are in capitals, too: a title, such as ROCK AND ROLL."""
    before = _WORD.findall(text[max(0, match.start() - _NEAR) : match.start()])
    behind = _WORD.findall(text[match.end() : match.end() + _NEAR])
    sides = [[word for word in words if word not in _ONE_LETTER] for words in (before, behind)]
    return bool(sides[0] and sides[1]) and sides[0][-1].isupper() and sides[1][0].isupper()


def _square_brackets(reading: PromptReading) -> Iterator[Finding]:
    text, regions = reading.text, reading.regions
    for pair in regions.square_brackets:
        span, inside = (pair.start, pair.end), pair.inside(text)
        if regions.is_code(*span) or _is_reference(text, pair.start, pair.end, inside):
            continue
        *words, last = split_outside(inside, ":")
        if words and _NUMBERS.fullmatch(last):
            if _TIME.search(inside) or words[0] == "CUT":
                continue
            facts: dict[str, object] = {}
            if len(words) == 1 and _is_weight(last) and reading.weighting:
                facts = {"meant": _STEP_OR_WEIGHT, "instead": IN_BRACKETS}
                facts |= {"words": words[0].strip("( )"), "weight": last.strip()}
            certain = "." in last or len(words) >= 2
            yield finding("schedule", text, span, certain=certain, **facts)
        elif "|" in inside:
            yield finding("alternation", text, span)
        elif not words and not _is_label(reading, pair):
            yield from _lighter(reading, pair)


def _is_weight(number: str) -> bool:
    """Whether a number is none of a step: between 1 and 2, with a fraction."""
    return "," not in number and 1 < float(number) < _STRONGEST and "." in number


def _is_label(reading: PromptReading, pair: Brackets) -> bool:
    """A heading such as [Subject]: or [Cut], a pair such as [INST] and [/INST], or a part of a
    song: brackets that name what follows.
    """
    text = reading.text
    name = pair.inside(text)
    before, behind = text[: pair.start].rstrip(), text[pair.end :].lstrip()
    if behind[:1] == ":" or name[:1] == "/" or f"[/{name}]" in text:
        return True
    begins = not before or before[-1] in ".!?]" or "\n" in text[len(before) : pair.start]
    return begins and name[:1].isupper() and behind[:1].isupper()


def _lighter(reading: PromptReading, pair: Brackets) -> Iterator[Finding]:
    """[blurry], with each bracket around it."""
    text = reading.text
    if text[pair.start - 1 : pair.start] == "[" and text[pair.end : pair.end + 1] == "]":
        return  # those around it are named, with all that is in them
    inside, depth = pair.inside(text), 1
    while inside[:1] == "[" and inside[-1:] == "]":
        inside, depth = inside[1:-1], depth + 1
    if re.search(r"[\[\]|]", inside):
        return
    lighter = lightened(inside.strip(), 0.9 if depth == 1 else 1.1**-depth)
    facts: dict[str, object] = {} if reading.weighting else {"instead": NO_WEIGHTS}
    yield finding(
        "deemphasis", text, (pair.start, pair.end), certain=False, lighter=lighter, **facts
    )


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
    for match in TAG.finditer(reading.text):
        network = match["network"] or match["bare"]
        is_hypernetwork = network.lower().startswith("hyper")
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
        yield finding("wildcard", text, match.span(), remedy=translate(_FILL_IN))
    yield from _choices(reading)
    for match in _TEMPLATE.finditer(text):
        if not reading.regions.is_json:
            yield finding(
                "wildcard",
                text,
                match.span(),
                meant=_PLACE,
                does=_BRACES,
                remedy=translate(_STANDS_FOR),
            )


def _choices(reading: PromptReading) -> Iterator[Finding]:
    """{a|b}, which the browser draws from at Run, and what stands in it that it does not know."""
    text = reading.text
    for pair in reading.regions.braces:
        inside = pair.inside(text)
        if (
            pair.depth
            or "|" not in inside
            or '"' in inside
            or reading.regions.is_code(pair.start, pair.end)
        ):
            continue
        beyond = _BEYOND.search(text, pair.start, pair.end)
        facts: dict[str, object] = {"does": _BRACES}
        if reading.sent is not None:
            if beyond is None or beyond[0].startswith("__"):
                continue  # the browser draws one of them at Run
            facts = {"does": _DRAWN, "sign": beyond[0]}
        remedy = translate(_FILL_IN if beyond else _TYPE_IT)
        span = pair.start, pair.end
        yield finding("wildcard", text, span, certain=True, remedy=remedy, **facts)


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


def _pasted_parameters(reading: PromptReading) -> Iterator[Finding]:
    for match in _NEGATIVE.finditer(reading.text):
        start = match.end() - len(match[0].lstrip())
        certain = not match["short"]
        yield finding("negative_prompt", reading.text, (start, match.end()), certain=certain)
    for match in _BOTH.finditer(reading.text):
        yield finding("negative_prompt", reading.text, match.span("short"), certain=False)
    for match in _PARAMETERS.finditer(reading.text):
        yield finding("generation_parameters", reading.text, match.span())
