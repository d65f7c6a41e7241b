"""`python dev.py soak [--prompts N] [--runs N] [--live SECONDS] [--servers SECONDS]`: what grows in
weeks of use.

Prompts are queued in a real server of its own, over all nodes on the miniatures. The process is
measured twenty times on the way, after a collection of garbage and with the host's history
emptied: the host keeps its last 10,000 results, and what they take is told apart. Latency: what the
host took for each prompt, compared between the first and the last tenth, kind by kind. Then one
page of the editor runs graphs again and again, and then the live route is asked 100 times a second
while a graph runs. At last three servers share a folder of cached conditionings and are killed at
random. Exit status 1 says that something grew; figures go to out/soak.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from encoderscope.tests import hostkit
from encoderscope.tools.places import OUT
from encoderscope.tools.server import HostFailure
from safetensors.numpy import save_file

from . import graphs, live_load, page, servers

PACKS = Path(__file__).parent / "packs"
SAMPLES = 20
AHEAD = 4
"""Prompts that wait in the host's queue."""
ALLOWED = 0.02
"""Growth of the memory after warm-up that counts as none."""
SLOWER = 1.25
"""Last tenth against first, median over kinds: the machine is shared, so the bound is wide."""


REFUSAL = "EncoderScopeError"
"""A node that refuses a prompt in words does what it should: prompts are edited at random."""


class Prompt(NamedTuple):
    """One prompt that has run."""

    number: int
    kind: str
    seconds: float
    history: int
    """Characters of its entry in the host's history."""


def serve(folder: Path, encoder: bool = True) -> hostkit.HostServer:
    """A server with this pack and the census beside it, and one text encoder as a file."""
    models = folder / "models" / "text_encoders"
    models.mkdir(parents=True)
    if encoder:
        _write_encoder(models / graphs.CLIP_FILE)
    config = folder / "soak.yaml"
    paths = {
        "models": {"base_path": str(folder / "models"), "text_encoders": "text_encoders"},
        "packs": {"custom_nodes": str(PACKS)},
    }
    config.write_text(json.dumps(paths), encoding="utf-8")
    packs = ("--whitelist-custom-nodes", "encoderscope", "soak_census")
    return hostkit.serve(
        folder / "run", arguments=("--extra-model-paths-config", str(config), *packs)
    )


def _write_encoder(path: Path) -> None:
    """A CLIP-L whose weights mean nothing, in fp16. Written without torch, which takes long to
    start on a busy machine.
    """
    pool = np.random.default_rng(1).standard_normal(1_000_003).astype(np.float16)
    tensors = {}
    for name, shape in _clip_shapes():
        is_norm = "norm" in name and name.endswith(".weight")
        tensors[name] = np.resize(pool, shape) * np.float16(0.02) + np.float16(is_norm)
    save_file(tensors, path)


def _clip_shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of CLIP-L's text encoder, as transformers writes it."""
    root, width = "text_model.", 768
    yield f"{root}embeddings.token_embedding.weight", (49408, width)
    yield f"{root}embeddings.position_embedding.weight", (77, width)
    norms = [f"{root}final_layer_norm"]
    for number in range(12):
        layer = f"{root}encoder.layers.{number}."
        norms += [f"{layer}layer_norm{which}" for which in (1, 2)]
        for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
            yield f"{layer}self_attn.{name}.weight", (width, width)
            yield f"{layer}self_attn.{name}.bias", (width,)
        for name, rows, columns in (("fc1", 4 * width, width), ("fc2", width, 4 * width)):
            yield f"{layer}mlp.{name}.weight", (rows, columns)
            yield f"{layer}mlp.{name}.bias", (rows,)
    for name in norms:
        yield f"{name}.weight", (width,)
        yield f"{name}.bias", (width,)


def run_prompts(server: Any, count: int, first: int = 0) -> Iterator[Prompt]:
    """Runs the prompts of these numbers, a few of them waiting in the queue at any time."""
    waiting: deque[tuple[int, str, str]] = deque()
    for number in range(first, first + count):
        kind, graph = graphs.graph(number)
        waiting.append((number, kind, server.queue(graph)))
        if len(waiting) > AHEAD:
            yield _finished(server, *waiting.popleft())
    while waiting:
        yield _finished(server, *waiting.popleft())


