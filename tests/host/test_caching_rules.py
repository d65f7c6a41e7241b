"""When a result is stored, believed and given back, with a CLIP of the host in this process."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.cache import key as keys
from encoderscope.conditioning.cache import store as stores
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host import clips
from encoderscope.tests.host.cached import loader, lora, node
from encoderscope.tests.host.test_states import same

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "with_our_nodes", "files")]
TEXT = "a red fox"


def question(text: str = TEXT, graph: dict[str, Any] | None = None) -> Any:
    from encoderscope.host.cache import lookup

    nodes = {
        "c": node("EncoderScope_CachedEncode", text=text, clip=["2", 0]),
        **(graph or {"2": loader()}),
    }
    return lookup.CacheQuery(SimpleNamespace(get_node=nodes.__getitem__), "c", text)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> stores.Store:
    """Files count as older than the process."""
    from encoderscope.host.cache import stale_clip

    monkeypatch.setattr(stale_clip, "STARTED", keys.time.time_ns() + 10**12)
    return stores.Store(tmp_path / "kept")


def answer(kept: stores.Store, clip: Any, **inputs: Any) -> tuple[Any, str]:
    from encoderscope.host.cache import lookup

    item = question(**inputs)
    lookup.ask(item, kept)
    result, output = lookup.encode(item, clip, kept)
    return result, output.text


@pytest.mark.parametrize("family", ["sd1", "sdxl", "sd3", "flux", "wan"])
def test_what_comes_back_is_what_the_host_gave(family: str, kept: stores.Store) -> None:
    if clips.shipped(clips.FAMILIES[family]) is None:
        pytest.skip("newer than this host")
    clip = clips.clip(family)
    for text in (TEXT, "a (red:1.3) fox", ""):
        built, _ = answer(kept, clip, text=text)
        result, report = answer(kept, None, text=text)
        assert report.startswith("Hit")
        same(result, built)
        same(result, clip.encode_from_tokens_scheduled(clip.tokenize(text)))


def test_a_value_that_cannot_be_stored_is_encoded_as_ever(kept: stores.Store) -> None:
    clip = clips.clip("sd1")
    plain = clip.encode_from_tokens_scheduled

    def hooked(tokens: Any) -> Any:
        return [[tensor, {**output, "hooks": kept}] for tensor, output in plain(tokens)]

    clip.encode_from_tokens_scheduled = hooked
    result, report = answer(kept, clip)
    assert (
        result[0][1]["hooks"] is kept
        and "Not stored" in report
        and "hooks" in report
        and kept.items() == []
    )


def test_a_file_that_changes_while_it_is_encoded_is_not_stored(
    kept: stores.Store, files: Path
) -> None:
    clip = clips.clip("sd1")
    plain = clip.encode_from_tokens_scheduled

    def slow(tokens: Any) -> Any:
        (files / "text_encoders" / "a.safetensors").write_bytes(b"another")
        return plain(tokens)

    clip.encode_from_tokens_scheduled = slow
    assert "changed while it was encoded" in answer(kept, clip)[1] and kept.items() == []


def test_a_loader_that_ran_before_the_question_is_not_believed(
    kept: stores.Store, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is younger than the process, so it may have been another when it was loaded."""
    from encoderscope.host.cache import lookup, stale_clip

    monkeypatch.setattr(stale_clip, "STARTED", 0)
    clip, ran = clips.clip("sd1"), {"1"}
    monkeypatch.setattr(stale_clip, "nodes_run", lambda: frozenset(ran))
    assert "Not stored: a.safetensors changed after" in answer(kept, clip)[1]
    item = question()
    lookup.ask(item, kept)
    ran.add("2")  # now the loader runs, after the question
    assert "Stored" in lookup.encode(item, clip, kept)[1].text
    assert "Stored" in answer(kept, clip, text="this very CLIP is known to be of that file")[1]
    assert "Not stored" in answer(kept, clips.clip("sd1"), text="another one is not")[1]


