"""Runs a ComfyUI server and talks to it over its HTTP interface. Standard library only: dev.py and
the tests both use it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from .comfyui import PACK, Host
from .packages import clean_environment
from .places import ROOT, SetupError

Graph = dict[str, Any]
FOLDERS = ("output", "input", "temp", "user")
START_SECONDS = 240  # the first start on a slow disk compiles and reads all of torch


class HostFailure(Exception):
    """The host did not start, refused a graph, or a node in it failed; the text holds the host's
    own words.
    """


def free_port(preferred: int | None = None) -> int:
    """The preferred port if it is free, else any free one."""
    for port in (preferred or 0, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise SetupError(
        "No free port was found on 127.0.0.1. Close programs that listen on many ports "
        "and try again."
    )


class HostServer:
    """One running server: `with HostServer(host, run_folder) as server: server.run(graph)`.

    All that it writes goes to `run_folder`, so that several can run beside each other and none
    touches the host's own folders.
    """

    def __init__(
        self,
        host: Host,
        run_folder: Path,
        *,
        port: int | None = None,
        front_end: Path | None = None,
        arguments: tuple[str, ...] = ("--cpu", "--disable-api-nodes"),
        environment: dict[str, str] | None = None,
    ) -> None:
        self.host = host
        self.run_folder = run_folder
        self.port = port or free_port()
        self.arguments = arguments
        if front_end:
            self.arguments += ("--front-end-root", str(front_end))
        self.environment = environment or {}
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = run_folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> HostServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def command(self) -> list[str]:
        """The command line that starts the server."""
        start = [str(ROOT / "tools" / "launch_host.py"), str(self.host.path / "main.py")]
        folders = [
            part
            for name in FOLDERS
            for part in (f"--{name}-directory", str(self.run_folder / name))
        ]
        database = f"sqlite:///{(self.run_folder / 'user' / 'comfyui.db').as_posix()}"
        # Other packs of the user's checkout stay asleep: a test tests this pack, and they may write
        # where they like.
        only_ours = ["--disable-all-custom-nodes", "--whitelist-custom-nodes", PACK]
        fixed = [
            "--port",
            str(self.port),
            "--database-url",
            database,
            "--disable-auto-launch",
            *only_ours,
        ]
        return [
            str(self.host.python),
            *start,
            *fixed,
            *folders,
            *self.host.arguments,
            *self.arguments,
        ]

    def start(self) -> None:
        """Start the server and wait until it answers. Raises :class:`HostFailure`."""
        for name in FOLDERS:
            (self.run_folder / name).mkdir(parents=True, exist_ok=True)
        offline = {
            "HF_HUB_OFFLINE": "1",
            "TRANSFORMERS_OFFLINE": "1",
            "PYTHONUTF8": "1",
            "PYTHONUNBUFFERED": "1",
        }
        if not self.host.own:
            offline["PYTHONDONTWRITEBYTECODE"] = "1"  # nothing is written into someone's checkout
        environment = clean_environment(**offline, **self.environment)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.host.path,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise HostFailure(
                    "ComfyUI stopped while starting (exit code "
                    f"{self.process.returncode}). It ran with {self.host.python}; "
                    "if that is not its Python, set COMFYUI_PYTHON. Its last "
                    f"words:\n{self.log_tail()}"
                )
            with contextlib.suppress(OSError, ValueError):
                self.get_json("/system_stats")
                return
            time.sleep(0.2)
        raise HostFailure(f"ComfyUI did not answer within {START_SECONDS} s:\n{self.log_tail()}")

    def stop(self) -> None:
        """Stop the server, unless it has stopped."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log_text(self) -> str:
        """All that the server has logged."""
        if not self.log.is_file():
            return ""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the log."""
        return "\n".join(self.log_text().splitlines()[-lines:])

    def get_bytes(self, path: str, **query: str) -> bytes:
        """GET a path. Raises OSError where the server does not answer or refuses."""
        url = f"{self.url}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url.rstrip("?"), timeout=30) as response:
            return bytes(response.read())

    def get_json(self, path: str, **query: str) -> Any:
        """GET a path that answers with JSON."""
        return json.loads(self.get_bytes(path, **query))

    def post_json(self, path: str, body: object) -> Any:
        """POST a JSON body; an answer that says no comes back as HostFailure with the
        host's words.
        """
        data = json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}{path}", data, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            body_text = error.read().decode(errors="replace")
            raise HostFailure(f"{path}: the host answered {error.code}: {body_text}") from error

    def require_node(self, node_id: str) -> None:
        """Fail with the host's log when our pack did not load."""
        if node_id not in self.get_json(f"/object_info/{node_id}"):
            raise HostFailure(
                f"ComfyUI runs, but did not load the node {node_id}. Its log:\n{self.log_tail(80)}"
            )

    def queue(self, graph: Graph) -> str:
        """Queue a graph in API format; the answer is its prompt id."""
        return str(
            self.post_json("/prompt", {"prompt": graph, "client_id": uuid.uuid4().hex})["prompt_id"]
        )

    def wait_for(self, prompt_id: str, seconds: float = 120) -> dict[str, Any]:
        """The history entry of a queued graph, once it has run."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            entry = self.get_json(f"/history/{prompt_id}").get(prompt_id)
            if entry:
                _raise_on_error(entry)
                return dict(entry)
            if self.process is not None and self.process.poll() is not None:
                raise HostFailure(f"ComfyUI stopped while running the graph:\n{self.log_tail()}")
            time.sleep(0.05)
        raise HostFailure(
            f"The graph did not finish within {seconds} s. ComfyUI's log:\n{self.log_tail()}"
        )

    def run(self, graph: Graph, seconds: float = 120) -> dict[str, Any]:
        """Queue a graph, wait, and return what each node showed: {node number: its ui output}."""
        return dict(self.wait_for(self.queue(graph), seconds)["outputs"])

    def image(self, saved: dict[str, str]) -> bytes:
        """The file behind an entry of a node's `images` output."""
        return self.get_bytes(
            "/view", **{key: saved[key] for key in ("filename", "subfolder", "type")}
        )


def _raise_on_error(entry: dict[str, Any]) -> None:
    if entry["status"]["status_str"] == "success":
        return
    for name, message in entry["status"]["messages"]:
        if name == "execution_error":
            trace = "".join(message.get("traceback", []))
            raise HostFailure(f"{message['node_type']}: {message['exception_message']}\n{trace}")
    raise HostFailure(f"The graph did not succeed: {entry['status']}")
