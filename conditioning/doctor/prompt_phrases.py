"""The phrases of a prompt that the doctor follows: those of Ignored Words, properties apart, each
with the statement that it makes, textual inversions, and the findings of the lint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..english.reading import read
from ..english.statements import (
    Action,
    Attribute,
    Count,
    Negation,
    Phrase,
    Reading,
    Relation,
    Statement,
)
from ..errors import EncoderScopeError
from ..generator import phrases as generator_phrases
from ..image_probe.judges.questions.mentions import is_thing
from ..spans import filled
from ..tokens.lint import OF_CHARACTERS
from ..translation import first_of, translate, translate_count
from .diagnosis import (
    ACTION,
    ATTRIBUTE,
    CONSTRUCT,
    COUNT,
    EMBEDDING,
    NEGATION,
    OTHER,
    RELATION,
    THING,
    DoctorPhrase,
    Span,
)
from .floors import MOST_PHRASES
from .placed_report import PlacedReport, readable

Finding = Mapping[str, Any]
WORDS_REMAIN = frozenset(
    (
        *("deemphasis", "not_finite", "region", "nested_weight", "extreme_weight"),
        "ratio",
        *("contradicting_weights", "literal_weight", "implicit_weight", "unbalanced"),
        *("full_width", "decimal_comma", "unreadable_weight", "glued_weight", "repeated"),
        *("boilerplate", "negative_prompt", "foreign_weight", "unknown_pieces", "byte_pieces"),
        "language",
    )
)
"""Findings whose words are phrases all the same; the words of others are grammar or names."""
_KINDS: dict[type[Statement], str] = {
    Attribute: ATTRIBUTE,
    Count: COUNT,
    Negation: NEGATION,
    Relation: RELATION,
    Action: ACTION,
}


class PromptPhrases(NamedTuple):
    """The phrases of one prompt, in its order."""

    phrases: tuple[DoctorPhrase, ...]
    skipped: tuple[str, ...]


def phrases_of(prompt: str, tokens: PlacedReport | None) -> PromptPhrases:
    """All phrases; none where the prompt has no word."""
    findings = list(certain_findings(tokens))
    text = readable(prompt)
    constructs = [_construct(prompt, finding) for finding in findings[:MOST_PHRASES]]
    embeddings = [
        span
        for span in _embedding_spans(tokens)
        if not any(each.overlaps(span) for each in constructs)
    ][:MOST_PHRASES]
    grammar = [_span(finding["span"]) for finding in findings if _is_grammar(text, finding)]
    words, skipped = _words(text, [*grammar, *embeddings])
    words = [each for each in words if not _is_in_pieces(each, text, findings)]
    named = [DoctorPhrase(prompt[a:b], (a, b), EMBEDDING, prompt[a:b]) for a, b in embeddings]
    every = sorted([*words, *named, *constructs], key=lambda phrase: phrase.span)
    if len(findings) > MOST_PHRASES:
        skipped.append(
            translate_count(
                "{count:,} more construct that is not what it seems: Token Map has them all.",
                "{count:,} more constructs that are not what they seem: Token Map has them all.",
                len(findings) - MOST_PHRASES,
            )
        )
    return PromptPhrases(tuple(every), tuple(skipped))


def _is_grammar(text: str, finding: Finding) -> bool:
    """Whether no word of a construct is a phrase, such as the 2 of ::2."""
    typed = text[slice(*_span(finding["span"]))]
    return finding["kind"] not in WORDS_REMAIN or not any(map(str.isalpha, typed))


def _is_in_pieces(phrase: DoctorPhrase, text: str, findings: Sequence[Finding]) -> bool:
    """Whether all its words are constructs already: letters that the vocabulary does not know."""
    if phrase.kind not in (OTHER, THING):
        return False
    start, end = phrase.span
    inside = set(range(start, end))
    for finding in findings:
        if finding["kind"] in OF_CHARACTERS:
            inside -= set(range(*_span(finding["span"])))
    return not any(text[place].isalnum() for place in inside)


def certain_findings(tokens: PlacedReport | None) -> Iterator[Finding]:
    """What certainly is not what it seems, by the lint."""
    if tokens is None:
        return
    for finding in tokens.report.get("findings", ()):
        if finding["certain"] and finding["span"][0] < finding["span"][1]:
            yield finding


def _construct(prompt: str, finding: Finding) -> DoctorPhrase:
    start, end = _span(finding["span"])
    return DoctorPhrase(prompt[start:end], (start, end), CONSTRUCT, str(finding["kind"]))


def _span(span: Sequence[Any]) -> Span:
    start, end = span
    return int(start), int(end)


def _embedding_spans(tokens: PlacedReport | None) -> list[Span]:
    if tokens is None:
        return []
    words = tokens.report["words"]
    return [tokens.span(word["span"]) for word in words if word["kind"] == EMBEDDING]


def _words(text: str, taken: Sequence[Span]) -> tuple[list[DoctorPhrase], list[str]]:
    """Phrases of plain words, outside of what is ``taken``; and what was left out."""
    text = filled(text, taken, " ", first=",")
    if not text.strip(" ,"):
        return [], []
    try:
        reading = read(text)
        choice = generator_phrases.choose(text, most=MOST_PHRASES)
    except EncoderScopeError as error:
        return [], [str(error)]
    spans = [(each.start, each.end) for each in choice.phrases]
    spans = merged([*spans, *_wholes(reading)])
    return [_phrase(text, span, reading) for span in spans], _left_out(choice.unmeasured)


_NAMED = 4
"""Phrases that are left out are named up to here."""


def _left_out(names: Sequence[str]) -> list[str]:
    """A sentence on the phrases behind the last that is looked at."""
    if not names:
        return []
    sentence = translate(
        "{phrases}: left out, since {most} phrases are looked at in one prompt. Ask about them in "
        "a prompt of their own.",
        phrases=first_of(names, _NAMED),
        most=MOST_PHRASES,
    )
    return [sentence]


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order; of spans that overlap the one that holds the most."""
    apart: list[Span] = []
    for start, end in sorted(set(spans), key=lambda span: (span[0] - span[1], span)):
        if all(end <= a or b <= start for a, b in apart):
            apart.append((start, end))
    return sorted(apart)


