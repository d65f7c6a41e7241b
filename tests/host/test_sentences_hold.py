"""Every sentence of the token report is true of the fates below it, for every family that has a
tokenizer here and for prompts of every length.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.host

SENTENCE = (
    "a wide oil painting of a harbour town at dawn, fishing boats with peeling green paint tied to "
    "a stone quay, gulls circling above wet nets, a woman in a yellow raincoat carrying two baskets"
)
LENGTHS = (1, 30, 70, 90, 130, 240, 330)
ODD = ("!", "naïve ½ fish", "a ☕ and a fox", "(a fox:1.3) in snow", "bird\u200d, tree")


@pytest.fixture(scope="module")
def reports(host_folder: Path) -> Any:
    """All reports: (family, words, report)."""
    from encoderscope.conditioning.errors import EncoderScopeError
    from encoderscope.host import clip as host_clip
    from encoderscope.host.reports import token_reports

    names = getattr(host_clip, "family_names", None) or _family_names()
    result = []
    for name in names():
        try:
            clip, layout = token_reports.choose(None, name)
        except EncoderScopeError:
            continue  # its vocabulary travels with the weights
        words = (SENTENCE.split() * 8)[: max(LENGTHS)]
        prompts = [" ".join(words[:length]) for length in LENGTHS]
        result += [(name, token_reports.report(clip, text, layout)) for text in (*prompts, *ODD)]
    return result


def _family_names() -> Any:
    from encoderscope.host.tokenizers import family_names

    return family_names


def test_all_words_reach_everything_only_where_none_is_lost(reports: Any) -> None:
    assert len(reports) > 100
    for name, report in reports:
        says_all = " everything that " in report["verdict"] and "not reach" not in report["verdict"]
        assert says_all is not report["lost"], (name, report["verdict"])


def test_the_pooled_vector_is_said_of_the_words_that_miss_it(reports: Any) -> None:
    sentence = 0
    for name, report in reports:
        match = re.search(
            r"(\d+) of [\d,]+ words? never reach(?:es)? the pooled", report["verdict"]
        )
        missed = [
            w for w in report["words"] if w["lost"] and w["pooled"] is False and w["sequence"]
        ]
        assert (match is not None) is bool(missed), (name, report["verdict"])
        if match:
            sentence += 1
            assert int(match[1]) == len(missed), name
            assert any("first window only" in line for line in report["remedies"]), name
    assert sentence > 5


def test_a_way_to_the_picture_is_one_that_the_words_take(reports: Any) -> None:
    for name, report in reports:
        titles = {r["title"].removeprefix("sequence (").removesuffix(")"): k
                  for k, r in enumerate(report["readouts"]) if r["kind"] == "sequence"}  # fmt: skip
        match = re.search(
            r"They reach the picture through (?:the sequence of )?(.+?) only\.", report["verdict"]
        )
        if not match:
            continue
        named = set(re.split(r", | and ", match[1]))
        for word in report["words"]:
            if word["lost"] and word["pooled"] is False and word["sequence"]:
                ways = {title for title, k in titles.items() if word["lanes"][k] != "none"}
                assert ways == named, (name, word["text"])


def test_edges_without_consequence_are_not_spoken_of(reports: Any) -> None:
    from encoderscope.conditioning.families.table import FAMILIES

    for name, report in reports:
        rules = {rule.title: rule for rule in FAMILIES[name].streams}
        for line in report["remedies"]:
            if match := re.match(r"A window of (.+?) ends", line):
                rule = rules[match[1]]
                first = any(
                    edge["window"] == 1 for edge in report["edges"] if rule.name in edge["streams"]
                )
                assert rule.sequence or (rule.pooled and first), (name, line)


def test_what_is_partly_read_is_not_lost(reports: Any) -> None:
    for name, report in reports:
        if name == "flux" and report["text"] == "naïve ½ fish":
            assert [word["lost"] for word in report["words"]] == [False, False, False]
            assert "partly_unknown" in report["words"][0]["fates"]["t5xxl"]
        if name == "flux" and report["text"].startswith("a ☕"):
            assert [w["text"] for w in report["words"] if w["lost"]] == ["☕"]


def test_a_joiner_at_the_end_leaves_the_comma_alone(reports: Any) -> None:
    words = next(r["words"] for n, r in reports if n == "sdxl" and r["text"].startswith("bird"))
    assert [word["text"] for word in words] == ["bird\u200d", ",", "tree"]
