"""Hostile values in every input of every node, through a real server: each is refused in a sentence
or answered, nothing but the host's folders is written, and the server goes on as before.

As it is, one value at every input, another at each; ENCODERSCOPE_ATTACKS=50 for 50 of each.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from encoderscope.tests import hostkit
from encoderscope.tools.server import HostFailure

from . import node_attacks
from .node_attacks import SUBJECT, Attack

pytestmark = pytest.mark.host
AHEAD = 8
"""Graphs that wait in the host's queue."""
EACH = int(os.environ.get("ENCODERSCOPE_ATTACKS", "1"))
SLOW = ("EncoderReport", "IgnoredWords", "PromptDoctor", "BindingBenchmark")
"""Nodes that work for seconds: of these only what is refused at once is tried by itself."""


GOOD = ("answered", "refused in a sentence")
MOST_MB = 1500
REPORT = json.dumps(
    {
        "format": "encoderscope.tokens",
        "version": 1,
        "text": "a red car",
        "streams": [{"name": "l", "windows": [], "tokens": 3}],
        "summary": {"tokens": {"l": 3}, "words": 3},
        "words": [{"text": "red", "start": 2, "end": 5, "fates": {"l": "seen"}}],
        "findings": [],
        "lost": False,
    }
)


class Outcome(NamedTuple):
    """What the host made of one attack."""

    attack: Attack
    kind: str
    words: str
    seconds: float


def serve(folder: Path) -> hostkit.HostServer:
    """A server with this pack and the hostile one."""
    config = folder / "packs.yaml"
    packs = Path(__file__).parent / "packs"
    config.write_text(json.dumps({"packs": {"custom_nodes": str(packs)}}), encoding="utf-8")
    arguments = ("--extra-model-paths-config", str(config), "--whitelist-custom-nodes")
    return hostkit.serve(folder / "run", arguments=(*arguments, "encoderscope", "hostile_values"))


def run(server: Any, attacks: Sequence[Attack]) -> Iterator[Outcome]:
    """All of them, a few waiting in the queue at any time."""
    waiting: deque[tuple[Attack, str]] = deque()
    for attack in attacks:
        try:
            waiting.append((attack, server.queue(attack.graph)))
        except HostFailure as refusal:
            yield Outcome(attack, "refused by the host", str(refusal), 0)
        if len(waiting) > AHEAD:
            yield _finished(server, *waiting.popleft())
    while waiting:
        yield _finished(server, *waiting.popleft())


def _finished(server: Any, attack: Attack, prompt_id: str) -> Outcome:
    end = time.monotonic() + 120
    while time.monotonic() < end and server.process.poll() is None:
        text = server.get_bytes(f"/history/{prompt_id}")
        entry = json.loads(text).get(prompt_id)
        if entry:
            return _outcome(attack, entry, text)
        time.sleep(0.01)
    return Outcome(attack, "no answer", server.log_tail(), 120)


def _outcome(attack: Attack, entry: dict[str, Any], text: bytes) -> Outcome:
    messages = dict(entry["status"]["messages"])
    end = messages.get("execution_success") or messages["execution_error"]
    seconds = (end["timestamp"] - messages["execution_start"]["timestamp"]) / 1000
    if b"NaN" in text or b"Infinity" in text:
        outputs = json.dumps(entry["outputs"])
        try:
            json.loads(outputs, parse_constant=_refuse)
        except ValueError as error:
            return Outcome(attack, "not strict JSON", str(error), seconds)
    if "exception_type" not in end:
        return Outcome(attack, "answered", "", seconds)
    words = end["exception_message"]
    if end["node_id"] != SUBJECT:
        return Outcome(attack, "failed elsewhere", f"{end['node_type']}: {words}", seconds)
    if "encoderscope" in end["exception_type"]:  # EncoderScopeError and its kinds
        return Outcome(attack, "refused in a sentence", words, seconds)
    trace = "".join(end["traceback"][-3:])
    return Outcome(attack, "Python's error", f"{end['exception_type']}: {words}\n{trace}", seconds)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def test_every_input_of_every_node(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        before = stock(server)
        info = server.get_json("/object_info")
        ours = {name: each for name, each in info.items() if name.startswith("EncoderScope_")}
        outcomes = list(run(server, chosen(ours)))
        after = stock(server)
    print(len(outcomes), Counter(each.kind for each in outcomes), before["peak"], after["peak"])
    bad = [each for each in outcomes if each.kind not in GOOD]
    shown = [f"{each.attack[:3]}: {each.kind} {each.words[-800:]}" for each in bad]
    assert not bad, "\n\n".join(shown)
    assert {each.attack.node for each in outcomes} == {name.split("_")[1] for name in ours}
    assert after["digest"] == before["digest"], "CLIP Text Encode gives the same bits"
    assert after["peak"][0] - before["peak"][0] < MOST_MB
    assert set(tmp_path.iterdir()) == {tmp_path / "packs.yaml", tmp_path / "run"}
    assert not Path("/tmp/encoderscope-escaped").exists()


def stock(server: Any) -> dict[str, list[Any]]:
    """What the host's own node makes of a prompt, and the most memory so far."""
    number, encode, output = node_attacks.SOUND["conditioning"]
    digest = {"class_type": "HostileDigest", "inputs": {"conditioning": [number, output]}}
    loader, clip, _ = node_attacks.SOUND["clip"]
    shown = server.run({loader: clip, number: encode, "digest": digest})
    return dict(shown["digest"])


def chosen(info: dict[str, Any]) -> list[Attack]:
    """So many values of each input, others at each."""
    by_input: dict[tuple[str, str], list[Attack]] = {}
    for attack in node_attacks.attacks(info, {"tokens": REPORT}):
        by_input.setdefault((attack.node, attack.input), []).append(attack)
    picked = []
    for number, attacks in enumerate(by_input.values()):
        each = 1 if attacks[0].node in SLOW and EACH < 10 else EACH
        step = max(1, len(attacks) // each)
        picked += attacks[number * 7 % step :: step][:each]
    return picked
