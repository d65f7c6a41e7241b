"""EncoderScope for developers: `python dev.py demo|test|bench|gpu|fuzz|soak|matrix|registry|docs|
languages|host`, and `train-miniatures`, `train-generator`, `train-judge` and `ship-nulls` to make
anew what comes with the pack.

Each command sets up all it needs (an environment in .venv, a real ComfyUI in .host) and starts in
seconds the next time. Needs Python 3.10 to 3.13 and nothing else. COMFYUI_PATH names an existing
ComfyUI to use instead, with its own Python.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

if sys.version_info < (3, 10):  # before importing what older Pythons cannot even read
    sys.exit("This is Python %d.%d, but Python 3.10 to 3.13 is needed." % sys.version_info[:2])

from tools import (
    comfyui,
    demonstration,
    docs_site,
    gpu,
    packages,
    registry,
    terminal,
    version_matrix,
)
from tools.places import OUT, ROOT, STATE, SetupError, front_end, venv_command, venv_python
from tools.server import HostFailure, HostServer, free_port

USUAL_PORT = 8188
_HEAVY = ("tests/host/generator", "tests/host/loading")
PARTS = (
    ("the browser's", ["-m", "browser"]),
    ("the host's", ["-m", "host and not browser", *(f"--ignore={path}" for path in _HEAVY)]),
    ("without a host", ["-m", "not host and not browser"]),
    ("the host's, generators and loading", ["-m", "host and not browser", *_HEAVY]),
)
"""Parts of all tests, which have each test once, and what pytest is told to run them."""
TYPED = ("conditioning", "kernels", "host", "nodes", "cli", "api", "tools", "tests.bench")


def prepare(*, development: bool = False, in_process: bool = False) -> comfyui.Host:
    """Everything a command needs. `in_process`: .venv itself must be able to import the host."""
    packages.ensure_venv()
    host = comfyui.ensure_host()
    lists = {"pack": packages.TOOLS / "requirements-pack.txt"}
    if host.own:
        lists["host"] = packages.TOOLS / "requirements-host.txt"
    elif in_process or host.python == venv_python():
        lists["host"] = comfyui.requirements_of(host)
    if development:
        lists["dev"] = packages.TOOLS / "requirements-dev.txt"
    packages.ensure_packages(lists)
    return host


def demo(_: argparse.Namespace) -> int:
    """Run the shipped workflow and one that probes an encoder; print and write what they show."""
    host = prepare()
    packages.log(f"Starting ComfyUI ({host.path}) without a window ...")
    with HostServer(host, STATE / "run" / "demo") as server:
        server.require_node(demonstration.NODE)
        report = demonstration.token_map(server)
        verdicts = demonstration.verdicts(server)
    packages.log("")
    terminal.print_report(report)
    packages.log(
        "\nDoes an encoder bind attributes to their things? A miniature that comes with "
        "EncoderScope, alone and with a drawn picture:\n"
    )
    packages.log("\n\n".join(verdicts))
    packages.log(f"\nWritten: {OUT / 'token_map.png'}\nWritten: {OUT / 'token_map.json'}")
    packages.log(
        "To see it in the browser: python dev.py host, then Workflow > Browse Templates "
        "> encoderscope."
    )
    return 0


def test(arguments: argparse.Namespace) -> int:
    """Run the linter, the formatter's check, the type checker and the tests; further arguments go
    to pytest.
    """
    host = prepare(development=True, in_process=True)
    packages.ensure_newest_front_end()
    packages.ensure_transformers_4()
    packages.ensure_minilm()
    packages.ensure_axe()
    packages.ensure_audit()
    environment = packages.clean_environment(ENCODERSCOPE_REQUIRE_HOST="1", PYTHONUTF8="1")
    if not host.own:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    failed = _failed_checks(environment) + _failed_tests(arguments, environment)
    if failed:
        packages.log(f"\nFailed: {', '.join(failed)}.")
        return 1
    packages.log("\nLint, format, types and tests: all passed.")
    return 0


def _failed_checks(environment: dict[str, str]) -> list[str]:
    """Lint, format and types: the names of those that failed."""
    ruff, mypy = str(venv_command("ruff")), str(venv_command("mypy"))
    settings = ["--config-file", str(ROOT / "pyproject.toml")]
    cache = ["--cache-dir", str(ROOT / ".mypy_cache")]
    typed = [part for name in TYPED for part in ("-p", f"encoderscope.{name}")]
    steps = (
        ("Lint", [ruff, "check", "."], ROOT),
        ("Format", [ruff, "format", "--check", "."], ROOT),
        ("Types", [mypy, *settings, *cache, *typed], comfyui.MOUNT),
    )
    return [
        name for name, command, folder in steps if not _step(name, command, folder, environment)
    ]


def _failed_tests(arguments: argparse.Namespace, environment: dict[str, str]) -> list[str]:
    """All tests, or those that the arguments name: the names of the parts that failed."""
    pytest = [str(venv_command("pytest"))]
    if arguments.unit:
        pytest += ["-m", "not host and not browser and not gpu"]
    if not arguments.unit and not arguments.rest:
        return _failed_of_all_tests(pytest, environment)
    passed = _step("Tests", [*pytest, *arguments.rest], ROOT, environment)
    return [] if passed else ["Tests"]


def _failed_of_all_tests(pytest: list[str], environment: dict[str, str]) -> list[str]:
    """The parts two at a time, the longest first; what each printed, when it is done."""
    # Many small tensors: threads that wait for a busy core cost minutes.
    environment = environment | {"OMP_NUM_THREADS": "1"}
    start = time.monotonic()
    failed = []
    with ThreadPoolExecutor(2) as lanes:
        commands = {name: [*pytest, "-p", "no:cacheprovider", *rest] for name, rest in PARTS}
        results = {lanes.submit(_run, line, environment): name for name, line in commands.items()}
        packages.log("\n== Tests, in parts: what a part prints comes when it is done")
        for result in as_completed(results):
            name, (passed, output) = results[result], result.result()
            packages.log(f"\n== Tests, {name}: {' '.join(commands[name])}\n{output}")
            packages.log(f"== Tests, {name}: {_outcome(passed)}")
            failed += [] if passed else [f"Tests, {name}"]
    packages.log(f"== Tests: {_outcome(not failed)} in {time.monotonic() - start:.0f} s")
    return failed


def _run(command: list[str], environment: dict[str, str]) -> tuple[bool, str]:
    """Whether it passed, and what it printed."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return result.returncode == 0, result.stdout


