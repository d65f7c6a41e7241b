"""Save Conditioning and Load Conditioning: one file to a friend, and no path but those below
ComfyUI's own folders.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.cache import entry
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.cache.test_entry import alike
from encoderscope.tests.host import clips
from encoderscope.tests.host.cached import node
from encoderscope.tests.host.test_states import same

pytestmark = pytest.mark.host
GIVEN = [
    [
        torch.arange(12.0).reshape(1, 3, 4).half(),
        {
            "pooled_output": torch.ones(1, 4, dtype=torch.bfloat16),
            "guidance": 3.5,
            "start_percent": 0.25,
        },
    ]
]


@pytest.fixture
def folders(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    import folder_paths

    for kind in ("input", "output"):
        (tmp_path / kind).mkdir()
        monkeypatch.setattr(folder_paths, f"{kind}_directory", str(tmp_path / kind))
    (tmp_path / "secret.safetensors").write_bytes(entry.pack(GIVEN, {}))
    yield tmp_path


@pytest.mark.usefixtures("folders")
def test_what_was_saved_is_listed_and_loaded_bit_for_bit() -> None:
    from encoderscope.host import conditioning_files as files
    from encoderscope.nodes.mixing.load_conditioning import LoadConditioning

    assert files.choices() == []
    first, _ = files.save(GIVEN, "conditioning/fox")
    second, size = files.save(GIVEN, "conditioning/fox")
    assert first != second and second.stat().st_size == size, "nothing is written over"
    assert files.choices() == [f"conditioning/{path.name} [output]" for path in (first, second)]
    assert alike(LoadConditioning.execute(files.choices()[0]).result[0], GIVEN)


def test_a_file_of_a_friend_lies_in_the_input_folder(folders: Path) -> None:
    from encoderscope.host import conditioning_files as files
    from encoderscope.nodes.mixing.load_conditioning import LoadConditioning

    (folders / "input" / "friend.safetensors").write_bytes(entry.pack(GIVEN, {}))
    assert files.choices() == ["friend.safetensors"]
    assert alike(LoadConditioning.execute("friend.safetensors").result[0], GIVEN)
    before = LoadConditioning.fingerprint_inputs("friend.safetensors")
    (folders / "input" / "friend.safetensors").write_bytes(entry.pack([*GIVEN, *GIVEN], {}))
    assert LoadConditioning.fingerprint_inputs("friend.safetensors") != before


OUTSIDE = [
    "../secret.safetensors",
    "..\\secret.safetensors",
    "a/../../secret.safetensors",
    "{}/secret.safetensors",
    "way/secret.safetensors",
]


def test_no_choice_is_said_to_be_none(folders: Path) -> None:
    from encoderscope.host import folders as text_encoders
    from encoderscope.nodes.mixing.load_conditioning import LoadConditioning

    with pytest.raises(EncoderScopeError, match=r"No conditioning is chosen\."):
        LoadConditioning.execute("")
    with pytest.raises(EncoderScopeError, match=r"No file is chosen\..* \(\d+ are there\)"):
        text_encoders.resolve("")


@pytest.mark.parametrize("mark", ["", " [output]"])
@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_outside_is_read(name: str, mark: str, folders: Path) -> None:
    from encoderscope.nodes.mixing.load_conditioning import LoadConditioning

    for kind in ("input", "output"):
        (folders / kind / "way").symlink_to(folders)
    with pytest.raises(EncoderScopeError, match="outside"):
        LoadConditioning.execute(name.format(folders) + mark)


@pytest.mark.parametrize("prefix", ["../x", "..\\x", "/tmp/x", "a/../../x", "way/x", "way/new/x"])
def test_nothing_outside_is_written(prefix: str, folders: Path) -> None:
    from encoderscope.host import conditioning_files as files

    (folders / "output" / "way").symlink_to(folders)
    before = sorted(folders.iterdir())
    with pytest.raises(EncoderScopeError):
        files.save(GIVEN, prefix)
    assert sorted(folders.iterdir()) == before


@pytest.mark.parametrize(
    "name", ["gone.safetensors", "x.ckpt", "", ".", "conditioning", "a\0b.safetensors"]
)
def test_what_is_no_conditioning_is_said(name: str, folders: Path) -> None:
    from encoderscope.nodes.mixing.load_conditioning import LoadConditioning

    (folders / "input" / "x.ckpt").write_bytes(b"a pickle")
    with pytest.raises(EncoderScopeError, match=r"safetensors|outside"):
        LoadConditioning.execute(name)


def test_another_safetensors_file_is_refused(folders: Path) -> None:
    from encoderscope.nodes.mixing.load_conditioning import LoadConditioning
    from safetensors.torch import save

    (folders / "input" / "model.safetensors").write_bytes(save({"x": torch.ones(2)}))
    with pytest.raises(entry.Unreadable, match=r"model\.safetensors was not written"):
        LoadConditioning.execute("model.safetensors")


@pytest.mark.usefixtures("folders")
def test_what_cannot_be_stored_writes_nothing() -> None:
    from encoderscope.host import conditioning_files as files

    with pytest.raises(EncoderScopeError, match="control"):
        files.save([[torch.ones(1, 2, 3), {"control": object()}]], "conditioning/fox")
    assert files.choices() == []


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize("family", ["sdxl", "sd3", "flux", "wan"])
def test_a_conditioning_of_the_host_survives_the_way(family: str) -> None:
    from encoderscope.host import conditioning_files as files
    from encoderscope.nodes.mixing.load_conditioning import LoadConditioning

    clip = clips.clip(family)
    conditioning = clip.encode_from_tokens_scheduled(clip.tokenize("a (red:1.3) fox"))
    files.save(conditioning, "fox")
    same(LoadConditioning.execute(files.choices()[0]).result[0], conditioning)


def test_on_the_server(host_server: Any) -> None:
    graph = {
        "clip": node("EncoderScope_LoadMiniature", miniature="mini-CLIP", family="sd1"),
        "text": node("CLIPTextEncode", clip=["clip", 0], text="a red car"),
        "saved": node(
            "EncoderScope_SaveConditioning",
            conditioning=["text", 0],
            filename_prefix="conditioning/mini",
        ),
        "here": node("EncoderScope_InspectConditioning", conditioning=["text", 0]),
    }
    shown = host_server.run(graph)
    name = shown["saved"]["text"][0].partition(",")[0]
    loaded = {
        "file": node("EncoderScope_LoadConditioning", file=f"{name} [output]"),
        "there": node("EncoderScope_InspectConditioning", conditioning=["file", 0]),
    }
    there = host_server.run(loaded)
    assert shown["here"]["encoderscope_conditioning"] == there["there"]["encoderscope_conditioning"]


def test_a_miniature_on_the_server_is_cached(host_server: Any) -> None:
    def graph(seed: float) -> dict[str, Any]:
        return {
            "clip": node("EncoderScope_LoadMiniature", miniature="mini-CLIP", family="flux"),
            "cached": node(
                "EncoderScope_CachedEncode", clip=["clip", 0], text="a red car", max_gb=seed
            ),
            "seen": node("EncoderScope_InspectConditioning", conditioning=["cached", 0]),
        }

    first, second = host_server.run(graph(1.0)), host_server.run(graph(2.0))
    assert first["cached"]["text"][0].startswith("Miss") and second["cached"]["text"][0].startswith(
        "Hit"
    )
    assert first["seen"]["encoderscope_conditioning"] == second["seen"]["encoderscope_conditioning"]
