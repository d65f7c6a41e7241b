"""What a machine with a graphics card and no network may lack, in one small file: our ComfyUI, and
what it and the rivals of the benches import.

    python -m encoderscope.tools.gpu_bundle FILE [--python 3.12]      # here
    python dev.py gpu --here --bundle FILE                            # there

The machine must have torch with CUDA, transformers, safetensors, sentencepiece, einops, aiohttp,
scipy and pytest. comfy-kitchen is left out, which is larger than all else: *draft* is then not
tried, and says so.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from .packages import clean_environment, log
from .places import OWN_HOST, STATE, SetupError

PACKAGES = (
    "torchsde==0.2.6", "trampoline", "nai-t5", "pydantic==2.14.3", "annotated-types",
    "typing-inspection",
)  # fmt: skip
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
LEFT_OUT = {"tests", "tests-unit", "custom_nodes", "comfy_api_nodes", "models", "__pycache__"}
STAND_IN = {
    "av/__init__.py": "",
    "av/container.py": "class InputContainer:\n    pass\n",
    "av/subtitles/__init__.py": "",
    "av/subtitles/stream.py": "class SubtitleStream:\n    pass\n",
}
"""For a package of 35 MB that reads video, which ComfyUI imports and nothing here uses."""


def make(file: Path, python: str) -> None:
    """Write the bundle. Raises :class:`SetupError` where ComfyUI or a package is missing."""
    if not (OWN_HOST / "main.py").is_file():
        raise SetupError(f"{OWN_HOST} holds no ComfyUI: `python dev.py demo` fetches one.")
    file.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle,
    ):
        for path in _of_host():
            bundle.write(path, Path("ComfyUI") / path.relative_to(OWN_HOST))
        for wheel in _wheels(Path(folder), python):
            with zipfile.ZipFile(wheel) as packed:
                for name in packed.namelist():
                    bundle.writestr(f"packages/{name}", packed.read(name))
        for name, text in STAND_IN.items():
            bundle.writestr(f"packages/{name}", text)
    log(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


def _of_host() -> Iterator[Path]:
    for path in sorted(OWN_HOST.rglob("*")):
        if path.is_file() and not LEFT_OUT & set(path.relative_to(OWN_HOST).parts):
            yield path


def _wheels(folder: Path, python: str) -> list[Path]:
    platforms = [part for name in PLATFORMS for part in ("--platform", name)]
    command = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--no-input"]
    command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    # the core has to be the one that its package asks for
    core = subprocess.run(
        [*command, *platforms, "-d", str(folder), *PACKAGES], env=clean_environment(), check=False
    )
    needed = _core(folder) if core.returncode == 0 else ""
    command += [*platforms, "-d", str(folder), needed]
    if not needed or subprocess.run(command, env=clean_environment(), check=False).returncode:
        raise SetupError(
            f"pip could not fetch {', '.join(PACKAGES)} for Python {python}. Its own message "
            "stands above; often the network is missing."
        )
    return sorted(folder.glob("*.whl"))


def _core(folder: Path) -> str:
    """pydantic-core at the version that pydantic asks for."""
    wheel = next(folder.glob("pydantic-*.whl"))
    with zipfile.ZipFile(wheel) as packed:
        name = next(name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        lines = packed.read(name).decode().splitlines()
    [line] = [line for line in lines if line.startswith("Requires-Dist: pydantic-core")]
    return line.partition(": ")[2].partition(";")[0].strip()


def unpack(file: Path) -> Path:
    """Put ComfyUI where :mod:`places` has it, and the packages beside it: their folder."""
    if not file.is_file():
        raise SetupError(
            f"--bundle is {file}, but there is no such file. Expected one that "
            "`python -m encoderscope.tools.gpu_bundle FILE` made on a machine with a network."
        )
    packages = STATE / "gpu" / "packages"
    shutil.rmtree(packages.parent, ignore_errors=True)
    with zipfile.ZipFile(file) as bundle:
        bundle.extractall(packages.parent)
    if not OWN_HOST.is_dir():
        (packages.parent / "ComfyUI").rename(OWN_HOST)
    return packages


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--python", default="3.12", help="of the other machine (default: 3.12)")
    arguments = parser.parse_args()
    try:
        make(arguments.file, arguments.python)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
