"""Every command that README.md shows runs as it stands there: `encoderscope ...` by a shell, with
small encoders in place of PATH; `python dev.py ...` is what `.ci/run` runs. Encoders that nobody
has probed before take longer, and are probed from files in tests/host/test_cli_encoders.py.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from encoderscope.conditioning.reports.doctor import picture
from encoderscope.conditioning.reports.travelling.report_files import write_card
from encoderscope.tests.doctor import kit as reports
from encoderscope.tests.host import warm_program
from encoderscope.tests.host.loading import making
from encoderscope.tests.image_text import kit
from encoderscope.tools import comfyui, packages
from PIL import Image

pytestmark = [pytest.mark.host, pytest.mark.skipif(os.name == "nt", reason="lines for a shell")]
ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
STATUS = {"tokens": 0, "parse": 0, "quantize": 0, "cache": 0, "inspect": 0, "bench": 0, "audit": 0}
"""What a command ends with here; of the others any verdict will do."""


def commands(program: str) -> list[str]:
    """The command lines of a program: in blocks of code, and alone between backticks."""
    blocks = re.findall(r"```\n(.*?)```", README, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    started = [line for line in [*lines, *inline] if line.startswith(f"{program} ")]
    return list(dict.fromkeys(re.sub(r"\s+# .*", "", line) for line in started))


COMMANDS = commands("encoderscope")
QUICK = ("parse", "inspect", "show", "audit")
"""Run as they are installed: those that import little, and the one that starts processes itself."""


@pytest.fixture(scope="module")
def folder(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the lines name, and one for programs."""
    folder = tmp_path_factory.mktemp("readme")
    comfyui.mount(comfyui.MOUNT)
    (folder / "bin").mkdir()
    (folder / "captions.jsonl").write_text('{"caption": "a red fox"}\n')
    (folder / "prompts.txt").write_text("a red fox\na blue bird, dusk\n")
    making.write(folder / "text.safetensors", making.clip_state(making.clip(64, 2)))
    making.write(folder / "t5xxl.safetensors", making.state(making.t5(64, 2, 96, 4)))
    for kind in ("clip", "siglip"):
        kit.save(folder / kind, kind, positions=64)
    Image.new("RGB", (32, 32), "red").save(folder / "out.png")
    (folder / "prompts.jsonl").write_text('{"id": "a", "prompt": "a red fox"}\n')
    (folder / "FOLDER").mkdir()
    Image.new("RGB", (32, 32), "red").save(folder / "FOLDER" / "a.png")
    report = reports.healthy()
    write_card(folder / "card.png", picture.render(report), report)
    return folder


@pytest.fixture(scope="module")
def environment(folder: Path, host_folder: Path) -> dict[str, str]:
    """Of a shell in which encoderscope is installed."""
    return os.environ | {
        "COMFYUI_PATH": str(host_folder),
        "ENCODERSCOPE_CACHE": str(folder / "cache"),
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(comfyui.MOUNT), str(packages.audit_folder())]),
        "PYTHONUTF8": "1",
    }


@pytest.fixture(scope="module")
def warm(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A program that runs commands without importing ComfyUI, torch and transformers each time."""
    path = Path(tempfile.mkdtemp()) / "socket"  # short: the system allows a hundred characters
    command = [sys.executable, warm_program.__file__, str(path)]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield warm_program.client(path)
        process.kill()


def cold() -> str:
    """The program as it is installed: a Python of its own for every command."""
    return f'#!/bin/sh\nexec "{sys.executable}" -m encoderscope.cli.main "$@"\n'


def install(folder: Path, text: str) -> None:
    """Put this program on the path."""
    program = folder / "bin" / "encoderscope"
    program.write_text(text)
    program.chmod(0o755)


def filled_in(line: str) -> str:
    """The line with small encoders where it says PATH or FILE; what blind encoders score on the
    miniatures comes with the pack.
    """
    encoders = {"inspect": ["text.safetensors"], "bench": ["clip", "siglip"]}
    for encoder in encoders.get(line.split()[1], ["mini-CLIP-hard"]):
        line = re.sub(r"\b(PATH|FILE)\b", encoder, line, count=1)
    return line


@pytest.mark.parametrize("line", COMMANDS)
def test_a_line_of_the_readme_runs(
    line: str, folder: Path, environment: dict[str, str], request: pytest.FixtureRequest
) -> None:
    is_quick = line.split()[1] in QUICK
    install(folder, cold() if is_quick else request.getfixturevalue("warm"))
    result = subprocess.run(
        filled_in(line), shell=True, cwd=folder, env=environment, capture_output=True,
        encoding="utf-8", check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    output = result.stdout + result.stderr
    assert "Traceback" not in output and "usage:" not in output, output
    name = line.split()[1]
    expected = {1} if "--lint" in line else {STATUS[name]} if name in STATUS else {0, 1, 2}
    assert result.returncode in expected, output
    target = re.search(r"> (\S+)", line)
    written = (folder / target[1]).read_text(encoding="utf-8") if target else result.stdout
    assert written.strip(), output


def test_the_readme_shows_what_there_is() -> None:
    from encoderscope.cli.main import COMMANDS as MODULES

    names = {module.__name__.rsplit(".", 1)[1] for module in MODULES}
    assert {line.split()[1] for line in COMMANDS} == names
    assert not [line for line in COMMANDS if "PATH" in filled_in(line)]


def test_ci_runs_the_lines_for_developers() -> None:
    lines = commands("python dev.py")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert lines
    for line in lines:
        assert line.replace("python", '"$python"', 1) in ci, line