def _wholes(reading: Reading) -> Iterator[Span]:
    """Words that are nothing apart: golden hour, without a hat."""
    for attribute in reading.attributes:
        if not is_thing(attribute.object):
            yield _around(attribute.modifier, attribute.object)
    for negation in reading.negations:
        yield _around(negation.negator, negation.object)


def _around(first: Phrase, second: Phrase) -> Span:
    return min(first.start, second.start), max(first.end, second.end)


def _phrase(text: str, span: Span, reading: Reading) -> DoctorPhrase:
    words = " ".join(text[slice(*span)].split())
    statements = [each for each in reading.statements() if _within(_key(each), span)]
    negations = [each for each in statements if isinstance(each, Negation)]
    statements = list(negations or statements)
    if not statements:
        things = [thing for thing in reading.things if _within(thing, span)]
        kind = THING if any(map(is_thing, things)) else OTHER
        return DoctorPhrase(words, span, kind, words)
    kind = _KINDS[type(statements[0])]
    if isinstance(statements[0], Attribute) and not is_thing(statements[0].object):
        kind = OTHER
    label = ", ".join(dict.fromkeys(each.label() for each in statements))
    arcs = tuple((each.arc()[0].span, each.arc()[1].span) for each in statements)
    return DoctorPhrase(words, span, kind, label, arcs)


def _key(statement: Statement) -> Phrase:
    """The word that makes the statement."""
    if isinstance(statement, Relation):
        return statement.relation
    if isinstance(statement, Action):
        return statement.verb
    return statement.arc()[0]


def _within(phrase: Phrase, span: Span) -> bool:
    return span[0] <= phrase.start and phrase.end <= span[1]
