"""Memory that runs out on a graphics card, simulated: models lie on another device than they rest
on, the host moves them, loads them in part and makes room for others, and at some place there is
none left. Afterwards the host works as before, and nothing of ours lies on the card.

Left out are Prompt Doctor and Binding Benchmark, which do for longer what the others do. The
simulated card cannot try Fast Encoder's own products: they leave tensors of its kind to the host's.

ENCODERSCOPE_FAULT_PLACES=200: so many places of each work fail rather than three.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from encoderscope.tests.host import long_works
from encoderscope.tests.host.loading import making
from encoderscope.tests.host.long_works import MINIATURE, TEXT, WORKS, Bench
from encoderscope.tests.host.simulated_gpu import DEVICE, INFERENCE, SimulatedGpu
from encoderscope.tests.host.test_faults import places

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("one_thread")]
ROOM = 250_000_000
"""All models of the works fit beside each other."""
LITTLE_ROOM = 60_000_000
"""A CLIP of 56 MB fits in part, beside what the host keeps free."""
ELSEWHERE = {"doctor", "benchmark", "quantise"}


def load_encoders(bench: Bench) -> Any:
    """And what the host encodes with them."""
    return long_works.encode(loaded_clip(bench))[0][0].tolist()


def loaded_clip(bench: Bench) -> Any:
    from encoderscope.nodes.loading.load_encoders import LoadEncoders

    none = dict.fromkeys(("file_2", "file_3", "file_4"), "none")
    choices = {"family": "auto", "precision": "as stored", "device": "auto"}
    with making.folders(bench.folder):
        return LoadEncoders.execute(file_1="clip.safetensors", **none, **choices).result[0]


def load_image_text_encoder(bench: Bench) -> Any:
    """A miniature's both towers, and a picture in them."""
    from encoderscope.nodes.loading.load_miniature import LoadMiniature
    from encoderscope.nodes.picture.image_probe import ImageProbe

    encoder = LoadMiniature.execute(MINIATURE, "sdxl").result[1]
    return ImageProbe.execute(*bench.picture, encoder=encoder).result[1]


def draw(bench: Bench) -> Any:
    """The host's KSampler behind our Encode."""
    from encoderscope.nodes.mixing.encode_states import EncodeStates

    encoded = EncodeStates.execute(bench.small_clip, TEXT).result[1]
    return bench.draw(encoded)


def probe(bench: Bench) -> Any:
    """Of one kind of binding, which takes less time."""
    return long_works.probe(bench, "a red cube and a blue ball")


def fast(bench: Bench) -> torch.Tensor:
    return torch.tensor(long_works.fast(bench))


ON_THE_CARD: dict[str, Callable[[Bench], Any]] = {
    **{name: work for name, work in WORKS.items() if name not in ELSEWHERE},
    "probe": probe,
    "fast": fast,
    "load_encoders": load_encoders,
    "load_image_text_encoder": load_image_text_encoder,
    "draw": draw,
}
LOADED_WHOLE = {"image_probe", "load_image_text_encoder"}
"""Of an image-text encoder the host is asked for all."""
IN_THE_HOST = {"fast", "cached", "load_encoders", "draw"}
"""These end in the host's own work, which says what it says of memory."""


@pytest.fixture(scope="module")
def gpu(with_our_nodes: None) -> Iterator[SimulatedGpu]:
    from encoderscope.nodes import extension

    assert extension.NODES  # says what helps, of every node
    with SimulatedGpu(ROOM) as card:
        gc.collect()
        gc.freeze()  # what lives now is not looked through each time
        yield card
        gc.unfreeze()
        unload()
        assert card.used == 0


