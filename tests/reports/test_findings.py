"""The lint in the token report: fields, verdict, lines, and JSON that stays valid."""

from __future__ import annotations

import json
from typing import Any

from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.conditioning.reports.tokens import picture, text
from encoderscope.conditioning.reports.tokens.report import token_report
from encoderscope.conditioning.tokens.prompt_map import map_tokens
from encoderscope.conditioning.tokens.syntax import parse
from encoderscope.conditioning.tokens.typed_text import sent_by_browser
from encoderscope.tests.tokens import toy


def report(prompt: str, weight: float = 1.0, **options: Any) -> dict[str, Any]:
    """The report of a toy host; its first token gets the weight."""
    parts = [toy.piece(part.text) for part in parse(prompt).segments]
    stream = toy.stream("l", prompt, parts)
    number, _, word = stream.windows[0][1]
    stream.windows[0][1] = (number, weight, word)
    return token_report(map_tokens(prompt, [stream], FAMILIES["sd1"]), **options)


def test_findings_are_a_public_field() -> None:
    result = report("a cat BREAK a dog")
    (entry,) = result["findings"]
    assert list(entry) == ["kind", "span", "meant", "does", "instead", "certain"]
    assert entry["kind"] == "break" and entry["span"] == [6, 11] and entry["certain"] is True
    assert result["not_as_it_seems"] is True and result["lost"] is False
    assert [word["marks"] for word in result["words"]] == [[], [], ["finding"], [], []]


def test_the_verdict_names_the_gravest_finding() -> None:
    result = report("[blurry] BREAK __hair__")
    assert result["verdict"] == (
        "All 3 words reach everything that Stable Diffusion 1.x takes. But “BREAK” is not what it "
        "seems. ComfyUI has no BREAK: “break” is read as a word, and no window begins. 1 more "
        "construct of this sort stands below."
    )


def test_a_likely_finding_leaves_the_verdict_alone() -> None:
    result = report("[blurry] cat")
    assert result["not_as_it_seems"] is False and "seems" not in result["verdict"]
    assert result["display"]["findings"] and result["display"]["tone"] == "kept"


def test_a_weight_that_is_no_number_is_an_error_first_and_valid_json() -> None:
    result = report("(owl:inf)", weight=float("inf"))
    assert result["verdict"].startswith("“(owl:inf)”: ComfyUI multiplies by infinity: these")
    assert result["display"]["tone"] == "lost"
    written = json.dumps(result, allow_nan=False)
    assert json.loads(written)["streams"][0]["windows"][0][1]["weight"] is None


def test_a_weight_stands_in_the_hover_text() -> None:
    assert "weight 1.2" in report("owl", weight=1.2)["words"][0]["tip"][0]
    assert "weight" not in report("owl")["words"][0]["tip"][0]


def test_what_stands_several_times_is_said_once() -> None:
    result = report("red BREAK blue BREAK green")
    assert len(result["findings"]) == 2
    (line,) = result["display"]["findings"]
    assert line.startswith("“BREAK” (2 times): ComfyUI has no BREAK")


def test_text_and_picture_say_it_too() -> None:
    result = report("a cat BREAK a dog")
    assert "Not what it seems:\n- “BREAK”: ComfyUI has no BREAK" in text.plain(result)
    assert "? “BREAK”: ComfyUI has no BREAK" in text.render(result, colour=False, width=200)
    without = {**result, "display": {**result["display"], "findings": []}}
    assert picture.render(result).height > picture.render(without).height


def test_a_glued_embedding_is_not_told_to_look_for_its_file() -> None:
    prompt = "dusk embedding:a,embedding:b"
    events = [toy.piece("dusk"), toy.Embedding("a,embedding:b", "", 0)]
    stream = toy.stream("l", prompt, events)
    report = token_report(map_tokens(prompt, [stream], FAMILIES["sd1"]))
    assert [entry["kind"] for entry in report["findings"]] == ["glued_embedding"]
    assert not any("put its file" in line for line in report["remedies"])
    assert report["findings"][0]["instead"] == "Put a space before “embedding:”."


def test_typed_text_is_reported_as_it_will_arrive() -> None:
    sent = sent_by_browser("a hill, see https://example.org, dusk // later")
    result = report(sent.text, sent=sent)
    assert result["text"] == "a hill, see https:"
    assert [entry["kind"] for entry in result["findings"]] == ["comment"]
