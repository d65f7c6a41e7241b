"""The soak itself runs by hand; here, that it asks for all nodes and tells what grows."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from encoderscope.conditioning.cache import entry, store
from encoderscope.host import ids
from encoderscope.tools.server import HostFailure

from . import graphs, live_load, page, servers
from . import run as soak


def test_no_two_prompts_are_the_same() -> None:
    assert len({graphs.prompt(number) for number in range(10_000)}) == 10_000


def test_nodes_take_part() -> None:
    kinds = {
        node["class_type"] for number in range(500) for node in graphs.graph(number)[1].values()
    }
    ours = {kind for kind in kinds if kind.startswith("EncoderScope_")}
    nodes = {name for name in vars(ids).values() if str(name).startswith("EncoderScope_")}
    assert ours <= nodes - graphs.LEFT_OUT and len(ours) >= 22


def failing(words: str) -> Any:
    def wait_for(*_: object) -> None:
        raise HostFailure(words)

    return SimpleNamespace(wait_for=wait_for)


def test_a_refusal_in_words_does_not_end_it() -> None:
    refused = soak._finished(failing("EncoderScopeError: Only [red] is marked."), 3, "probe", "id")
    assert refused == soak.Prompt(3, "probe, refused", 0.0, 0)
    with pytest.raises(HostFailure):
        soak._finished(failing("KeyError: 'weight'"), 3, "probe", "id")


class Route(BaseHTTPRequestHandler):
    """Answers every other question, as a busy server does."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        Route.asked += 1
        self.send_response(200 if Route.asked % 2 else 429)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_questions_come_at_their_rate() -> None:
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Route)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    server = SimpleNamespace(url=f"http://127.0.0.1:{listening.server_port}")
    start = time.monotonic()
    with live_load.Load(server, 100) as load:
        time.sleep(2)
    took = time.monotonic() - start
    listening.shutdown()
    assert 10 <= len(load.answers) <= 100 * took + 2 * live_load.CLIENTS
    assert {answer.status for answer in load.answers} == {200, 429}


def test_other_answers_are_told() -> None:
    assert live_load.faults({"statuses": {200: 5, 429: 90}}) == []
    assert live_load.faults({"statuses": {429: 90, 500: 1}}) == [
        "the live route answered 500",
        "the live route answered no question",
    ]


def test_what_a_page_keeps_of_ours_is_told() -> None:
    assert page.faults({"left": 1}) == []
    assert page.faults({"left": 2}) == [
        "2 pieces of our cards are kept that the page does not show"
    ]


def test_what_servers_do_to_a_shared_cache_is_told(tmp_path: Path) -> None:
    kept = store.Store(tmp_path)
    for text in ("a", "b"):
        facts = {"text": text}
        tensor = torch.ones(1, 4, 8)
        packed = entry.pack([[tensor, {"pooled_output": tensor}]], {"key": facts})
        kept.write(store.digest_of(facts), packed)
    seen = [("Hit: read", "a", "1"), ("Not known. Stored: 2 kB", "b", "2")]
    result = servers._summary(tmp_path, seen)
    assert servers.faults(result) == [] and result["answers"] == {"Hit": 1, "Not": 1}
    (tmp_path / "a.lock").touch()
    kept.path(store.digest_of({"text": "b"})).write_bytes(b"x" * 100)
    result = servers._summary(tmp_path, [*seen, ("Hit: read", "a", "3"), ("failed", "a", "log")])
    assert {name for name in ("wrong", "lost", "damaged", "locks", "failures") if result[name]} == {
        "wrong", "lost", "damaged", "locks", "failures"
    }  # fmt: skip
    assert len(servers.faults(result)) == 5


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"memory_growth": 0.021}, "memory"),
        ({"last": {"hooks": 1, "patches": 0, "threads": 2, "open_files": 9}}, "hooks"),
        ({"last": {"hooks": 0, "patches": 0, "threads": 9, "open_files": 9}}, "threads"),
        ({"latency": {"ratio": 1.3}}, "tenth"),
    ],
)
def test_growth_is_told(changed: dict[str, Any], word: str) -> None:
    flat = {"hooks": 0, "patches": 0, "threads": 2, "open_files": 9}
    result = {"memory_growth": 0.0, "first": flat, "last": flat, "latency": {"ratio": 1.0}}
    assert soak.faults(result) == []
    [fault] = soak.faults({**result, **changed})
    assert word in fault