@pytest.fixture(scope="module")
def bench(gpu: SimulatedGpu, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    result = Bench(tmp_path_factory.mktemp("works"))
    model = making.clip(768, 2, feed_forward=64)
    making.write(result.folder / "clip.safetensors", making.state(model), torch.float16)
    return result


@pytest.fixture(scope="module")
def stock(bench: Bench) -> list[torch.Tensor]:
    return bench.stock()


def unload() -> None:
    import comfy.model_management as management

    management.unload_all_models()
    gc.collect()


_first: dict[str, Any] = {}


def first_result(name: str, bench: Bench) -> Any:
    """What is measured once is measured then."""
    if name not in _first:
        _first[name] = ON_THE_CARD[name](bench)
    return _first[name]


def require_untouched(gpu: SimulatedGpu, bench: Bench, stock: list[torch.Tensor]) -> None:
    """The host makes what it made, unloads, and nothing stays behind: no hook, no patch, no byte,
    no file.
    """
    gpu.room = ROOM
    assert all(map(torch.equal, bench.stock(), stock))
    unload()
    assert gpu.used == 0
    assert bench.hung() == 0


def take_half_off() -> None:
    """The host takes half of each model off the card."""
    import comfy.model_management as management

    for model in management.loaded_models():
        model.partially_unload(model.offload_device, model.loaded_size() // 2)
        assert model.loaded_size() < model.model_size()


def test_the_card_is_one(gpu: SimulatedGpu, bench: Bench, stock: list[torch.Tensor]) -> None:
    """The host loads in part and makes room, and tensors of two devices are refused."""
    patcher, other = bench.clip.patcher, bench.small_clip.patcher
    assert patcher.load_device == DEVICE != patcher.offload_device
    assert patcher.loaded_size() == patcher.model_size() and patcher.loaded_size() < gpu.used
    unload()
    gpu.room = LITTLE_ROOM
    long_works.encode(bench.clip)
    in_part = patcher.loaded_size()
    assert 0 < in_part < patcher.model_size() and in_part <= gpu.used <= LITTLE_ROOM
    bench.stock()
    assert patcher.loaded_size() == 0 < other.loaded_size()
    assert bench.model.loaded_size() == bench.model.model_size()
    with pytest.raises(RuntimeError, match="same device"):
        torch.ones(2, device=DEVICE) + torch.ones(2)
    with pytest.raises(torch.OutOfMemoryError):
        torch.ones(LITTLE_ROOM, device=DEVICE)
    require_untouched(gpu, bench, stock)


def test_the_cards_numbers_are_the_processors(bench: Bench, stock: list[torch.Tensor]) -> None:
    from encoderscope.host import miniatures

    on_cpu = miniatures.clip(MINIATURE, "sdxl")
    on_cpu.patcher.load_device = torch.device("cpu")
    [[sequence, more]] = long_works.encode(on_cpu)
    torch.testing.assert_close(sequence, stock[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(more["pooled_output"], stock[1], rtol=1e-4, atol=1e-5)


def require_same(result: Any, expected: Any) -> None:
    """To the last bit, but for what depends on the room: Fast Encoder computes on the processor
    where a table of tokens finds none on the card, and the host draws with both prompts at once or
    one after the other.
    """
    if isinstance(expected, torch.Tensor):
        torch.testing.assert_close(result, expected, rtol=1e-5, atol=1e-5)
    else:
        assert result == expected


@pytest.mark.parametrize("name", ON_THE_CARD)
def test_memory_runs_out_anywhere(
    gpu: SimulatedGpu, bench: Bench, stock: list[torch.Tensor], name: str
) -> None:
    """From the first weight that the host puts on the card."""
    work, expected, files = ON_THE_CARD[name], first_result(name, bench), bench.files()
    unload()
    with gpu.failing_at(None):
        require_same(work(bench), expected)
    assert gpu.allocations > 100
    for number in places(gpu.allocations):
        unload()
        with gpu.failing_at(number):
            require_shortage_or(expected, gpu, lambda: work(bench), name not in IN_THE_HOST)
            assert gpu.allocations >= number
        require_untouched(gpu, bench, stock)
    assert bench.files() == files


def require_shortage_or(
    expected: Any, gpu: SimulatedGpu, work: Callable[[], Any], says_what_helps: bool
) -> None:
    """Memory that is full once may be asked for less. Else the host is told that it was memory,
    and while it shows the error it can take everything off the card.
    """
    import comfy.model_management as management

    try:
        require_same(work(), expected)
    except management.OOM_EXCEPTION as error:
        if says_what_helps:
            assert "The graphics card ran out of memory" in str(error)
            unload()
            assert gpu.used == 0


@pytest.mark.parametrize("name", ON_THE_CARD)
def test_a_model_that_lies_on_the_card_in_part(
    gpu: SimulatedGpu, bench: Bench, stock: list[torch.Tensor], name: str
) -> None:
    """And that the host takes off, half of it and then whole, between our nodes; then memory runs
    out while the halves are computed with.
    """
    import comfy.model_management as management

    work, expected = ON_THE_CARD[name], first_result(name, bench)
    bench.stock()
    take_half_off()
    if name not in LOADED_WHOLE:
        gpu.room = gpu.used + INFERENCE  # and none to put it back
    with gpu.failing_at(None):
        require_same(work(bench), expected)
    with gpu.failing_at(1 + gpu.allocations // 2):
        require_shortage_or(expected, gpu, lambda: work(bench), name not in IN_THE_HOST)
    management.free_memory(ROOM, DEVICE)
    require_same(work(bench), expected)  # and after all that failed
    require_untouched(gpu, bench, stock)


def test_where_encoders_rest_on_the_card_their_weights_lie_there(
    gpu: SimulatedGpu, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ComfyUI's --gpu-only: no weight is copied for each encoding."""
    import comfy.model_management as management

    expected = first_result("load_encoders", bench)
    monkeypatch.setattr(management, "text_encoder_offload_device", lambda: DEVICE)
    clip = loaded_clip(bench)
    require_same(long_works.encode(clip)[0][0].tolist(), expected)
    assert {weight.device for weight in clip.patcher.model.parameters()} == {DEVICE}
    del clip
    unload()


def test_quantising_needs_no_card(gpu: SimulatedGpu, bench: Bench) -> None:
    with gpu.failing_at(1):
        assert WORKS["quantise"](bench)
    assert gpu.allocations == 0
