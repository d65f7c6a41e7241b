"""The set-up behind dev.py: it finds the right ComfyUI, mounts the pack on any system and says
clearly what is wrong.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from encoderscope.tests.reports import samples
from encoderscope.tools import comfyui, packages, places, server, terminal

ROOT = Path(__file__).resolve().parents[1]


def make_checkout(folder: Path) -> Path:
    (folder / "comfy").mkdir(parents=True)
    (folder / "custom_nodes").mkdir()
    (folder / "main.py").write_text("")
    return folder


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMFYUI_PATH", raising=False)
    monkeypatch.delenv("COMFYUI_PYTHON", raising=False)


def test_a_path_without_comfyui_is_refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(tmp_path))
    with pytest.raises(places.SetupError) as refused:
        comfyui.find_host()
    assert str(tmp_path.resolve()) in str(refused.value)
    assert "main.py" in str(refused.value) and "unset" in str(refused.value)


@pytest.mark.parametrize("folder", ["ComfyUI/venv", "ComfyUI/.venv"])
def test_the_checkouts_own_python_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    checkout = make_checkout(tmp_path / "ComfyUI")
    python = tmp_path / folder / ("Scripts/python.exe" if places.WINDOWS else "bin/python")
    python.parent.mkdir(parents=True)
    python.write_text("")
    monkeypatch.setenv("COMFYUI_PATH", str(checkout))
    monkeypatch.setattr(comfyui, "STATE", tmp_path / "kept")
    host = comfyui.find_host()
    assert host is not None and host.python == python and not host.own


def test_the_portable_builds_python_is_found(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "ComfyUI")
    python = tmp_path / "python_embeded" / "python.exe"
    python.parent.mkdir()
    python.write_text("")
    assert comfyui._python_of(checkout) == python


def test_a_given_checkout_is_only_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = make_checkout(tmp_path / "ComfyUI")
    before = sorted(checkout.rglob("*"))
    monkeypatch.setenv("COMFYUI_PATH", str(checkout))
    monkeypatch.setattr(comfyui, "STATE", tmp_path / "kept")
    monkeypatch.setattr(comfyui, "MOUNT", tmp_path / "kept" / "mount")
    host = comfyui.ensure_host()
    assert sorted(checkout.rglob("*")) == before
    assert host.arguments[0] == "--extra-model-paths-config"
    assert (
        str(tmp_path / "kept" / "mount").replace("\\", "\\\\")
        in Path(host.arguments[1]).read_text()
    )
    running = server.HostServer(host, tmp_path / "run").command()
    assert all(f"--{name}-directory" in running for name in ("output", "input", "temp", "user"))


def test_a_checkout_that_has_the_pack_needs_no_mount(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "ComfyUI")
    comfyui.mount(checkout / "custom_nodes")
    assert comfyui._mount_arguments(checkout) == ()


def test_where_links_are_refused_the_pack_is_copied_afresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comfyui, "_symlink", lambda target: False)
    monkeypatch.setattr(comfyui, "_junction", lambda target: False)
    comfyui.mount(tmp_path)
    stale = tmp_path / "encoderscope" / "nodes" / "stale.py"
    stale.write_text("")
    comfyui.mount(tmp_path)
    copy = tmp_path / "encoderscope"
    assert not copy.is_symlink() and not stale.exists()
    assert (copy / "__init__.py").read_text() == (ROOT / "__init__.py").read_text()
    assert not (copy / ".venv").exists() and not (copy / ".host").exists()


def test_replacing_a_link_leaves_what_it_pointed_to(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("")
    try:
        (tmp_path / "encoderscope").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("this system refuses symbolic links")
    comfyui.mount(tmp_path)
    assert (elsewhere / "precious").exists()
    assert (tmp_path / "encoderscope").resolve() == ROOT


def test_a_taken_port_gives_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert server.free_port(taken.getsockname()[1]) != taken.getsockname()[1]


def test_torch_of_a_given_checkout_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comfyui, "STATE", tmp_path)
    (tmp_path / "requirements.txt").write_text(
        "torch\ntorchsde\ntorchvision\ntorchaudio\nkornia>=0.7.1\nav>=14\n# note\n"
    )
    result = (
        comfyui.requirements_of(comfyui.Host(tmp_path, tmp_path, own=False))
        .read_text()
        .splitlines()
    )
    assert [line.split("=")[0] for line in result] == ["torch", "torchvision", "torchsde", "av>"]


def test_a_file_with_another_hash_is_refused_and_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "STATE", tmp_path)

    def fetch(*_: object) -> None:
        (tmp_path / "download").mkdir()
        (tmp_path / "download" / "x-1.whl").write_bytes(b"other")

    monkeypatch.setattr(packages, "pip", fetch)
    with pytest.raises(places.SetupError, match="SHA-256"):
        packages.download_wheel("x==1", sha256="0" * 64)
    assert list((tmp_path / "download").iterdir()) == []


def test_the_report_is_found_in_what_the_nodes_showed() -> None:
    text = '{"format": "encoderscope.tokens", "version": 1}'
    for shown in (text, {"format": "encoderscope.tokens", "version": 1}):
        outputs = {
            "1": {"images": [{"filename": "x.png"}]},
            "2": {"text": ["plain"], "report": [shown]},
        }
        assert terminal.find_report(outputs) == {"format": "encoderscope.tokens", "version": 1}
    assert terminal.find_report({"1": {"text": ["plain"]}}) is None


def test_a_report_is_printed_as_the_packs_own_terminal_picture(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    comfyui.mount(tmp_path)
    monkeypatch.setattr(terminal, "venv_python", lambda: Path(sys.executable))
    monkeypatch.setattr(terminal, "STATE", tmp_path)  # Python finds the pack in its folder
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.print_report(samples.flux())
    assert "FLUX.1" in capfd.readouterr().out


def test_quick_goes_to_the_benches_that_know_it() -> None:
    script = """
import dev
quick = {}
dev.prepare = lambda **_: None
dev._step = lambda name, command, *_: quick.setdefault(name, command[2:]) is not None
assert dev.bench(dev.parse(["bench", "--quick"])) == 0
assert quick["bench_faults"] == quick["bench_foretell"] == ["--quick"]
assert quick["bench_tokens"] == quick["bench_reader"] == []
quick.clear()
dev.bench(dev.parse(["bench", "--bf16"]))
assert quick["bench_faults"] == quick["bench_tokens"] == ["--bf16"]
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)
