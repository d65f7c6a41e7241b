"""CLIPs of ours where the host makes one once more (Set CLIP Hooks with dynamic VRAM, Select CLIP Device), and where it saves one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from encoderscope.conditioning.encoders.files import open_checkpoint
from encoderscope.conditioning.encoders.quantise import Request, quantise
from encoderscope.tests.host.encoders import making
from encoderscope.tests.host.encoders.test_files import PROMPT, load, tiny_clip
from encoderscope.tests.host.encoders.test_packed import wide_t5

pytestmark = pytest.mark.host
FORMATS = ("int8", "int4", "fp8")


@pytest.fixture(scope="module")
def made(host_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("text_encoders")
    for kind, tensors in {"t5": wide_t5, "clip": tiny_clip}.items():
        source = making.write(folder / f"{kind}.safetensors", tensors(), torch.float16)
        for name in FORMATS:
            quantise(open_checkpoint(source), folder / f"{kind}-{name}.safetensors", Request(name))
    with making.folders(folder):
        yield folder


def miniature() -> Any:
    from encoderscope.nodes.miniature import clip

    return clip("mini-CLIP", "flux")


MAKERS = {
    "file": lambda: load("clip.safetensors").clip,
    "packed file": lambda: load("t5-int8.safetensors").clip,
    "packed while loading": lambda: load("t5.safetensors", "int4").clip,
    "miniature": miniature,
}


@pytest.fixture(params=MAKERS)
def clip(request: pytest.FixtureRequest, made: Path) -> Any:
    from comfy.model_patcher import ModelPatcher

    if "disable_dynamic" not in inspect.signature(ModelPatcher.clone).parameters:
        pytest.skip("this host makes no CLIP once more")
    return MAKERS[request.param]()


def encoded(clip: Any) -> torch.Tensor:
    with torch.no_grad():
        return clip.encode_from_tokens(clip.tokenize(PROMPT))  # type: ignore[no-any-return]


def its_own(clip: Any, patcher: Any) -> torch.Tensor:
    """What the model of ``patcher`` makes of the prompt."""
    assert patcher.model is not clip.patcher.model
    found = clip.clone()
    found.patcher, found.cond_stage_model = patcher, patcher.model
    return encoded(found)


def test_the_host_makes_it_once_more(clip: Any) -> None:
    before = encoded(clip)
    again = clip.patcher.deepclone_multigpu(torch.device("cpu"))
    assert torch.equal(its_own(clip, again), before)
    assert torch.equal(its_own(clip, again.deepclone_multigpu()), before), "and of that one, too"


def test_the_host_makes_it_without_dynamic_vram(clip: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its Set CLIP Hooks asks for, and as ``clone(disable_dynamic=True)`` refuses where nobody said how."""
    import comfy.model_patcher

    class Dynamic(comfy.model_patcher.ModelPatcher):
        def is_dynamic(self) -> bool:
            return True

    before = encoded(clip)
    monkeypatch.setattr(comfy.model_patcher, "CoreModelPatcher", Dynamic)
    dynamic = MAKERS[request.node.callspec.params["clip"]]()
    assert type(dynamic.patcher) is Dynamic
    made = dynamic.clone(disable_dynamic=True)
    assert type(made.patcher) is comfy.model_patcher.ModelPatcher
    make, arguments = dynamic.patcher.cached_patcher_init
    assert type(make(*arguments, disable_dynamic=True)) is comfy.model_patcher.ModelPatcher
    assert torch.equal(its_own(dynamic, made.patcher), before)
