"""EncoderScope for developers: `python dev.py demo|test|bench|host|train-miniatures`.

Each command sets up all it needs (an environment in .venv, a real ComfyUI in .host) and starts in
seconds the next time. Needs Python 3.10 to 3.13 and nothing else. COMFYUI_PATH names an existing
ComfyUI to use instead, with its own Python.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

if sys.version_info < (3, 10):  # before importing what older Pythons cannot even read
    sys.exit("This is Python %d.%d, but Python 3.10 to 3.13 is needed." % sys.version_info[:2])

from tools import comfyui, packages, terminal
from tools.places import KEPT, OUT, ROOT, SetupError, front_end, venv_command, venv_python
from tools.server import HostFailure, HostServer, free_port

DEMO_NODE = "EncoderScope_TokenMap"
DEMO_GRAPH = ROOT / "tests" / "samples" / "token_map.api.json"
PROBE_GRAPH = ROOT / "tests" / "samples" / "is_it_the_encoder.api.json"
USUAL_PORT = 8188
TYPED = ("conditioning", "kernels", "host", "nodes", "cli")


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
    graph, probing = (
        json.loads(path.read_text(encoding="utf-8")) for path in (DEMO_GRAPH, PROBE_GRAPH)
    )
    host = prepare()
    packages.say(f"Starting ComfyUI ({host.path}) without a window ...")
    with HostServer(host, KEPT / "run" / "demo") as server:
        server.require_node(DEMO_NODE)
        outputs = server.run(with_picture(graph, server))
        report = terminal.find_report(outputs)
        picture = next((image for one in outputs.values() for image in one.get("images", [])), None)
        if report is None or picture is None:
            raise HostFailure(
                "The graph ran, but showed no token report or no picture: "
                f"{json.dumps(outputs)[:2000]}"
            )
        shown = server.run(probing)
        verdicts = [
            text for number in sorted(shown, key=int) for text in shown[number].get("text", [])
        ]
        if not verdicts:
            raise HostFailure("The second graph ran, but gave no verdict on binding.")
        OUT.mkdir(exist_ok=True)
        (OUT / "token_map.json").write_text(
            json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        (OUT / "token_map.png").write_bytes(server.image(picture))
    packages.say("")
    terminal.print_report(report)
    packages.say(
        "\nDoes an encoder hold who has what? A miniature that comes with EncoderScope, "
        "alone and with a drawn picture:\n"
    )
    packages.say("\n\n".join(verdicts))
    packages.say(f"\nWritten: {OUT / 'token_map.png'}\nWritten: {OUT / 'token_map.json'}")
    packages.say(
        "To see it in the browser: python dev.py host, then Workflow > Browse Templates "
        "> encoderscope."
    )
    return 0


def with_picture(graph: dict[str, Any], server: HostServer) -> dict[str, Any]:
    """The graph with a node that shows the Token Map's picture, unless it has one."""
    number = next(number for number, node in graph.items() if node["class_type"] == DEMO_NODE)
    slot = server.get_json(f"/object_info/{DEMO_NODE}")[DEMO_NODE]["output"].index("IMAGE")
    if any([number, slot] in node["inputs"].values() for node in graph.values()):
        return graph
    return {
        **graph,
        "picture": {"class_type": "PreviewImage", "inputs": {"images": [number, slot]}},
    }


def test(arguments: argparse.Namespace) -> int:
    host = prepare(development=True, in_process=True)
    packages.ensure_newest_front_end()
    packages.ensure_transformers_4()
    packages.ensure_minilm()
    environment = packages.clean_environment(ENCODERSCOPE_REQUIRE_HOST="1", PYTHONUTF8="1")
    if not host.own:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    names = [f"encoderscope.{name}" for name in TYPED]
    mypy = [
        venv_command("mypy"),
        "--config-file",
        ROOT / "pyproject.toml",
        "--cache-dir",
        ROOT / ".mypy_cache",
    ]
    steps = [
        ("Lint", [venv_command("ruff"), "check", "."], ROOT),
        ("Format", [venv_command("ruff"), "format", "--check", "."], ROOT),
        ("Types", [*mypy, *(part for name in names for part in ("-p", name))], comfyui.MOUNT),
    ]
    failed = [
        name
        for name, command, at in steps
        if not _step(name, [str(part) for part in command], at, environment)
    ]
    pytest = [
        str(venv_command("pytest")),
        *(["-m", "not host and not browser and not gpu"] if arguments.unit else []),
        *arguments.rest,
    ]
    if len(pytest) > 1:
        failed += [] if _step("Tests", pytest, ROOT, environment) else ["Tests"]
    else:
        failed += _all_tests(pytest, environment)
    packages.say(
        f"\nFailed: {', '.join(failed)}."
        if failed
        else "\nLint, format, types and tests: all passed."
    )
    return 1 if failed else 0