def _step(name: str, command: list[str], folder: Path, environment: dict[str, str]) -> bool:
    """Run one command; returns whether it passed."""
    packages.log(f"\n== {name}: {Path(command[0]).name} {' '.join(command[1:])}")
    start = time.monotonic()
    passed = subprocess.run(command, cwd=folder, env=environment, check=False).returncode == 0
    packages.log(f"== {name}: {_outcome(passed)} in {time.monotonic() - start:.0f} s")
    return passed


def _outcome(passed: bool) -> str:
    return "passed" if passed else "FAILED"


def bench(arguments: argparse.Namespace) -> int:
    """Run every script of tests/bench; each prints its figures and fails when a promise
    is broken.
    """
    prepare(development=True, in_process=True)
    environment = packages.clean_environment(PYTHONUTF8="1")
    status = 0
    for script in sorted((ROOT / "tests" / "bench").glob("bench_*.py")):
        command = [str(venv_python()), str(script), *arguments.rest]
        if arguments.quick and "[--quick]" in script.read_text(encoding="utf-8"):
            command.append("--quick")
        if not _step(script.stem, command, STATE, environment):
            status = 1
    return status


def on_gpu(arguments: argparse.Namespace) -> int:
    """Run what wants a graphics card, in order of worth (tools/gpu.py)."""
    return gpu.command(arguments, lambda: prepare(development=True, in_process=True))