def _finished(server: Any, number: int, kind: str, prompt_id: str) -> Prompt:
    try:
        entry = server.wait_for(prompt_id, 600)
    except HostFailure as failure:
        if REFUSAL not in str(failure):
            raise
        return Prompt(number, f"{kind}, refused", 0.0, 0)
    times = {name: message["timestamp"] for name, message in entry["status"]["messages"]}
    seconds = (times["execution_success"] - times["execution_start"]) / 1000
    return Prompt(number, kind, seconds, len(json.dumps(entry)))


def measure(server: Any) -> dict[str, Any]:
    """The census with the host's history emptied, and what lies in its folders."""
    server.post_json("/history", {"clear": True})
    with urllib.request.urlopen(f"{server.url}/soak_census", timeout=600) as answer:
        census = dict(json.loads(answer.read()))  # looks at each object: slow on a busy machine
    folders = {name: server.run_folder / name for name in ("temp", "output", "user")}
    files = {name: [p for p in root.rglob("*") if p.is_file()] for name, root in folders.items()}
    census["files"] = {name: len(paths) for name, paths in files.items()}
    census["bytes"] = {
        name: sum(path.stat().st_size for path in paths) for name, paths in files.items()
    }
    return census


def warm_up(server: Any) -> None:
    """Every kind of graph and every family once: what is loaded once is loaded now."""
    kinds = [*graphs.USUAL, *(build for build, _, _ in graphs.RARE)]
    numbers = [(build, 10_000) for build in kinds]
    numbers += [(graphs.tokens, 10_002 + 3 * place) for place in range(len(graphs.FAMILIES))]
    for build, number in numbers:
        entry = _finished(server, number, build.__name__, server.queue(build(number)))
        print(f"warming up: {entry.kind} took {entry.seconds:.1f} s", flush=True)


