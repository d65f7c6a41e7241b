"""Three servers with one folder of cached conditionings, each killed (SIGKILL) at random."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from encoderscope.conditioning.cache import entry, store
from encoderscope.conditioning.storage import UNFINISHED
from encoderscope.host.ids import CACHED_ENCODE, SAVE_CONDITIONING
from encoderscope.tests import hostkit

from . import graphs

TEXTS = 40
VARIABLE = "ENCODERSCOPE_CONDITIONINGS"
FRESH = ("--cache-none",)
"""The host keeps nothing between prompts: each asks the folder."""
PAUSE = (2, 15)
"""Seconds between two kills."""


def graph(text: str) -> graphs.Graph:
    """A text through the cache, and a file of what came out."""
    encoded = {"text": text, "clip": ["1", 0], "max_gb": 1.0}
    saved = {"conditioning": ["2", 0], "filename_prefix": "soak/shared"}
    return {
        "1": graphs.LOADER,
        "2": {"class_type": CACHED_ENCODE, "inputs": encoded},
        "3": {"class_type": SAVE_CONDITIONING, "inputs": saved},
    }


class Client:
    """Asks one server for texts at random, and goes on when it is back after a kill."""

    def __init__(self, server: Any, seed: int) -> None:
        self.server, self.dice = server, random.Random(seed)
        self.seen: list[tuple[str, str, str]] = []
        """What the node said, the text, and a hash of the numbers."""
        self.stopped = threading.Event()
        self.alive = threading.Lock()
        self.thread = threading.Thread(target=self._ask, daemon=True)

    def _ask(self) -> None:
        while not self.stopped.is_set():
            with self.alive:  # not while the server starts again
                pass
            text = graphs.prompt(self.dice.randrange(TEXTS))
            try:
                shown = self.server.run(graph(text), 120)
            except (OSError, hostkit.HostFailure):
                if self.server.process.poll() is None and not self.alive.locked():
                    self.seen.append(("failed", text, self.server.log_tail()[-500:]))
                continue
            name = shown["3"]["text"][0].partition(",")[0]
            path = self.server.run_folder / "output" / name
            self.seen.append((shown["2"]["text"][0], text, _numbers(path)))
            path.unlink()

    def kill(self) -> None:
        """SIGKILL, and the same server again."""
        with self.alive:
            self.server.process.kill()
            self.server.process.wait()
            self.server.start()


def _numbers(path: Path) -> str:
    """A hash of all numbers of a saved conditioning."""
    [[tensor, more]] = entry.unpack(path.read_bytes(), path.name).conditioning
    parts = (tensor, more["pooled_output"])
    return hashlib.sha256(b"".join(part.numpy().tobytes() for part in parts)).hexdigest()


def run_servers(folder: Path, seconds: float) -> dict[str, Any]:
    """What three servers said of what they stored and found, and how the folder was left."""
    shared, dice = folder / "shared", random.Random(7)
    environment = {VARIABLE: str(shared)}
    with ExitStack() as stack:
        result = [
            hostkit.serve(folder / str(number), arguments=FRESH, environment=environment)
            for number in range(3)
        ]
        clients = [Client(stack.enter_context(each), seed) for seed, each in enumerate(result)]
        for client in clients:
            client.thread.start()
        end, kills = time.monotonic() + seconds, 0
        while time.monotonic() < end or kills < 3:
            time.sleep(dice.uniform(*PAUSE))
            dice.choice(clients).kill()
            kills += 1
        for client in clients:
            client.stopped.set()
            client.thread.join()
    return {"kills": kills, **_summary(shared, [line for each in clients for line in each.seen])}


def _summary(shared: Path, seen: list[tuple[str, str, str]]) -> dict[str, Any]:
    """Answers by kind, texts of which two answers differ, entries that are damaged or lost."""
    answers = defaultdict(set)
    for sentence, text, numbers in seen:
        if sentence != "failed":
            answers[text].add(numbers)
    checked = list(store.Store(shared).verify())
    texts = {item.notes()["key"]["text"] for item, damage in checked if not damage}
    stored = {
        text for sentence, text, _ in seen if "Stored" in sentence or sentence.startswith("Hit")
    }
    strangers = {path.suffix for path in shared.iterdir() if path.is_file()}
    return {
        "answers": dict(Counter(sentence.split(" ")[0].rstrip(".:,") for sentence, _, _ in seen)),
        "wrong": sum(len(numbers) > 1 for numbers in answers.values()),
        "lost": len(stored - texts),
        "damaged": sum(bool(damage) for _, damage in checked),
        "locks": sorted(strangers - {entry.ENDING, UNFINISHED, ".json"}),
        "failures": [numbers for sentence, _, numbers in seen if sentence == "failed"][:3],
    }


def faults(result: dict[str, Any]) -> list[str]:
    """In words, what went wrong."""
    names = ("wrong", "lost", "damaged", "locks", "failures")
    words = [f"of the shared cache, {name}: {result[name]}" for name in names if result[name]]
    if not result["answers"].get("Hit"):
        words.append("the shared cache gave no hit")
    return words
