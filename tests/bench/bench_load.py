"""Peak memory and time to load a T5-XXL-sized file: this pack's loader beside ComfyUI's own, on the
same random bf16 file.

    python tests/bench/bench_load.py [--rounds 1] [--folder /tmp]

Each load runs in a process of its own, in turn, so that neither warms the other's memory; the file
is read once before, so that both find it in the system's cache or neither does. What is counted:
peak resident memory (VmHWM) beyond that of the process before it loads, of it the part that cannot
be given back (RssAnon, when loaded), and seconds. The encoder then reads one prompt; the two
conditionings must be equal.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench_tokens
import t5xxl

FILE = "t5xxl_random_bf16.safetensors"


def write(path: Path) -> None:
    """Random small weights, one block over and over: the numbers do not matter, their bytes do."""
    import torch

    header, at = {}, 0
    for name, shape in t5xxl.shapes().items():
        size = 2 * int(torch.tensor(shape).prod())
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    block = (
        (torch.randn(4_000_037, generator=torch.Generator().manual_seed(0)) * 0.02)
        .bfloat16()
        .view(torch.uint8)
        .numpy()
        .tobytes()
    )
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for left in range(at, 0, -len(block)):
            file.write(block[: min(left, len(block))])


def memory(field: str) -> float:
    """GiB, of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024**2
    return float("nan")


def child(which: str, folder: Path) -> None:
    bench_tokens.mount()
    import comfy.sd
    import folder_paths

    folder_paths.folder_names_and_paths["text_encoders"] = ([str(folder)], {".safetensors"})
    from encoderscope.host.loading import loader

    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before, start = memory("VmRSS"), time.perf_counter()
    if which == "host":
        clip = comfy.sd.load_clip([str(folder / FILE)], clip_type=comfy.sd.CLIPType.SD3)
    else:
        clip = loader.load([FILE], "sd3", "as stored", "auto").clip
    seconds = time.perf_counter() - start
    loaded, anonymous = memory("VmHWM") - before, memory("RssAnon")
    states = clip.encode_from_tokens(clip.tokenize("a red fox"))
    print(
        json.dumps(
            {
                "seconds": seconds,
                "peak while loading": loaded,
                "anonymous when loaded": anonymous,
                "peak with one prompt": memory("VmHWM") - before,
                "seconds with one prompt": time.perf_counter() - start,
                "conditioning": hashlib.sha256(states.float().numpy().tobytes()).hexdigest()[:16],
            }
        )
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--child", choices=("host", "ours"), help=argparse.SUPPRESS)
    inputs, _ = parser.parse_known_args()
    if inputs.child:
        child(inputs.child, inputs.folder)
        return 0
    room = shutil.disk_usage(inputs.folder).free / 1024**3
    free = float(Path("/proc/meminfo").read_text().split("MemAvailable:")[1].split()[0]) / 1024**2
    if room < 12 or free < 14:
        print(
            "left out: 12 GiB of disk and 14 GiB of free memory are needed, and there "
            f"are {room:.0f} and {free:.0f}"
        )
        return 0
    folder = Path(tempfile.mkdtemp(prefix="bench_load", dir=inputs.folder))
    try:
        write(folder / FILE)
        print(f"{(folder / FILE).stat().st_size / 1024**3:.2f} GiB of bf16")
        return compare(folder, inputs.rounds)
    finally:
        shutil.rmtree(folder)


def compare(folder: Path, rounds: int) -> int:
    worst, equal = 0.0, True
    for number in range(rounds):
        result = {}
        for which in ("host", "ours") if number % 2 == 0 else ("ours", "host"):
            command = [sys.executable, __file__, "--child", which, "--folder", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            result[which] = json.loads(done.stdout.splitlines()[-1])
        print(f"round {number + 1}                 host     ours    ratio")
        for key, value in result["host"].items():
            if isinstance(value, float):
                ratio = result["ours"][key] / value
                worst = max(worst, ratio if key.startswith("peak") else 0.0)
                print(f"{key:<24} {value:8.2f} {result['ours'][key]:8.2f} {ratio:8.2f}")
        equal = equal and result["host"]["conditioning"] == result["ours"]["conditioning"]
    print("conditioning:", "equal" if equal else "DIFFERENT")
    return 0 if equal and worst <= 1.1 else 1


if __name__ == "__main__":
    sys.exit(main())