def soak(server: Any, count: int, seconds: float, warm: bool = True) -> dict[str, Any]:
    """All prompts, or as many as run in so many seconds; the samples between them."""
    if warm:
        warm_up(server)
    prompts: list[Prompt] = []
    samples = [{"prompts": 0, **measure(server)}]
    part, end = max(6, min(100, count // SAMPLES)), time.monotonic() + seconds
    while len(prompts) < count and time.monotonic() < end:
        prompts += run_prompts(server, min(part, count - len(prompts)), len(prompts))
        # the same graph before each sample: the host keeps what the last one gave
        _finished(server, 0, "states", server.queue(graphs.states(20_000 + len(prompts))))
        samples.append({"prompts": len(prompts), **measure(server)})
        _remove_copies(server)
        _say(samples[-1], prompts[-part:])
    return summary(prompts, samples)


def _remove_copies(server: Any) -> None:
    """The quantised copies are what was asked for; they need not fill the disk."""
    for path in (server.run_folder.parent / "models").rglob("small-*"):
        path.unlink()


def _say(sample: dict[str, Any], prompts: list[Prompt]) -> None:
    took = statistics.median(prompt.seconds for prompt in prompts)
    words = (
        f"{sample['prompts']:5d} prompts: {sample['rss_trimmed'] / 1e6:7.1f} MB "
        f"({sample['rss'] / 1e6:.1f} before free memory is given back), "
        f"{sample['objects']} objects, {sample['hooks']} hooks, {sample['patches']} patches, "
        f"{sample['threads']} threads, {sample['open_files']} files open, "
        f"{sample['processor']:.0f} s of the processor, median {took:.2f} s"
    )
    print(words, flush=True)


def summary(prompts: list[Prompt], samples: list[dict[str, Any]]) -> dict[str, Any]:
    """What the figures say: growth since the first tenth of the samples, latency, history."""
    warm, last = samples[len(samples) // 10], samples[-1]
    grown = {
        name: last["types"][name] - warm["types"].get(name, 0)
        for name in last["types"]
        if last["types"][name] > warm["types"].get(name, 0)
    }
    return {
        "prompts": len(prompts),
        "memory_growth": last["rss_trimmed"] / warm["rss_trimmed"] - 1,
        "memory": [sample["rss_trimmed"] for sample in samples],
        "untrimmed": [sample["rss"] for sample in samples],
        "objects": [sample["objects"] for sample in samples],
        "hooks": [sample["hooks"] for sample in samples],
        "patches": [sample["patches"] for sample in samples],
        "grown_types": dict(sorted(grown.items(), key=lambda item: -item[1])[:25]),
        "latency": latency(prompts),
        "history_per_prompt": _history(prompts),
        "first": _without_types(warm),
        "last": _without_types(last),
    }


def _without_types(sample: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sample.items() if name != "types"}


def latency(prompts: list[Prompt]) -> dict[str, Any]:
    """Seconds of the median prompt in the first and the last tenth, by kind of graph, and the
    median of their ratios. The first tenth begins after a twentieth for warming up.
    """
    tenth, warm = max(1, len(prompts) // 10), len(prompts) // 20
    first, last = prompts[warm : warm + tenth], prompts[-tenth:]
    kinds = {}
    for kind in sorted({prompt.kind for prompt in prompts}):
        pairs = [[p.seconds for p in part if p.kind == kind] for part in (first, last)]
        if all(pairs):
            kinds[kind] = [statistics.median(seconds) for seconds in pairs]
    ratios = [after / before for before, after in kinds.values() if before]
    return {"by_kind": kinds, "ratio": statistics.median(ratios) if ratios else None}


def _history(prompts: list[Prompt]) -> dict[str, float]:
    kinds = sorted({prompt.kind for prompt in prompts})
    return {
        kind: statistics.mean(prompt.history for prompt in prompts if prompt.kind == kind)
        for kind in kinds
    }


def faults(result: dict[str, Any]) -> list[str]:
    """In words, what grew that should not."""
    words = []
    if result["memory_growth"] > ALLOWED:
        words.append(f"memory grew by {result['memory_growth']:.1%} after warm-up")
    for name in ("hooks", "patches"):
        first, last = result["first"][name], result["last"][name]
        if last > first:
            words.append(f"{name} grew from {first} to {last}")
    for name in ("threads", "open_files"):
        if result["last"][name] > result["first"][name] + 4:
            words.append(f"{name} grew from {result['first'][name]} to {result['last'][name]}")
    ratio = result["latency"]["ratio"]
    if ratio and ratio > SLOWER:
        words.append(f"the last tenth took {ratio:.2f} times what the first took")
    return words


def main(argv: list[str]) -> int:
    """The exit status: 1 where something grew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prompts", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=500, help="of one page of the editor")
    parser.add_argument("--live", type=float, default=300, help="seconds of 100 questions each")
    parser.add_argument("--servers", type=float, default=600, help="seconds of three servers")
    parser.add_argument("--seconds", type=float, default=86_400, help="at most, for each part")
    arguments = parser.parse_args(argv)
    words = [*_one_server(arguments), *_three_servers(arguments.servers)]
    print("\n".join(words) or "Nothing grew.")
    return int(bool(words))


def _one_server(arguments: argparse.Namespace) -> list[str]:
    """Prompts, a page and the live route; what grew, in words."""
    words: list[str] = []
    if not (arguments.prompts or arguments.runs or arguments.live):
        return words
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, serve(Path(folder)) as server:
        if arguments.prompts:
            result = soak(server, arguments.prompts, arguments.seconds)
            words += faults(result)
            _write({"server": result})
        if arguments.runs:
            result = page.run_page(server, arguments.runs, arguments.seconds)
            words += page.faults(result)
            _write({"page": result})
        if arguments.live:
            result = live_load.run_load(server, arguments.live)
            words += live_load.faults(result)
            _write({"live": result})
    return words


def _three_servers(seconds: float) -> list[str]:
    if not seconds:
        return []
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        result = servers.run_servers(Path(folder), seconds)
    _write({"servers": result})
    return servers.faults(result)


def _write(results: dict[str, Any]) -> None:
    OUT.mkdir(exist_ok=True)
    path = OUT / "soak.json"
    earlier = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**earlier, **results}, indent=1) + "\n", encoding="utf-8")
    print(f"Written: {path} ({', '.join(results)})", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
