"""The live route under load: many questions a second while a graph runs."""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from collections import Counter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from . import graphs

CLIENTS = 20
PATH = "/encoderscope/tokens"


class Answer(NamedTuple):
    """One question to the route."""

    status: int
    seconds: float


class Load:
    """Asks so many times a second from several connections, until it is stopped."""

    def __init__(self, server: Any, rate: float) -> None:
        self.address = urlsplit(server.url)
        self.rate = rate
        self.answers: list[Answer] = []
        self.stopped = threading.Event()
        self.threads = [
            threading.Thread(target=self._ask, args=(number,), daemon=True)
            for number in range(CLIENTS)
        ]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def _ask(self, client: int) -> None:
        connection = http.client.HTTPConnection(
            str(self.address.hostname), self.address.port, timeout=600
        )
        due = time.monotonic() + client / self.rate
        while not self.stopped.is_set():
            due += CLIENTS / self.rate
            number = len(self.answers)
            body = json.dumps({"text": graphs.prompt(number), "family": "sd1"})
            start = time.monotonic()
            connection.request("POST", PATH, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            self.answers.append(Answer(response.status, time.monotonic() - start))
            self.stopped.wait(max(0.0, due - time.monotonic()))


def run_load(server: Any, seconds: float, rate: float = 100) -> dict[str, Any]:
    """A graph runs again and again, first alone for a tenth of the time, then beside the load."""
    alone = _graphs(server, seconds / 10, 0)
    with Load(server, rate) as load:
        start = time.monotonic()
        beside = _graphs(server, seconds, 5_000)
        took = time.monotonic() - start
    ordered = sorted(answer.seconds for answer in load.answers)
    statuses = Counter(answer.status for answer in load.answers)
    return {
        "seconds": took,
        "asked": len(load.answers),
        "asked_per_second": len(load.answers) / took,
        "statuses": dict(statuses),
        "median": statistics.median(ordered),
        "p99": ordered[int(len(ordered) * 0.99)],
        "graphs_alone": [len(alone), statistics.median(alone)],
        "graphs_beside": [len(beside), statistics.median(beside)],
    }


def _graphs(server: Any, seconds: float, first: int) -> list[float]:
    """Seconds that each graph took, until the time is over."""
    took = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        server.run(graphs.states(first + len(took)), 600)
        took.append(time.monotonic() - start)
    return took


def faults(result: dict[str, Any]) -> list[str]:
    """In words, what went wrong: every question is answered, or is told to wait."""
    others = {status for status in result["statuses"] if status not in (200, 429)}
    words = [f"the live route answered {status}" for status in sorted(others)]
    if not result["statuses"].get(200):
        words.append("the live route answered no question")
    return words
