"""The live route without its server: what `answer` says to any body, whom it answers, and that it
opens nothing the client names.
"""

from __future__ import annotations

import asyncio
import builtins
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.tests.host import clips, prompts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def live(host_folder: Path) -> Any:
    from encoderscope.host import live_route as live

    return live


@pytest.mark.parametrize(
    "asked",
    [None, 1, "text", [], {}, {"text": None}, {"text": 3}, {"text": ["a"]}, {"family": "sd1"}],
)
def test_nonsense_is_refused(live: Any, asked: Any) -> None:
    refused = live.answer(asked)
    assert isinstance(refused, live.Refused)
    assert refused.status == 400


def test_the_text_is_bounded(live: Any) -> None:
    assert (
        live.answer({"text": "a " * (live.LONGEST // 2), "family": "sd1"})["report"]["summary"][
            "words"
        ]
        == live.LONGEST // 2
    )
    refused = live.answer({"text": "a" * (live.LONGEST + 1), "family": "sd1"})
    assert refused.status == 413
    assert f"{live.LONGEST:,}" in refused.message
    emoji = live.answer({"text": "😀" * (live.LONGEST // 2 + 1), "family": "sd1"})
    assert emoji.status == 413  # each counts as two in the browser, and costs as much as many


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"family": "no such family"},
        {"family": ["sd1"]},
        {"family": "from the CLIP"},
        {"loader": "flux"},
        {"loader": {}},
        {"loader": {"type": "flux", "files": 1}},
        {"loader": {"type": ["flux"], "files": 2}},
        {"loader": {"type": "ltxv", "files": 2}},
        {"live": "forgotten"},
        {"live": ["x"]},
        {"live": {"a": 1}},
        {"live": 7},
    ],
)
def test_it_waits_where_the_family_cannot_be_known(live: Any, asked: dict[str, Any]) -> None:
    assert set(live.answer({"text": "a fox", **asked})) == {"wait"}


@pytest.mark.parametrize(
    ("asked", "family"),
    [
        ({"family": "flux"}, "flux"),
        ({"loader": {"type": "flux", "files": 2}}, "flux"),
        ({"loader": {"type": "sdxl", "files": 2}}, "sdxl"),
        ({"loader": {"type": "sd3", "files": 3}}, "sd3"),
        ({"live": "forgotten", "family": "sd1"}, "sd1"),
        ({"family": "unknown", "loader": {"type": "flux", "files": 2}}, "flux"),
    ],
)
def test_it_answers_where_it_can(live: Any, asked: dict[str, Any], family: str) -> None:
    report = live.answer({"text": "a fox", **asked})["report"]
    assert report["family"] == family
    assert report["text"] == "a fox"


def test_a_family_whose_vocabulary_is_in_its_file_waits_and_says_why(live: Any) -> None:
    assert "file" in live.answer({"text": "a fox", "family": "wan"})["wait"]


def test_a_kept_run_is_read_with_its_own_tokenizer_and_family(live: Any) -> None:
    clip = clips.clip("sdxl_refiner")
    token = live.keep(clip, None)
    report = live.answer({"text": "a fox", "live": token, "family": "flux"})["report"]
    assert report["family"] == "sdxl_refiner"
    assert {s["name"]: s["status"] for s in report["streams"]} == {"g": "encoded", "l": "absent"}


def test_a_kept_run_holds_no_weights_and_only_the_last_few_are_kept(live: Any) -> None:
    import gc
    import weakref

    clip = clips.clip("sd1")
    model = weakref.ref(clip.cond_stage_model)
    first = live.keep(clip, None)
    del clip
    gc.collect()
    assert model() is None
    tokenizer = clips.tokenizer("sd1")
    tokens = {live.keep(tokenizer, FAMILIES["sd1"]) for _ in range(16)}
    assert len(tokens) == 16
    assert set(live.answer({"text": "a fox", "live": first})) == {"wait"}
    assert all("report" in live.answer({"text": "a fox", "live": token}) for token in tokens)


def test_what_it_waits_for_is_said_in_the_editors_language(
    live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is answered in a thread, which is in the route's language."""
    monkeypatch.setattr(live.language, "of_editor", lambda: "de")
    chunks = [b"", b'{"text": "a fox"}']

    async def read(_: int) -> bytes:
        return chunks.pop()

    content = SimpleNamespace(read=read)
    request = SimpleNamespace(headers={}, content_type="application/json", content=content)
    response = asyncio.run(live._route(request))
    assert json.loads(response.text)["wait"].startswith("Workflow einmal starten")


@pytest.mark.parametrize("text", ["embedding:", "(" * 4000 + "a" + ")" * 4000])
def test_what_the_host_cannot_read_is_a_sentence(live: Any, text: str) -> None:
    assert "cannot read" in live.answer({"text": text, "family": "sd1"})["wait"]


def test_half_a_character_gets_an_answer(live: Any) -> None:
    """JSON can carry a lone surrogate. Fast tokenizers refuse it, slow ones read it."""
    assert set(live.answer({"text": "a \ud800 b", "family": "sd1"})) <= {"wait", "report"}


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    text=prompts.anything(),
    more=st.dictionaries(
        st.sampled_from(["family", "loader", "live", "other"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda x: st.lists(x, max_size=2),
        ),
        max_size=4,
    ),
)
def test_any_body_gets_an_answer(live: Any, text: str, more: dict[str, Any]) -> None:
    assert set(live.answer({"text": text, **more})) <= {"wait", "report"}
    assert set(live.answer({"text": text, **more, "family": "sd1", "live": None})) <= {
        "wait",
        "report",
    }


@pytest.mark.parametrize(
    "name",
    [
        "../../secret",
        "../secret",
        "/secret",
        "{outside}/secret",
        "{outside}/secret.safetensors",
        "..\\..\\secret",
        "a/../../secret",
        "//etc/passwd",
        "file:///etc/passwd",
        "~/secret",
        "\x00",
        "secret\x00.safetensors",
        ".",
        "..",
        "con",
    ],
)
def test_nothing_outside_the_embedding_folders_is_opened(
    live: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Every way to open a file is watched while the client names one that does exist outside."""
    inside = tmp_path / "models" / "embeddings"
    inside.mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "models"):
        clips.write_embedding(folder, "secret", clip_l=(1, 768))
    tokenizer = clips.imported("comfy.sd1_clip.SD1Tokenizer")(embedding_directory=[str(inside)])
    token = live.keep(clips.TokenizerOnly(tokenizer), FAMILIES["sd1"])
    opened = watch(monkeypatch)
    report = live.answer(
        {"text": f"a embedding:{name.format(outside=tmp_path)} fox", "live": token}
    )
    assert [path for path in opened if "secret" in path or "passwd" in path] == []
    words = report["report"]["words"] if "report" in report else []
    assert not any("embedding" in word["fates"]["l"] for word in words)


def test_the_watch_does_see_an_embedding_that_may_be_opened(
    live: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips.write_embedding(tmp_path, "mine", clip_l=(1, 768))
    tokenizer = clips.imported("comfy.sd1_clip.SD1Tokenizer")(embedding_directory=[str(tmp_path)])
    token = live.keep(clips.TokenizerOnly(tokenizer), FAMILIES["sd1"])
    opened = watch(monkeypatch)
    report = live.answer({"text": "a embedding:mine fox", "live": token})["report"]
    assert any("mine" in path for path in opened)
    assert report["words"][1]["fates"]["l"] == ["seen", "embedding"]


def watch(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths given to Python's, torch's and safetensors' ways of opening a file from here on."""
    import safetensors.torch
    import torch

    opened: list[str] = []

    def spied(real: Any) -> Any:
        def opens(path: Any, *args: Any, **kwargs: Any) -> Any:
            opened.append(str(path))
            return real(path, *args, **kwargs)

        return opens

    for owner, name in (
        (builtins, "open"),
        (io, "open"),
        (torch, "load"),
        (safetensors.torch, "load_file"),
    ):
        monkeypatch.setattr(owner, name, spied(getattr(owner, name)))
    return opened


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Host": "127.0.0.1:8188"}, True),
        ({"Host": "127.0.0.1:8188", "Origin": "http://127.0.0.1:8188"}, True),
        (
            {
                "Host": "127.0.0.1:8188",
                "Origin": "http://127.0.0.1:8188",
                "Sec-Fetch-Site": "same-origin",
            },
            True,
        ),
        ({"Host": "127.0.0.1:8188", "Sec-Fetch-Site": "none"}, True),
        ({"Host": "127.0.0.1:8188", "Origin": "http://127.0.0.1:9999"}, False),
        ({"Host": "127.0.0.1:8188", "Origin": "http://evil.example"}, False),
        ({"Host": "127.0.0.1:8188", "Origin": "http://evil.example/127.0.0.1:8188"}, False),
        ({"Host": "127.0.0.1:8188", "Origin": "http://127.0.0.1:8188@evil.example"}, False),
        ({"Host": "127.0.0.1:8188", "Origin": "null"}, False),
        ({"Host": "127.0.0.1:8188", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Host": "127.0.0.1:8188", "Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://127.0.0.1:8188"}, False),
    ],
)
def test_only_the_hosts_own_page_is_answered(
    live: Any, headers: dict[str, str], allowed: bool
) -> None:
    assert live.same_origin(headers) is allowed
