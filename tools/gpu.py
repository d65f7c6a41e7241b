"""`python dev.py gpu`: all that wants a graphics card, each step in a process of its own with a
limit of its own, right first, then fast.

A line of JSON is written as soon as a step ends (`results.jsonl`, beside `log.txt` and the table
`results.md`), so that a stop loses the step that runs. Steps that passed already, by that file, are
not run again. Where the Python that runs dev.py has torch with CUDA, `--here` uses it as it is and
fetches nothing; COMFYUI_PATH does so with ComfyUI's own Python. What such a machine lacks can be
carried there in a bundle: `tools/gpu_bundle.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from . import comfyui, gpu_bundle
from .gpu_steps import DEVICE, STEPS, Step
from .packages import clean_environment, log
from .places import OUT, OWN_HOST, STATE, SetupError

FIRST_SECONDS = 30
"""With less time left than this, no step is begun."""
SLOWER = 4
"""Times of its limit that a step has without a card."""
_ASK = """
import json, platform, pytest, torch
seen = torch.cuda.is_available()
card = torch.cuda.get_device_properties(0) if seen else None
print(json.dumps({
    "python": platform.python_version(), "torch": torch.__version__, "cuda": torch.version.cuda,
    "card": card and card.name, "memory_gb": card and round(card.total_memory / 1e9, 1),
    "capability": card and f"{card.major}.{card.minor}",
}))
"""


class Machine(NamedTuple):
    """The Python that the steps run with, and what it is told of its surroundings."""

    python: str
    environment: dict[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--minutes", type=float, default=30, help="for all steps (default: 30)")
    parser.add_argument("--out", type=Path, default=OUT / "gpu", help="default: out/gpu")
    text = "names of steps, or what they begin with: right, fast, train"
    parser.add_argument("--only", nargs="+", default=[""], metavar="STEP", help=text)
    parser.add_argument("--again", action="store_true", help="also the steps that passed already")
    parser.add_argument("--list", action="store_true", help="list the steps")
    text = "use the Python that runs dev.py as it is; nothing is fetched"
    parser.add_argument("--here", action="store_true", help=text)
    text = "unpack what gpu_bundle.py made, and use it (with --here)"
    parser.add_argument("--bundle", type=Path, metavar="FILE", help=text)
    text = "cuda, or simulated (tests) and cpu (small benches): a rehearsal without a card"
    parser.add_argument("--device", choices=["cuda", "simulated", "cpu"], default="cuda", help=text)


def command(arguments: argparse.Namespace, prepare: Callable[[], comfyui.Host]) -> int:
    """The command; ``prepare`` sets up an environment where none was named."""
    if arguments.list:
        for step in chosen(arguments.only):
            log(f"{step.name:20}{step.limit:5} s")
        return 0
    chosen(arguments.only)
    if arguments.here or arguments.bundle:
        return run(arguments, machine_here(arguments.bundle))
    host = comfyui.ensure_host() if os.environ.get("COMFYUI_PATH") else prepare()
    return run(arguments, _machine(str(host.python), [comfyui.MOUNT]))


def chosen(only: Sequence[str]) -> list[Step]:
    """The steps whose names begin so. Raises :class:`SetupError` for a beginning of none."""
    for beginning in only:
        if not any(step.name.startswith(beginning) for step in STEPS):
            names = ", ".join(step.name for step in STEPS)
            raise SetupError(f"There is no step {beginning!r}. Known: {names}.")
    return [step for step in STEPS if step.name.startswith(tuple(only))]


def machine_here(bundle: Path | None) -> Machine:
    """The Python that runs us, with the packages of a bundle before its own. Raises
    :class:`SetupError` where there is no ComfyUI.
    """
    variables = {"COMFYUI_PYTHON": sys.executable}
    folders = [comfyui.MOUNT]
    if bundle is not None:
        folders.append(gpu_bundle.unpack(bundle))
    if not os.environ.get("COMFYUI_PATH"):
        if not (OWN_HOST / "main.py").is_file():
            raise SetupError(
                f"No ComfyUI is here: COMFYUI_PATH is not set, and {OWN_HOST} does not exist. Set "
                "COMFYUI_PATH to the folder of a ComfyUI, or give --bundle a file that "
                "`python -m encoderscope.tools.gpu_bundle` made."
            )
        variables["COMFYUI_PATH"] = str(OWN_HOST)
    os.environ.update(variables)
    comfyui.ensure_host()
    return _machine(sys.executable, folders, **variables)


def _machine(python: str, folders: Sequence[Path], **variables: str) -> Machine:
    path = os.pathsep.join(map(str, folders))
    return Machine(python, clean_environment(**variables, PYTHONPATH=path))


def card_of(machine: Machine, device: str) -> dict[str, Any]:
    """What the steps will run on. Raises :class:`SetupError` where that is no card."""
    asked = subprocess.run(
        [machine.python, "-c", _ASK], env=machine.environment, capture_output=True, text=True
    )
    if asked.returncode:
        raise SetupError(
            f"{machine.python} has no torch or no pytest that works:\n"
            f"{asked.stderr.strip()[-500:]}\nBoth were expected, torch with CUDA. Install what is "
            "missing there (pip install pytest hypothesis), or run dev.py with another Python and "
            "--here."
        )
    facts: dict[str, Any] = json.loads(asked.stdout.splitlines()[-1])
    if facts["card"] is None and device == "cuda":
        raise SetupError(
            f"{machine.python} has torch {facts['torch']}, which sees no CUDA device. An NVIDIA "
            "card, its driver and a torch that is built for CUDA were expected. Run dev.py with a "
            "Python that has one and --here, or set COMFYUI_PATH to a ComfyUI that uses the card. "
            "To rehearse without a card: --device simulated."
        )
    return facts | {"device": device}


def run(arguments: argparse.Namespace, machine: Machine) -> int:
    """Run the steps; 1 where one did not pass."""
    folder = arguments.out.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    card = card_of(machine, arguments.device)
    log(f"{card}\nResults: {folder}")
    end = time.monotonic() + arguments.minutes * 60
    passed = {line["step"] for line in _lines(folder) if line["status"] == "passed"}
    for step in chosen(arguments.only):
        if step.name in passed and not arguments.again:
            log(f"{step.name}: passed already")
            continue
        left = end - time.monotonic()
        if left < FIRST_SECONDS:
            log(f"{step.name}: left out, since --minutes {arguments.minutes:g} are over")
            continue
        result = perform(step, machine, arguments.device, folder / "log.txt", left)
        _append(folder / "results.jsonl", {"card": card, **result})
        log(f"{step.name}: {result['status']} in {result['seconds']} s")
        (folder / "results.md").write_text(table(folder), encoding="utf-8")
    latest = {line["step"]: line["status"] for line in _lines(folder)}
    return int(any(latest.get(step.name) != "passed" for step in chosen(arguments.only)))


def perform(
    step: Step, machine: Machine, device: str, log_file: Path, left: float
) -> dict[str, Any]:
    """Run one step to its end or its limit, and say how it went."""
    command = _command(step, machine, device)
    environment = machine.environment | {
        "ENCODERSCOPE_DEVICE": device,
        "ENCODERSCOPE_HOST_ARGUMENTS": step.host,
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "ENCODERSCOPE_REQUIRE_HOST": "1",
        "ENCODERSCOPE_REQUIRE_GPU": str(int(device == "cuda")),
    }
    slower = 1 if device == "cuda" else SLOWER
    limit, start = min(step.limit * slower, left), time.monotonic()
    with log_file.open("ab") as output:
        output.write(f"\n== {step.name}: {' '.join(command[1:])}\n".encode())
        output.flush()
        begin = output.tell()
        status = _ended(command, environment, output, limit)
    with log_file.open("rb") as output:
        output.seek(begin)
        text = output.read().decode(errors="replace")
    return {
        "step": step.name,
        "status": status,
        "seconds": round(time.monotonic() - start, 1),
        "limit": round(limit),
        "host": step.host,
        "figures": [line for line in text.splitlines() if " | " in line or line[:4] == "---|"],
        "last": text.splitlines()[-1:] if status == "passed" else text.splitlines()[-40:],
    }


def _command(step: Step, machine: Machine, device: str) -> list[str]:
    """Without a card, benches and training are short, and on the processor."""
    if DEVICE not in step.program:
        return [machine.python, *step.program]
    where = "cuda" if device == "cuda" else "cpu"
    short = [] if device == "cuda" else ["--quick"]
    return [machine.python, *(where if part == DEVICE else part for part in step.program), *short]


def _ended(command: Sequence[str], environment: dict[str, str], output: Any, limit: float) -> str:
    """Run a command; passed, failed or too long. It and what it started are ended at its limit."""
    process = subprocess.Popen(
        command,
        cwd=STATE,
        env=environment,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=os.name == "posix",
    )
    try:
        return "failed" if process.wait(limit) else "passed"
    except subprocess.TimeoutExpired:
        return "too long"
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """And all that it started."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        process.kill()
    process.wait()


