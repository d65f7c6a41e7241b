"""Cached Encode on a real ComfyUI server: what hits, what misses, and that a hit loads nothing and
changes no bit.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.cache import entry
from encoderscope.tests import hostkit
from encoderscope.tests.host import cached, clips
from encoderscope.tests.host.test_states import same

pytestmark = pytest.mark.host


class Run(NamedTuple):
    report: str
    conditioning: Any
    loaded: int
    """Text encoders that the host built in this run, as its log says."""

    @property
    def hit(self) -> bool:
        return self.report.startswith("Hit")


class Served:
    def __init__(self, server: Any, base: Path) -> None:
        self.server, self.base = server, base

    def run(self, graph: dict[str, Any]) -> Run:
        before = self.server.log_text().count(cached.LOADED)
        shown = self.server.run(graph)
        path, _, _ = shown["saved"]["text"][0].partition(",")
        data = (self.server.run_folder / "output" / path).read_bytes()
        loaded = self.server.log_text().count(cached.LOADED) - before
        return Run(shown["cached"]["text"][0], entry.unpack(data, path).conditioning, loaded)

    def entries(self) -> list[Path]:
        return sorted(
            (self.server.run_folder / "user" / "encoderscope" / "conditionings").glob(
                "*.safetensors"
            )
        )


@pytest.fixture(scope="module")
def served(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The host keeps nothing between runs (--cache-none), so whatever is not executed was not asked
    for.
    """
    base = tmp_path_factory.mktemp("models")
    arguments = (*cached.models(base), "--cache-none")
    with hostkit.serve(tmp_path_factory.mktemp("cache"), arguments=arguments) as running:
        yield Served(running, base)


@pytest.fixture(autouse=True)
def empty(request: pytest.FixtureRequest) -> None:
    if "served" in request.fixturenames:
        for path in request.getfixturevalue("served").entries():
            path.unlink()


def test_a_hit_loads_nothing_and_changes_no_bit(served: Served) -> None:
    stock = cached.graph(cached=cached.node("CLIPTextEncode", clip=["clip", 0], text=cached.TEXT))
    shown = served.server.run(stock)["saved"]["text"][0].partition(",")[0]
    plain = entry.unpack(
        (served.server.run_folder / "output" / shown).read_bytes(), shown
    ).conditioning
    miss, hit = served.run(cached.graph()), served.run(cached.graph())
    assert (miss.hit, miss.loaded) == (False, 1) and "Stored" in miss.report, miss.report
    assert (hit.hit, hit.loaded) == (True, 0), hit.report
    same(miss.conditioning, plain)
    same(hit.conditioning, plain)


