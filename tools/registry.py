"""What the Comfy Registry would get: `python dev.py registry` lets comfy-cli validate and pack the
tracked files, then measures the archive and runs what is in it. Nothing is sent anywhere.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from . import packages
from .comfyui import PACK, Host
from .places import ROOT, STATE, SetupError

FOLDER = STATE / "registry"
LARGEST = 24_900_000
"""Bytes of the archive that the Manager loads for everyone who installs the pack. Four fifths are
miniatures and a generator, whose files deflate by 8 to 29 %: decision 18 says what was tried.
"""
LEFT_OUT = ("assets/generator/mini-MMDiT-bag.safetensors", "locales/en/reports/")
"""Files and folders of the packages that only proofs and translators need."""
ARCHIVE = "node.zip"
"""The name that comfy-cli gives it."""
NEEDED = (
    "__init__.py",
    "__init__.pyi",
    "pyproject.toml",
    "requirements.txt",
    "LICENSE",
    "README.md",
    "py.typed",
)
SHIPPED_FOLDERS = (
    "nodes",
    "host",
    "cli",
    "api",
    "conditioning",
    "kernels",
    "web",
    "assets",
    "workflows",
    "locales",
)
"""Folders that the pack runs from."""
DEVELOPMENT = ("tests", "tools", ".ci", ".github", "dev.py", ".comfyignore")
QUIET = {"DO_NOT_TRACK": "1", "PYTHONUTF8": "1", "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}


def check(host: Host) -> list[str]:
    """Validate, pack and try the archive; returns what is wrong with it, a sentence each."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    files = tracked_files(ROOT)
    copy = _copy(files, FOLDER / "checkout")
    comfy = packages.ensure_tool("comfy", packages.TOOLS / "requirements-registry.txt")
    problems = _refusals(comfy, copy)
    archive = copy / ARCHIVE
    if not archive.is_file():
        return [*problems, "comfy node pack made no archive."]
    _print_sizes(archive)
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        opened.extractall(FOLDER / "installed" / PACK)
    problems += contents_problems(names, files) + size_problems(archive.stat().st_size)
    return problems + _run(host, FOLDER / "installed")


def tracked_files(folder: Path) -> list[str]:
    """The files that git knows and that are there. Raises :class:`SetupError` without git."""
    command = ["git", "ls-files", "-z"]
    try:
        listing = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(
            f"git could not list the files of {folder} ({error}). The archive is made of what git "
            "knows: run this in a clone, with git installed."
        ) from error
    names = listing.decode().split("\0")
    return sorted(name for name in names if name and (folder / name).is_file())


def contents_problems(names: Iterable[str], tracked: Iterable[str]) -> list[str]:
    """What is missing in the archive, and what should not be there."""
    packed = set(names)
    shipped = {name for name in tracked if name.split("/")[0] in SHIPPED_FOLDERS}
    wanted = {name for name in shipped if not name.startswith(LEFT_OUT)}
    missing = sorted((wanted | set(NEEDED)) - packed)
    needless = sorted(
        name for name in packed if name.split("/")[0] in DEVELOPMENT or name.startswith(LEFT_OUT)
    )
    return [f"The archive lacks {name}." for name in missing] + [
        f"The archive holds {name}, which is for development: see .comfyignore."
        for name in needless
    ]


def size_problems(size: int) -> list[str]:
    """Whether an archive of so many bytes is too large."""
    if size < LARGEST:
        return []
    return [f"The archive has {size:,} bytes; less than {LARGEST:,} were promised."]


def _copy(files: Iterable[str], target: Path) -> Path:
    """The files as a repository of their own, so that comfy-cli's archive lands in no checkout."""
    for name in files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target / name)
    for command in (["git", "init", "--quiet"], ["git", "add", "--all", "--force"]):
        subprocess.run(command, cwd=target, check=True)
    return target


def _refusals(comfy: Path, folder: Path) -> list[str]:
    """What comfy-cli says against the pack while it validates and packs it."""
    problems = []
    for command in ("validate", "pack"):
        result = subprocess.run(
            [str(comfy), "--no-json", "--skip-prompt", "node", command],
            cwd=folder, capture_output=True, encoding="utf-8", check=False,
            env=packages.clean_environment(**QUIET), stdin=subprocess.DEVNULL,
        )  # fmt: skip
        output = (result.stdout + result.stderr).strip()
        packages.log(f"\ncomfy node {command}\n{output}")
        warned = "warning" in output.lower() or "error" in output.lower()
        if result.returncode or warned:
            problems.append(f"comfy node {command} (status {result.returncode}): {output}")
    return problems


def _print_sizes(archive: Path) -> None:
    """The archive's size, and what takes most of it."""
    by_folder: Counter[str] = Counter()
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            folder = "/".join(entry.filename.split("/")[:2][: 2 - ("/" not in entry.filename)])
            by_folder[folder] += entry.compress_size
    packages.log(f"\n{ARCHIVE}: {archive.stat().st_size:,} bytes, of which")
    for folder, size in by_folder.most_common(12):
        packages.log(f"  {size:12,}  {folder}")


def _run(host: Host, folder: Path) -> list[str]:
    """Run what was unpacked: a command without ComfyUI, one with it, and the list of nodes."""
    environment = packages.clean_environment(
        PYTHONPATH=str(folder), COMFYUI_PATH=str(host.path), PYTHONDONTWRITEBYTECODE="1", **QUIET
    )
    cli = [str(host.python), "-m", f"{PACK}.cli.main"]
    listing = (
        f"from {PACK}.cli.common import attach_host; attach_host(); "
        f"from {PACK}.nodes.extension import NODES; print(len(NODES), 'nodes')"
    )
    commands = (
        [*cli, "parse", "a red car next to a blue house"],
        [*cli, "tokens", "a red fox", "--family", "sdxl", "--json"],
        [str(host.python), "-c", listing],
    )
    return [problem for command in commands for problem in _failure(command, environment)]


def _failure(command: list[str], environment: dict[str, str]) -> list[str]:
    result = subprocess.run(
        command, env=environment, cwd=STATE, capture_output=True, encoding="utf-8", check=False
    )
    if result.returncode == 0:
        packages.log(f"From the archive: {' '.join(command[1:5])[:70]} ... works.")
        return []
    return [f"From the archive, {' '.join(command)}: {result.stderr.strip()[-2000:]}"]