def _append(path: Path, line: dict[str, Any]) -> None:
    """A line of JSON; the line before it may have been cut by a stop."""
    with path.open("ab+") as file:
        cut = ""
        if file.tell():
            file.seek(-1, os.SEEK_END)
            cut = "\n" * (file.read() != b"\n")
        file.write(f"{cut}{json.dumps(line)}\n".encode())


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    """What was written of steps; the last line may have been cut."""
    path = folder / "results.jsonl"
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        with suppress(json.JSONDecodeError):
            yield json.loads(line)


def table(folder: Path) -> str:
    """Markdown: the latest result of each step, and the tables that the benches printed."""
    latest = {line["step"]: line for line in _lines(folder)}
    cards = {json.dumps(line["card"], sort_keys=True): line["card"] for line in latest.values()}
    text = [", ".join(f"{name} {value}" for name, value in card.items()) for card in cards.values()]
    text += ["", "| step | result | seconds |", "|---|---|---|"]
    ordered = [latest[step.name] for step in STEPS if step.name in latest]
    text += [f"| {line['step']} | {line['status']} | {line['seconds']} |" for line in ordered]
    for line in ordered:
        if line["figures"]:
            text += ["", f"## {line['step']}", "", *line["figures"]]
        if line["status"] != "passed":
            text += ["", f"## {line['step']}: {line['status']}", "", "```", *line["last"], "```"]
    return "\n".join(text) + "\n"
