"""`python dev.py matrix [NAME ...]`: the pack with other versions of what it needs, each in an
environment of its own below .host/matrix.

An interpreter that this machine does not have, or a version that the package index does not have,
is named in the table and skipped. Prints the rows of the table in docs/reliability.md.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .comfyui import MOUNT, PACK, mount
from .packages import clean_environment, log, pip
from .places import ROOT, STATE, SetupError, python_in

FOLDER = STATE / "matrix"
UNIT_TESTS = (
    "tests/test_layers.py", "tests/tokens", "tests/english", "tests/families", "tests/cache",
    "tests/binding", "tests/encoding", "tests/encoder_files", "tests/mixing", "tests/kernels",
)  # fmt: skip
HOST_TESTS = (
    "tests/host/test_miniature.py", "tests/host/test_states.py", "tests/host/test_fast_encoder.py",
    "tests/host/test_probe_encoder.py", "tests/host/test_tokens_equal_host.py",
)  # fmt: skip
TEST_TOOLS = (
    "pytest>=8", "hypothesis", "jsonschema", "setuptools", "scipy", "einops", "psutil", "gguf",
)  # fmt: skip
HOST_NEEDS = (
    "sentencepiece", "torchsde", "torchdiffeq", "aiohttp", "PyYAML", "tqdm", "yarl", "alembic",
    "SQLAlchemy", "requests", "pydantic", "pydantic-settings", "av",
)  # fmt: skip


class Combination(NamedTuple):
    """One row: versions that are pinned; an empty one is the newest that the index has."""

    name: str
    python: str
    torch: str
    torchvision: str
    transformers: str
    others: tuple[str, ...]


COMBINATIONS = (
    Combination(
        "oldest", "3.10", "2.4.1", "0.19.1", "4.50.3",
        ("numpy==1.26.4", "safetensors==0.4.3", "pillow==10.4.0"),
    ),
    Combination(
        "middle", "3.12", "2.9.1", "0.24.1", "4.57.6", ("numpy==2.3.5", "safetensors", "pillow")
    ),  # Triton 3.5's interpreter cannot take the numpy of 2026
    Combination("newest", "3.13", "", "", "", ("numpy", "safetensors", "pillow")),
)  # fmt: skip


class TriedCombination(NamedTuple):
    """What came of one combination."""

    name: str
    versions: str
    unit: str
    host: str

    def markdown(self) -> str:
        return f"| {self.name} | {self.versions} | {self.unit} | {self.host} |"


def run(names: Sequence[str]) -> int:
    """Try the combinations of these names, or all; exit status 1 where a test failed."""
    mount(MOUNT)
    listed = [combination.name for combination in COMBINATIONS]
    if unknown := sorted(set(names) - set(listed)):
        raise SetupError(
            f"{', '.join(unknown)}: no such combination. Known: {', '.join(listed)}; none: all."
        )
    combinations = [item for item in COMBINATIONS if not names or item.name in names]
    rows = [_try(combination) for combination in combinations]
    log("\n| combination | versions | unit tests | tests in ComfyUI |\n|---|---|---|---|")
    log("\n".join(row.markdown() for row in rows))
    return int(any("failed" in row.unit + row.host for row in rows))


def _try(combination: Combination) -> TriedCombination:
    interpreter = find_interpreter(combination.python)
    if interpreter is None:
        missing = f"Python {combination.python} is not on this machine"
        return TriedCombination(combination.name, missing, "not run", "not run")
    folder = FOLDER / combination.name
    if not _installed(combination, interpreter, folder):
        return TriedCombination(combination.name, "pip could not install it", "not run", "not run")
    versions = _versions(folder)
    log(f"== {combination.name}: {versions}")
    unit = _pytest(folder, UNIT_TESTS, ("-m", "not host and not browser and not gpu"))
    return TriedCombination(combination.name, versions, unit, _pytest(folder, HOST_TESTS))


def find_interpreter(version: str) -> Path | None:
    """A Python of this version that runs: on the path, or one that pyenv or uv keeps."""
    home = Path.home()
    folders = [*home.glob(f".pyenv/versions/{version}.*"), *_uv_pythons(home, version)]
    candidates = [shutil.which(f"python{version}"), *(python_in(folder) for folder in folders)]
    return next((Path(path) for path in candidates if path and _says(path, version)), None)


def _uv_pythons(home: Path, version: str) -> list[Path]:
    return list(home.glob(f".local/share/uv/python/cpython-{version}.*"))


def _says(path: str | Path, version: str) -> bool:
    """Whether this program runs, and is a Python of this version."""
    command = [str(path), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return process.stdout.strip() == version


def _installed(combination: Combination, interpreter: Path, folder: Path) -> bool:
    """Make the environment, unless it is there; whether it has all that is needed."""
    stamp = folder / "encoderscope.stamp"
    value = repr(combination)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == value:
        return True
    log(f"Making an environment for {combination.name} (torch is the largest part) ...")
    if not python_in(folder).is_file():
        subprocess.run([str(interpreter), "-m", "venv", str(folder)], check=True)
    requirements = [*_pinned(combination), *combination.others, *TEST_TOOLS, *HOST_NEEDS]
    try:
        pip("install", *requirements, python=python_in(folder))
    except SetupError:
        return False
    _mount_in(folder)
    stamp.write_text(value, encoding="utf-8")
    return True


def _pinned(combination: Combination) -> list[str]:
    versions = {
        "torch": combination.torch,
        "torchvision": combination.torchvision,
        "transformers": combination.transformers,
    }
    return [f"{name}=={version}" if version else name for name, version in versions.items()]


def _mount_in(folder: Path) -> None:
    """The checkout is the package `encoderscope` there, without an install of its own."""
    [site] = [*folder.glob("lib/python3.*/site-packages"), *folder.glob("Lib/site-packages")]
    (site / f"{PACK}.pth").write_text(f"{MOUNT}\n", encoding="utf-8")


def _versions(folder: Path) -> str:
    program = (
        "import platform, torch, transformers, numpy, safetensors, PIL\n"
        "print('Python', platform.python_version(), *('%s %s' % (m.__name__, m.__version__)"
        " for m in (torch, transformers, numpy, safetensors, PIL)), sep=', ')"
    )
    command = [str(python_in(folder)), "-c", program]
    process = subprocess.run(
        command, capture_output=True, text=True, env=_environment(), check=False
    )
    return process.stdout.strip().replace("Python, ", "Python ") or "torch cannot be imported"


def _pytest(folder: Path, tests: Sequence[str], options: Sequence[str] = ()) -> str:
    """What pytest says last: "123 passed"."""
    command = [str(python_in(folder).with_name("pytest")), "-q", "-p", "no:cacheprovider"]
    process = subprocess.run(
        [*command, *options, *tests],
        cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    log(process.stdout[-3000:] + process.stderr[-1000:])
    counts = re.findall(r"\d+ (?:passed|failed|errors?|skipped)", process.stdout[-400:])
    return ", ".join(counts) or "failed: pytest did not run"


def _environment() -> dict[str, str]:
    return clean_environment(
        PYTHONUTF8="1", OMP_NUM_THREADS="1", PATH=os.environ.get("PATH", ""), PYTHONNOUSERSITE="1"
    )