CHANGES = {
    "the text": cached.graph("a blue car next to a red house"),
    "a space": cached.graph(cached.TEXT + " "),
    "the layer": cached.with_layer(),
    "a LoRA": cached.with_lora(),
    "the family": cached.graph(clip=("clip", 0))
    | {"clip": cached.node("CLIPLoader", clip_name="clip_l.safetensors", type="sd3")},
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_changes_the_result_misses(served: Served, case: str) -> None:
    first = served.run(cached.graph())
    changed = served.run(CHANGES[case])
    assert not first.hit and not changed.hit and changed.loaded == 1
    again = served.run(CHANGES[case])
    assert again.hit and again.loaded == 0, again.report
    same(again.conditioning, changed.conditioning)
    assert len(served.entries()) == 2


def test_strengths_and_layers_are_told_apart(served: Served) -> None:
    runs = [
        served.run(item)
        for item in (
            cached.with_lora(0.8),
            cached.with_lora(0.7),
            cached.with_layer(-2),
            cached.with_layer(-3),
        )
    ]
    assert not any(run.hit for run in runs)
    first, second, *_ = (run.conditioning[0][0] for run in runs)
    assert not torch.equal(first, second), "the LoRA must be felt, or this test proves nothing"
    assert served.run(cached.with_lora(0.7)).hit


def test_what_the_clip_does_not_feel_hits(served: Served) -> None:
    served.run(cached.with_lora())
    other = cached.with_lora()
    other["lora"]["inputs"]["strength_model"] = 0.25
    other["cached"]["inputs"]["max_gb"] = 3.0
    renamed = {f"12:{name}" if name != "saved" else name: item for name, item in other.items()}
    for item in renamed.values():
        item["inputs"] = {
            k: [f"12:{v[0]}", v[1]] if isinstance(v, list) else v for k, v in item["inputs"].items()
        }
    shown = served.server.run(renamed)
    assert shown["12:cached"]["text"][0].startswith("Hit"), (
        "numbers of nodes, as in subgraphs, are not part of the question"
    )


def test_it_works_behind_our_loader_too(served: Served) -> None:
    files = {f"file_{number}": "none" for number in range(2, 5)} | {"file_1": "clip_l.safetensors"}
    ours = cached.node(
        "EncoderScope_LoadEncoders", **files, family="sd1", precision="as stored", device="auto"
    )
    graph = cached.graph() | {"clip": ours}
    miss, hit = served.run(graph), served.run(graph)
    assert (miss.hit, miss.loaded) == (False, 1) and "Stored" in miss.report, miss.report
    assert (hit.hit, hit.loaded) == (True, 0), hit.report
    same(hit.conditioning, miss.conditioning)


def test_an_unknown_node_never_hits(served: Served) -> None:
    unknown = cached.node("CLIPAttentionMultiply", clip=["clip", 0], q=1.0, k=1.0, v=1.0, out=1.0)
    graph = cached.graph(clip=("unknown", 0), unknown=unknown)
    for _ in range(2):
        run = served.run(graph)
        assert not run.hit and run.loaded == 1
        assert "unknown (CLIPAttentionMultiply)" in run.report and "Not stored" in run.report
    assert served.entries() == []


def test_an_embedding_belongs_to_the_text(served: Served) -> None:
    graph = cached.graph("a embedding:mood, fox")
    first, again = served.run(graph), served.run(graph)
    assert not first.hit and again.hit
    clips.write_embedding(served.base / "embeddings", "mood", clip_l=(3, 768))
    changed = served.run(graph)
    assert not changed.hit, changed.report
    assert not torch.equal(changed.conditioning[0][0], first.conditioning[0][0]), (
        "the embedding must be felt"
    )
    assert served.run(graph).hit


def test_a_damaged_entry_is_a_miss_with_a_warning(served: Served) -> None:
    first = served.run(cached.graph())
    (path,) = served.entries()
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    damaged = served.run(cached.graph())
    assert not damaged.hit and damaged.loaded == 1 and "checksum" in damaged.report
    assert "checksum" in served.server.log_text(), "the log says it, too"
    same(damaged.conditioning, first.conditioning)
    assert served.run(cached.graph()).hit, "it was written anew"


def test_another_content_under_the_same_name_is_never_answered_with_the_old(served: Served) -> None:
    """Size and times stay the same: only the content tells. The loader runs after the key is made,
    so the new result is stored.
    """
    path = served.base / "text_encoders" / "clip_l.safetensors"
    first, status, old = served.run(cached.graph()), path.stat(), path.read_bytes()
    assert served.run(cached.graph()).hit
    try:
        data = bytearray(old)
        data[-3 * len(data) // 4] ^= (
            0x11  # one weight in the middle of the word table and one near the end
        )
        data[-100_001] ^= 0x11
        path.write_bytes(data)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        changed = served.run(cached.graph())
        assert (
            not changed.hit and changed.loaded == 1 and "a node or a file above" in changed.report
        ), changed.report
        assert served.run(cached.graph()).hit
        assert len(served.entries()) == 2
    finally:
        path.write_bytes(old)
    back = served.run(cached.graph())
    assert back.hit and back.loaded == 0
    same(back.conditioning, first.conditioning)


def test_no_clip_is_said_in_words(served: Served) -> None:
    graph = cached.graph()
    del graph["cached"]["inputs"]["clip"]
    with pytest.raises(hostkit.HostFailure, match="clip"):
        served.server.run(graph)


def test_a_text_of_another_node(served: Served) -> None:
    served.run(cached.graph("one"))
    lists = cached.node("StringConcatenate", string_a="one", string_b="", delimiter="")
    graph = cached.graph(text=["joined", 0], joined=lists)  # type: ignore[arg-type]
    assert served.run(graph).hit, "a text from another node counts as what it says"


def test_what_comfyui_still_holds_of_an_older_file_is_not_stored(
    host_folder: Path, tmp_path: Path
) -> None:
    """With the host's own caching the loader does not run again, and hands out the CLIP of a file
    that is gone.
    """
    base = tmp_path / "models"
    base.mkdir()
    with hostkit.serve(tmp_path / "run", arguments=cached.models(base)) as server:
        here = Served(server, base)
        first = here.run(cached.graph("one"))
        assert "Stored" in first.report
        mood = here.run(cached.graph("embedding:mood"))
        clips.write_embedding(base / "embeddings", "mood", clip_l=(4, 768))
        moved = here.run(cached.graph("embedding:mood"))
        assert not torch.equal(mood.conditioning[0][0], moved.conditioning[0][0]), (
            "no widget changed, and yet the node runs again"
        )
        cached.write_clip(base / "text_encoders" / "clip_l.safetensors", seed=9)
        stale = here.run(cached.graph("two"))
        assert (
            stale.loaded == 0
            and not stale.hit
            and "Not stored: clip_l.safetensors changed" in stale.report
        )
        assert len(here.entries()) == 3, stale.report
    with hostkit.serve(
        tmp_path / "run", arguments=("--extra-model-paths-config", str(base / "paths.yaml"))
    ) as server:
        here = Served(server, base)
        fresh = here.run(cached.graph("two"))
        assert not fresh.hit and "Stored" in fresh.report
        assert not torch.equal(fresh.conditioning[0][0], stale.conditioning[0][0])
        assert not here.run(cached.graph("one")).hit, (
            "the entry of the older file answers no longer"
        )
