"""Weights on the disk's map: layers that leave the memory when they are done, and pages that must
stay.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.tests import hostkit
from encoderscope.tests.host.test_fast_encoder import TEXTS, clip_of, close, encoded

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "one_thread")]


def on_the_map(path: Path) -> dict[str, Any]:
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)


@hostkit.OF_PROCESSORS
@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="pages of a map are given back by Linux only"
)
def test_small_memory_gives_layers_back_and_the_numbers_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from encoderscope.host.acceleration import disk_streaming, patches, status
    from safetensors.torch import save_file

    clip = clip_of("pixart_or_chroma")
    transformer = clip.cond_stage_model.t5xxl.transformer
    unmapped = patches.accelerate(clip, "exact", small_memory=True)
    assert (
        not unmapped.encoders[0].streamed
        and "changes nothing" in status.plan_lines(unmapped.encoders, "exact", True)[-1]
    )
    save_file(transformer.state_dict(), tmp_path / "t5.safetensors")
    transformer.load_state_dict(on_the_map(tmp_path / "t5.safetensors"), assign=True)
    before = encoded(clip, TEXTS[1])
    advised: list[int] = []
    advise = disk_streaming.LayerPages._advise
    monkeypatch.setattr(
        disk_streaming.LayerPages,
        "_advise",
        lambda self, layer, advice: (advised.append(advice), advise(self, layer, advice)),
    )
    accelerated = patches.accelerate(clip, "exact", small_memory=True)
    assert accelerated.encoders[0].streamed and not any(
        "changes nothing" in line for line in status.plan_lines(accelerated.encoders, "exact", True)
    )
    for _ in range(2):
        close(encoded(accelerated.clip, TEXTS[1]), before)
    assert advised == [3, 4, 4], (
        "the second of two layers while the first computes, then each is given back; the "
        "second time all rows are known"
    )
    assert list(disk_streaming.clean_file_maps())


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="pages of a map are given back by Linux only"
)
def test_pages_that_were_written_to_are_not_given_back(tmp_path: Path) -> None:
    """A map in whose memory someone changed a weight: giving it back would bring the file's own
    back.
    """
    from encoderscope.host.acceleration import disk_streaming
    from safetensors.torch import save_file

    save_file({"weight": torch.zeros(64, 4096)}, tmp_path / "one.safetensors")
    linear = torch.nn.Linear(4096, 64, bias=False)
    linear.load_state_dict(on_the_map(tmp_path / "one.safetensors"), assign=True)
    assert disk_streaming.is_mapped(linear)
    linear.requires_grad_(False)
    linear.weight[:32] += 1
    disk_streaming.LayerPages([linear]).streamed(0, lambda: None)()
    assert float(linear.weight.sum()) == 32 * 4096