def test_an_old_file_in_the_place_of_another_is_not_believed(
    kept: stores.Store, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a link that was turned elsewhere, or by a folder that was renamed: the file itself is as
    old as ever.
    """
    from encoderscope.host.cache import stale_clip

    clip, folder = clips.clip("sd1"), files / "text_encoders"
    (folder / "sub").mkdir()
    (folder / "other").mkdir()
    for name, where in (("one", "sub"), ("two", "other")):
        (folder / where / "x.safetensors").write_bytes(name.encode())
    renamed = {"2": loader(clip_name="sub/x.safetensors")}
    assert "Stored" in answer(kept, clip, graph=renamed)[1]
    (folder / "sub").rename(folder / "gone")
    (folder / "other").rename(folder / "sub")
    assert "Not stored: x.safetensors changed" in answer(kept, clip, graph=renamed)[1]

    (folder / "link.safetensors").symlink_to(folder / "a.safetensors")
    keys.time.sleep(0.05)
    monkeypatch.setattr(stale_clip, "STARTED", keys.time.time_ns())
    keys.time.sleep(0.05)
    turned = {"2": loader(clip_name="link.safetensors")}
    assert "Stored" in answer(kept, clip, text="another", graph=turned)[1]
    (folder / "link.safetensors").unlink()
    stale_clip._first_stamps.clear()
    (folder / "link.safetensors").symlink_to(folder / "b.safetensors")
    assert (
        "Not stored: link.safetensors changed"
        in answer(kept, clip, text="another", graph=turned)[1]
    )


def test_a_lora_that_the_host_may_still_hold_is_not_believed(
    kept: stores.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host's LoraLoader keeps the file it read last, whatever becomes of it."""
    from encoderscope.host.cache import lookup, stale_clip

    monkeypatch.setattr(stale_clip, "STARTED", 0)
    ran: set[str] = set()
    monkeypatch.setattr(stale_clip, "nodes_run", lambda: frozenset(ran))
    item = question(graph={"1": loader(), "2": lora()})
    lookup.ask(item, kept)
    ran |= {"1", "2"}
    assert "Not stored" in lookup.encode(item, clips.clip("sd1"), kept)[1].text


def test_nothing_is_stored_where_nothing_may_be_kept(kept: stores.Store) -> None:
    assert "Not stored" in answer(stores.Store(kept.folder, 0), clips.clip("sd1"))[1]


@pytest.mark.parametrize("clip", [None, "a text"])
def test_what_is_no_clip_is_said(clip: Any, kept: stores.Store) -> None:
    with pytest.raises(EncoderScopeError, match="CLIP"):
        answer(kept, clip)


def test_a_device_that_cannot_be_told_is_no_reason_to_fail(
    kept: stores.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import comfy.model_management
    from encoderscope.host.cache import environment

    def broken() -> Any:
        raise AttributeError("this torch has no such device")

    with monkeypatch.context() as patch:
        patch.setattr(environment, "_device", broken)
        result, report = answer(kept, clips.clip("sd1"))
        assert result[0][0].ndim == 3 and "no such device" in report and "Not stored" in report

    def stopped() -> Any:
        raise comfy.model_management.InterruptProcessingException

    monkeypatch.setattr(environment, "_device", stopped)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        answer(kept, clips.clip("sd1"))


def test_several_texts_at_one_node(kept: stores.Store) -> None:
    """The host asks for each text of a list before it runs the first."""
    from encoderscope.host.cache import lookup

    clip, texts = clips.clip("sd1"), ["one", "two", "one"]
    answer(kept, clip, text="two")
    questions = [question(text) for text in texts]
    assert [lookup.ask(question, kept).unpacked is not None for question in questions] == [
        False,
        True,
        False,
    ]
    states = []
    for item in questions:
        result, output = lookup.encode(item, clip, kept)
        states.append(output.state)
        same(result, clip.encode_from_tokens_scheduled(clip.tokenize(item.text)))
    assert states == ["stored", "hit", "hit"]


def test_an_entry_that_goes_while_it_is_asked_for_is_said(kept: stores.Store) -> None:
    from encoderscope.host.cache import lookup

    answer(kept, clips.clip("sd1"))
    item = question()
    assert lookup.ask(item, kept).unpacked
    for k in range(
        lookup._MOST_PENDING
    ):  # so many others are asked for meanwhile that it is forgotten
        lookup.ask(question(f"{k}"), kept)
    assert lookup.encode(item, None, kept)[1].state == "hit", "then it is read once more"
    lookup.ask(item, kept)
    for k in range(lookup._MOST_PENDING):
        lookup.ask(question(f"{k}"), kept)
    kept.remove(kept.items())
    with pytest.raises(EncoderScopeError, match="is gone"):
        lookup.encode(item, None, kept)


def test_what_changed_is_said_in_words(kept: stores.Store) -> None:
    clip = clips.clip("sd1")
    answer(kept, clip, text="one")
    assert "last run: the text." in answer(kept, clip, text="two")[1]
    assert (
        "last run: a node or a file above."
        in answer(kept, clip, text="two", graph={"2": loader(type="flux2")})[1]
    )


def test_a_host_that_gives_no_graph_still_encodes(kept: stores.Store) -> None:
    from encoderscope.host.cache import lookup

    query = lookup.CacheQuery(None, "c", TEXT)
    lookup.ask(query, kept)
    result, output = lookup.encode(query, clips.clip("sd1"), kept)
    assert (
        output.state == "not stored" and "gave no graph" in output.text and result[0][0].ndim == 3
    )


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_has_no_finite_numbers_is_not_stored(number: float, kept: stores.Store) -> None:
    clip = clips.clip("sd1")
    encode = clip.encode_from_tokens_scheduled

    def broken(tokens: Any) -> Any:
        conditioning = encode(tokens)
        conditioning[0][0][0, 3, 0] = number
        return conditioning

    clip.encode_from_tokens_scheduled = broken
    _, report = answer(kept, clip)
    assert "Not stored: it holds values that are not numbers (NaN or infinity)." in report
    assert list(kept.folder.glob("*.safetensors")) == []
