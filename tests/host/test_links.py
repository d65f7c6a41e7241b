"""Links that lead out of the host's folders are neither offered nor followed, wherever they lie."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.encoder_files import make

pytestmark = pytest.mark.host
SMALL = {"a.weight": (4, 6)}


@pytest.fixture
def models(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder of text encoders, and beside it what lies outside."""
    import folder_paths

    folder = tmp_path / "models"
    folder.mkdir()
    paths = ([str(folder)], set())
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "text_encoders", paths)
    make.sparse(tmp_path / "outside" / "secret.safetensors", SMALL)
    (tmp_path / "outside" / "config.json").write_text('{"secret": 1}')
    yield folder


def refused(name: str) -> str:
    from encoderscope.host import folders

    with pytest.raises(EncoderScopeError) as caught:
        folders.resolve(name)
    return str(caught.value)


def never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr(Path, "open", fail)
    monkeypatch.setattr(Path, "read_bytes", fail)


def test_a_file_that_is_a_link_out(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from encoderscope.host import folders

    (models / "a.safetensors").symlink_to(models.parent / "outside" / "secret.safetensors")
    assert folders.choices() == []
    never_opened(monkeypatch)
    assert "'a.safetensors', a link that leads out" in refused("a.safetensors")


def test_a_folder_that_is_a_link_out(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from encoderscope.host import folders

    (models / "t5").symlink_to(models.parent / "outside")
    assert folders.choices() == []
    never_opened(monkeypatch)
    for name in ("t5/", "t5/secret.safetensors"):
        message = refused(name)
        assert "a link that leads out" in message and "extra_model_paths.yaml" in message


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "spiece.model"])
def test_a_link_beside_the_weights(models: Path, name: str) -> None:
    make.sparse(models / "t5" / "model.safetensors", SMALL)
    (models / "t5" / name).symlink_to(models.parent / "outside" / "config.json")
    for choice in ("t5/", "t5/model.safetensors"):
        assert f"{name!r}, a link that leads out" in refused(choice)


def test_a_shard_that_is_a_link_out(models: Path) -> None:
    make.sparse(models / "m-00001-of-00002.safetensors", SMALL)
    (models / "m-00002-of-00002.safetensors").symlink_to(
        models.parent / "outside" / "secret.safetensors"
    )
    assert "a link that leads out" in refused("m-00001-of-00002.safetensors")


def test_links_inside_are_followed(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also into another of the host's folders, and where the folder itself is a link."""
    import folder_paths
    from encoderscope.host import folders

    make.sparse(models / "real" / "a.safetensors", SMALL)
    (models / "b.safetensors").symlink_to(models / "real" / "a.safetensors")
    (models / "again").symlink_to(models / "real")
    outside = str(models.parent / "outside")
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "loras", ([outside], set()))
    (models / "lora.safetensors").symlink_to(models.parent / "outside" / "secret.safetensors")
    assert {"b.safetensors", "real/a.safetensors", "lora.safetensors"} <= set(folders.choices())
    for name in ("b.safetensors", "again/a.safetensors", "lora.safetensors"):
        assert folders.resolve(name) == models / name
    (models.parent / "door").symlink_to(models)
    paths = ([str(models.parent / "door")], set())
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "text_encoders", paths)
    assert folders.resolve("b.safetensors").is_file()


def test_links_in_a_circle_end(models: Path) -> None:
    from encoderscope.host import folders

    make.sparse(models / "deep" / "a.safetensors", SMALL)
    for number in range(4):
        (models / "deep" / f"up{number}").symlink_to(models)
    assert "deep/a.safetensors" in folders.choices()
    assert len(folders.choices()) < 10


def test_pipes_are_not_offered(models: Path) -> None:
    from encoderscope.host import folders

    os.mkfifo(models / "x.safetensors")
    make.sparse(models / "a.safetensors", SMALL)
    assert folders.choices() == ["a.safetensors"]
    assert "There is no 'x.safetensors'" in refused("x.safetensors")


def test_a_saved_conditioning_behind_a_link(
    models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import folder_paths
    from encoderscope.host import conditioning_files

    top = tmp_path / "input"
    top.mkdir()
    monkeypatch.setattr(folder_paths, "get_input_directory", lambda: str(top))
    (top / "a.safetensors").symlink_to(models.parent / "outside" / "secret.safetensors")
    os.mkfifo(top / "b.safetensors")
    make.sparse(top / "c.safetensors", SMALL)
    assert conditioning_files.choices()[:1] == ["c.safetensors"]
    for name, problem in (("a", "outside of"), ("b", "There is no"), ("c", "was not written by")):
        with pytest.raises(EncoderScopeError, match=problem):
            conditioning_files.load(f"{name}.safetensors")


def test_a_copy_is_not_written_through_a_link(models: Path) -> None:
    """What an interrupted run leaves has a name that anybody can guess."""
    from encoderscope.conditioning.quantization import growing_file

    victim = models.parent / "victim"
    victim.write_text("mine")
    part = models / "a-int8.safetensors.part"
    part.symlink_to(victim)
    with pytest.raises(EncoderScopeError, match="no file of an earlier run"):
        growing_file._require_own(part)
    assert victim.read_text() == "mine"


WINDOWS = ["NUL", "con", "aux.safetensors", "sub/COM1", "lpt9.txt", "a.png:stream", "a::$DATA"]


@pytest.mark.parametrize("name", WINDOWS)
def test_devices_and_streams_of_windows(name: str, models: Path) -> None:
    from encoderscope.host.folders import below

    assert below(models, name, windows=True) is None


@pytest.mark.parametrize("name", ["a.safetensors", "console", "sub/nullify.gguf", "com10", "a b"])
def test_names_that_are_no_devices(name: str, models: Path) -> None:
    from encoderscope.host.folders import below

    assert below(models, name, windows=True) == models / name


@pytest.mark.parametrize("name", ["con", "NUL.safetensors", "com1.x"])
def test_a_copy_is_not_named_after_a_device(name: str, models: Path) -> None:
    from encoderscope.host import quantization

    with pytest.raises(EncoderScopeError, match="devices"):
        quantization.beside(models / "a.safetensors", "int8", name)