def fuzz(arguments: argparse.Namespace) -> int:
    """Look for inputs that break a promise of the parsers and readers (tests/fuzz)."""
    prepare(development=True, in_process=True)
    packages.ensure_packages({"fuzz": packages.TOOLS / "requirements-fuzz.txt"})
    return _module("tests.fuzz.run", arguments, OMP_NUM_THREADS="1")


def check_registry(_: argparse.Namespace) -> int:
    """Validate and pack the pack as the Comfy Registry gets it, and try the archive."""
    problems = registry.check(prepare(in_process=True))
    packages.log("\n".join(problems) or "\nThe Comfy Registry's tool takes the pack.")
    return int(bool(problems))


def docs(_: argparse.Namespace) -> int:
    """Build the documentation's pages; fails on any warning."""
    status = docs_site.build()
    packages.log(f"The pages: {docs_site.FOLDER / 'site' / 'index.html'}" * (status == 0))
    return status


def soak(arguments: argparse.Namespace) -> int:
    """Run prompts, a page and the live route for long, and say what grew (tests/soak)."""
    prepare(development=True, in_process=True)
    return _module("tests.soak.run", arguments, OMP_NUM_THREADS="1")


def matrix(arguments: argparse.Namespace) -> int:
    """Try the pack with the oldest and newest versions of what it needs, each in its own .venv."""
    prepare(development=True, in_process=True)
    return version_matrix.run(arguments.rest)


def train_miniatures(arguments: argparse.Namespace) -> int:
    """Train the encoders of assets/miniature anew, and print what they can do."""
    return _tool("miniatures.train_miniatures", arguments)


def train_generator(arguments: argparse.Namespace) -> int:
    """Train the image models of assets/generator, or go on where it was stopped."""
    return _tool("generator.train_generators", arguments)


def train_judge(arguments: argparse.Namespace) -> int:
    """Train the judge of assets/judge; with --card, measure it and write its card."""
    return _tool("mini_vqa.train_judge", arguments)


def ship_nulls(arguments: argparse.Namespace) -> int:
    """Measure anew what a first verdict finds in assets/nulls."""
    return _tool("nulls.ship", arguments)


def languages(arguments: argparse.Namespace) -> int:
    """Compare the translations of locales/ with what the nodes say."""
    return _tool("languages.locale_command", arguments)


def _tool(module: str, arguments: argparse.Namespace) -> int:
    """Run a module of tools with what is left of the command line; its exit status."""
    prepare(in_process=True)
    return _module(f"tools.{module}", arguments)


def _module(module: str, arguments: argparse.Namespace, **variables: str) -> int:
    """Run a module of the pack with what is left of the command line; its exit status."""
    command = [str(venv_python()), "-m", f"encoderscope.{module}", *arguments.rest]
    environment = packages.clean_environment(PYTHONUTF8="1", **variables)
    return subprocess.run(command, cwd=STATE, env=environment, check=False).returncode


def serve(arguments: argparse.Namespace) -> int:
    """Leave a ComfyUI with the pack running until it is stopped."""
    host = prepare()
    newest = packages.NEWEST_FRONT_END
    if arguments.frontend not in (None, newest):
        raise SetupError(
            f"--frontend {arguments.frontend} is not known. Known: {newest}; without it, "
            "the host's own."
        )
    static_files: Path | None = None
    if arguments.frontend:
        packages.ensure_newest_front_end()
        static_files = front_end(newest)
    options = tuple(arguments.rest)
    if host.own and not arguments.gpu:
        options = ("--cpu", "--disable-api-nodes", *options)
    port = arguments.port or free_port(USUAL_PORT)
    packages.log("Starting ComfyUI ...")
    folder = STATE / "run" / "host"
    with HostServer(host, folder, port=port, front_end=static_files, arguments=options) as server:
        server.require_node(demonstration.NODE)
        packages.log(
            f"ComfyUI with EncoderScope runs at {server.url}   (log: {server.log}; stop "
            "with Ctrl+C)"
        )
        assert server.process is not None
        return server.process.wait()


