"""Refusals in ten languages: whole sentences with their values, or English as a whole."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from encoderscope.cli.main import main
from encoderscope.conditioning.errors import EncoderScopeError, UnknownName
from encoderscope.conditioning.mixing.schedule import MixPart
from encoderscope.conditioning.translation import in_language, languages, later
from encoderscope.tools.languages import refusals, report_texts
from encoderscope.tools.languages.report_texts import fields

OTHERS = languages()[1:]
REFUSALS = report_texts.refusals_by_domain()


@pytest.mark.parametrize("domain", REFUSALS)
def test_no_refusal_is_english_alone(domain: str) -> None:
    english = [place for place, refusal in REFUSALS[domain].items() if not refusal.translatable]
    assert english == [], "write a template with values, not an f-string"


@pytest.mark.parametrize("domain", REFUSALS)
@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_a_refusal_is_translated(language: str, domain: str) -> None:
    spoken = report_texts.read_domains(language).get(domain, {})
    texts = {text for refusal in REFUSALS[domain].values() for text in refusal.templates}
    assert sorted(text for text in texts if spoken.get(text) is None) == []


@pytest.mark.parametrize("domain", REFUSALS)
def test_templates_and_values_have_the_same_names(domain: str) -> None:
    for place, refusal in REFUSALS[domain].items():
        named = {name for text in refusal.templates for name in fields(text)}
        assert named <= refusal.values, place


READ = {
    'raise EncoderScopeError("{a} is {b}.", "B.", "C.", a=1)': True,
    'raise EncoderScopeError(f"{a}", "B.", "C.")': False,
    'raise EncoderScopeError("A.", "B.", "C" + "D")': False,
    'raise EncoderScopeError("A." if a else f"{a}", "B.", "C.")': False,
    'a = translatable("A.")\nraise EncoderScopeError(a, "B.", "C.")': True,
    'a = "A."\nraise EncoderScopeError(a, "B.", "C.")': False,
    'a, b = later("A."), "B."\nraise EncoderScopeError(a, b, "C.")': False,
    'a = later("A.")\na += " And so on."\nraise EncoderScopeError(a, "B.", "C.")': False,
    'A = "A."\ndef f():\n    raise EncoderScopeError(A, "B.", "C.")': False,
    'def f(a):\n    raise EncoderScopeError(a, "B.", "C.")\ndef g():\n    a = "A."': True,
}


@pytest.mark.parametrize("code", READ)
def test_what_of_the_code_is_english_alone(code: str) -> None:
    [refusal] = refusals.in_tree(ast.parse(code), {refusals.BASE: frozenset()})
    assert refusal.translatable == READ[code]


def refuse() -> EncoderScopeError:
    with pytest.raises(EncoderScopeError) as caught:
        MixPart(1.0, 0.8, 0.2)
    return caught.value


def test_a_refusal_is_english_in_python() -> None:
    assert str(refuse()).startswith("A part should run from 0.8 to 0.2 of the schedule. A start")


def test_a_refusal_is_said_in_the_language_of_the_moment() -> None:
    with in_language("de"):
        error = refuse()
    assert str(error).startswith("Ein Teil soll von 0.8 bis 0.2 des Ablaufs laufen. Erwartet wurde")
    assert error.remedy == "0 ist der erste Schritt, 1 der letzte."


def test_a_refusal_that_lacks_a_sentence_is_english_as_a_whole() -> None:
    with in_language("de"):
        error = EncoderScopeError(
            "{name} is new.", "A CLIP was expected.", "Connect a CLIP.", name="x"
        )
    assert str(error) == "x is new. A CLIP was expected. Connect a CLIP."


def test_braces_of_a_stranger_are_no_placeholders() -> None:
    with in_language("de"):
        plain = EncoderScopeError("{0} {x", "A CLIP was expected.", "Connect a CLIP.")
        named = UnknownName("family", "{kind} {0}", ["sd1", later("nothing")])
    assert plain.problem == "{0} {x"
    assert str(named).startswith("Unbekannt: Familie '{kind} {0}'. Bekannt: sd1, nichts.")


def test_a_terminal_refuses_in_its_language(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--language", "de"]) == 2
    assert "Weder ein Prompt noch ein Bericht wurde angegeben. Erwartet" in capsys.readouterr().err


@pytest.mark.host
def test_a_node_refuses_in_the_editors_language(
    host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import folder_paths
    from encoderscope.nodes.extension import Mix

    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path))
    setting = tmp_path / "default" / "comfy.settings.json"
    setting.parent.mkdir()
    setting.write_text(json.dumps({"Comfy.Locale": "de"}), encoding="utf-8")
    with pytest.raises(EncoderScopeError, match=r"„Pooled von“ ist leer\. Erwartet wurde ein COND"):
        Mix.execute(pooled_from=[], sequence_from=[])


@pytest.mark.host
def test_every_node_speaks_the_editors_language(
    host_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.host import language
    from encoderscope.nodes.extension import NODES

    def asked() -> str:
        raise InterruptedError

    monkeypatch.setattr(language, "of_editor", asked)
    for node in NODES:
        execute: Any = node.execute
        with pytest.raises(InterruptedError):
            execute.__func__(node)