def _all_tests(pytest: list[str], environment: dict[str, str]) -> list[str]:
    """The browser's tests beside the others: they wait for a page most of the time. Names of what
    failed.
    """
    environment = environment | {
        "OMP_NUM_THREADS": "1"
    }  # many small tensors: threads that wait for a busy core cost minutes
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        command = [*pytest, "-m", "browser", "-p", "no:cacheprovider"]
        browser = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=told, stderr=subprocess.STDOUT
        )
        try:
            others = _step(
                "Tests, all but the browser's", [*pytest, "-m", "not browser"], ROOT, environment
            )
            passed = browser.wait() == 0
        finally:
            browser.terminate()
        told.seek(0)
        packages.say(
            f"\n== Tests, the browser's\n{told.read()}\n== Tests, the browser's: "
            f"{'passed' if passed else 'FAILED'}"
        )
    return [
        name for name, good in (("Tests", others), ("Tests of the browser", passed)) if not good
    ]


def _step(name: str, command: list[str], folder: Path, environment: dict[str, str]) -> bool:
    packages.say(f"\n== {name}: {Path(command[0]).name} {' '.join(command[1:])}")
    start = time.monotonic()
    passed = subprocess.run(command, cwd=folder, env=environment, check=False).returncode == 0
    packages.say(
        f"== {name}: {'passed' if passed else 'FAILED'} in {time.monotonic() - start:.0f} s"
    )
    return passed


def bench(arguments: argparse.Namespace) -> int:
    """Run every script of tests/bench; each prints its figures and fails when a promise
    is broken.
    """
    prepare(development=True, in_process=True)
    environment = packages.clean_environment(PYTHONUTF8="1")
    scripts = sorted((ROOT / "tests" / "bench").glob("bench_*.py"))
    failed = [
        s.stem
        for s in scripts
        if not _step(s.stem, [str(venv_python()), str(s), *arguments.rest], KEPT, environment)
    ]
    return 1 if failed else 0


def train_miniatures(arguments: argparse.Namespace) -> int:
    """Train the encoders of assets/miniature anew, and print what they can do."""
    prepare(in_process=True)
    command = [str(venv_python()), "-m", "encoderscope.tools.miniatures.train", *arguments.rest]
    return subprocess.run(
        command, cwd=KEPT, env=packages.clean_environment(PYTHONUTF8="1"), check=False
    ).returncode


def serve(arguments: argparse.Namespace) -> int:
    host = prepare()
    newest = packages.NEWEST_FRONT_END
    if arguments.frontend not in (None, newest):
        raise SetupError(
            f"--frontend {arguments.frontend} is not known. Known: {newest}; without it, "
            "the host's own."
        )
    chosen: Path | None = None
    if arguments.frontend:
        packages.ensure_newest_front_end()
        chosen = front_end(newest)
    slow = ("--cpu", "--disable-api-nodes") if host.own and not arguments.gpu else ()
    port = arguments.port or free_port(USUAL_PORT)
    packages.say("Starting ComfyUI ...")
    with HostServer(
        host, KEPT / "run" / "host", port=port, front_end=chosen, arguments=(*slow, *arguments.rest)
    ) as server:
        server.require_node(DEMO_NODE)
        packages.say(
            f"ComfyUI with EncoderScope runs at {server.url}   (log: {server.log}; stop "
            "with Ctrl+C)"
        )
        assert server.process is not None
        return server.process.wait()


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "demo", help="run the shipped workflow in the real ComfyUI and show its report"
    ).set_defaults(do=demo)
    testing = commands.add_parser(
        "test", help="lint, types and all tests; further arguments go to pytest"
    )
    testing.add_argument(
        "--unit", action="store_true", help="only the tests that need neither ComfyUI nor a browser"
    )
    testing.set_defaults(do=test)
    commands.add_parser(
        "bench", help="measure; further arguments go to every script of tests/bench"
    ).set_defaults(do=bench)
    training = commands.add_parser(
        "train-miniatures",
        help="train assets/miniature anew (up to an hour); names go to the script",
    )
    training.set_defaults(do=train_miniatures)
    serving = commands.add_parser(
        "host", help="leave ComfyUI running; further arguments go to ComfyUI"
    )
    serving.add_argument(
        "--port", type=int, help=f"default: {USUAL_PORT}, or any free one when that is taken"
    )
    serving.add_argument(
        "--frontend", metavar="VERSION", help=f"{packages.NEWEST_FRONT_END}, or the host's own"
    )
    serving.add_argument(
        "--gpu", action="store_true", help="let our own ComfyUI use the graphics card"
    )
    serving.set_defaults(do=serve)
    arguments, rest = parser.parse_known_args(argv)
    arguments.rest = [part for part in rest if part != "--"]
    if rest and arguments.do is demo:
        parser.error(f"demo takes no arguments, got {' '.join(rest)}")
    return arguments


def main(argv: list[str]) -> int:
    arguments = parse(argv)
    if given := os.environ.get("COMFYUI_PATH"):
        os.environ["COMFYUI_PATH"] = str(
            Path(given).expanduser().resolve()
        )  # relative to where the user stands
    os.chdir(ROOT)
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # so that a server we started is stopped then, too
    terminal.enable_colour()
    try:
        result: Any = arguments.do(arguments)
        return int(result)
    except (SetupError, HostFailure) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        packages.say("\nStopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
