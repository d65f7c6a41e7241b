"""The live route on a real server: what is too large, too much at once or of another kind is turned
away before it costs anything.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.host
PATH = "/encoderscope/tokens"


def ask(server: Any, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.request("POST", PATH, body, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def question(text: str) -> bytes:
    return json.dumps({"text": text, "family": "sd1"}).encode()


def test_a_large_body_is_not_read(host_server: Any) -> None:
    start = time.process_time()
    status, answer = ask(host_server, b'{"text": "' + b"a" * 20_000_000 + b'"}')
    assert status == 413 and "Press Run" in answer["error"]
    assert time.process_time() - start < 5


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b"null"])
def test_a_body_that_is_no_question(host_server: Any, body: bytes) -> None:
    assert ask(host_server, body)[0] == 400


def test_another_kind_of_body(host_server: Any) -> None:
    assert ask(host_server, question("a"), **{"Content-Type": "text/plain"})[0] == 415


def test_many_at_once_are_told_to_wait(host_server: Any) -> None:
    """And afterwards the route answers as before."""
    statuses: list[int] = []
    slow = question("naïve 🦊 " * 1000)
    threads = [
        threading.Thread(target=lambda: statuses.append(ask(host_server, slow)[0]))
        for _ in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 429} and 200 in statuses and 429 in statuses
    status, answer = ask(host_server, question("a cat"))
    assert status == 200 and answer["report"]["summary"]["words"] == 2