def parse(argv: list[str]) -> argparse.Namespace:
    """The command (``do``), its options, and in ``rest`` what goes on to the program it runs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add(commands, demo, "run the shipped workflow in the real ComfyUI and show its report")
    _add_measuring(commands)
    packing = "validate and pack with comfy-cli what the Comfy Registry would get, and try it"
    _add(commands, docs, "build the documentation's pages from README.md, docs/ and web/docs/")
    _add(commands, check_registry, packing, "registry")
    _add(commands, soak, "what grows in weeks: [--prompts N] [--runs N] [--live SECONDS]")
    _add(commands, matrix, "oldest and newest Python, torch and transformers: [NAME ...]")
    _add_making(commands)
    _add_serving(commands)
    arguments, rest = parser.parse_known_args(argv)
    arguments.rest = [part for part in rest if part != "--"]
    if rest and arguments.do is demo:
        parser.error(f"demo takes no arguments, got {' '.join(rest)}")
    return arguments


def _add_measuring(commands: Any) -> None:
    """test, bench and fuzz."""
    testing = _add(commands, test, "lint, types and all tests; further arguments go to pytest")
    testing.add_argument(
        "--unit", action="store_true", help="only the tests that need neither ComfyUI nor a browser"
    )
    text = "measure; further arguments go to every script of tests/bench"
    measuring = _add(commands, bench, text)
    measuring.add_argument(
        "--quick", action="store_true", help="few prompts wherever a script would take hours"
    )
    text = "all that wants a graphics card: tests, benches, training; each with a limit"
    gpu.add_arguments(_add(commands, on_gpu, text, "gpu"))
    _add(commands, fuzz, "look for inputs that break the readers: [TARGET ...] [--seconds N]")


def _add_making(commands: Any) -> None:
    """What comes with the pack, made anew, and its translations."""
    training = "train assets/miniature anew (up to an hour); names go to the script"
    _add(commands, train_miniatures, training)
    training = "train assets/generator, a quarter of an hour for each; names go to the script"
    _add(commands, train_generator, training)
    training = "train assets/judge anew, half an hour; --card measures it and writes its card"
    _add(commands, train_judge, training)
    shipping = "measure assets/nulls anew; --missing and names of parts go to the script"
    _add(commands, ship_nulls, shipping)
    translating = "what translations lack; --fill, --accept LANGUAGE (docs/languages.md)"
    _add(commands, languages, translating)


def _add_serving(commands: Any) -> None:
    """The command host."""
    serving = _add(commands, serve, "leave ComfyUI running; further arguments go to it", "host")
    serving.add_argument(
        "--port", type=int, help=f"default: {USUAL_PORT}, or any free one when that is taken"
    )
    versions = f"{packages.NEWEST_FRONT_END}, or the host's own"
    serving.add_argument("--frontend", metavar="VERSION", help=versions)
    text = "let our own ComfyUI use the graphics card"
    serving.add_argument("--gpu", action="store_true", help=text)


def _add(
    commands: Any, run: Callable[[argparse.Namespace], int], text: str, name: str = ""
) -> argparse.ArgumentParser:
    """Add a command, named after its function unless ``name`` says otherwise."""
    name = name or run.__name__.replace("_", "-")
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text)
    parser.set_defaults(do=run)
    return parser


def main(argv: list[str]) -> int:
    arguments = parse(argv)
    if path := os.environ.get("COMFYUI_PATH"):  # relative to where the user stands
        os.environ["COMFYUI_PATH"] = str(Path(path).expanduser().resolve())
    os.chdir(ROOT)
    # So that a server we started is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    terminal.enable_colour()
    try:
        result: Any = arguments.do(arguments)
        return int(result)
    except (SetupError, HostFailure) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        packages.log("\nStopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
