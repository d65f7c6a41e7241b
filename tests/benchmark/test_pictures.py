"""Pictures as the host's LoadImage reads them, few at a time."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
Image = pytest.importorskip("PIL.Image")
import numpy as np
from encoderscope.conditioning.benchmark import picture_reading
from encoderscope.conditioning.errors import EncoderScopeError


def opened(*paths: Path) -> list[Any]:
    return list(
        picture_reading.opened(
            [(path, f"captions.jsonl, line {k}") for k, path in enumerate(paths, 1)]
        )
    )


def noise(*shape: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_pixels_are_those_of_the_file(tmp_path: Path) -> None:
    pixels = noise(5, 7, 3)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    [result] = opened(tmp_path / "a.png")
    assert result.shape == (1, 5, 7, 3) and torch.equal(
        (result[0] * 255).round().byte(), torch.from_numpy(pixels)
    )


def test_a_camera_that_was_held_upright_is_heard(tmp_path: Path) -> None:
    pixels = noise(4, 6, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    [result] = opened(tmp_path / "a.png")
    assert torch.equal(
        (result[0] * 255).round().byte(), torch.from_numpy(np.rot90(pixels, -1).copy())
    )


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "LA", "1", "CMYK", "I;16"])
def test_every_mode_comes_out_as_the_host_has_it(tmp_path: Path, mode: str) -> None:
    """What LoadImage does, written down here once more: alpha is dropped, not laid over
    anything.
    """
    source = Image.fromarray(noise(6, 6, 4), "RGBA")
    file = tmp_path / ("a.tif" if mode in ("CMYK", "I;16") else "a.png")
    built = (
        Image.fromarray(noise(6, 12).view(np.uint16))
        if mode == "I;16"
        else source.convert("RGB").convert(mode)
        if mode == "CMYK"
        else source.convert(mode)
    )
    built.save(file)
    [result] = opened(file)
    with Image.open(file) as host:
        if host.mode == "I":
            host = host.point(lambda value: value * (1 / 255))
        expected = np.array(host.convert("RGB")).astype(np.float32) / 255
    assert torch.equal(result[0], torch.from_numpy(expected))
    if mode == "RGBA":
        assert torch.equal(
            (result[0] * 255).round().byte(), torch.from_numpy(noise(6, 6, 4)[..., :3].copy())
        )


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_told_with_its_line(tmp_path: Path, content: bytes) -> None:
    Image.fromarray(noise(4, 4, 3)).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(
        EncoderScopeError, match=r"captions.jsonl, line 2: the picture 'bad.png' cannot be read"
    ):
        opened(tmp_path / "good.png", tmp_path / "bad.png")


def test_half_a_picture_is_refused(tmp_path: Path) -> None:
    Image.fromarray(noise(64, 64, 3)).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:3000])
    with pytest.raises(EncoderScopeError, match="cannot be read"):
        opened(tmp_path / "a.png")


def test_a_picture_that_unfolds_to_gigabytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("1", (3000, 1000)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(EncoderScopeError, match="DecompressionBombError"):
        opened(tmp_path / "a.png")


def test_one_that_is_too_long_is_not_to_be_saved_again(tmp_path: Path) -> None:
    Image.new("RGB", (51, 1)).save(tmp_path / "a.png")
    with pytest.raises(EncoderScopeError, match=r"51 x 1 pixels.*Make it smaller, or take out"):
        opened(tmp_path / "a.png")


def test_batches_are_of_one_size_and_never_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = []
    for k, side in enumerate([4] * 11 + [6, 6, 4]):
        paths.append(tmp_path / f"{k}.png")
        Image.fromarray(noise(side, side, 3)).save(paths[-1])
    assert [len(item) for item in opened(*paths)] == [8, 3, 2, 1]
    monkeypatch.setattr(picture_reading, "PIXELS", 3 * 16)
    assert [len(item) for item in opened(*paths)] == [3, 3, 3, 2, 1, 1, 1]


def test_nothing_is_opened_before_it_is_asked_for(tmp_path: Path) -> None:
    Image.fromarray(noise(4, 4, 3)).save(tmp_path / "a.png")
    batches = picture_reading.opened(
        [(tmp_path / "a.png", "line 1")] * 8 + [(tmp_path / "gone.png", "line 9")] * 2
    )
    with pytest.raises(EncoderScopeError, match="line 9"):
        next(batches)
    batches = picture_reading.opened(
        [(tmp_path / "a.png", "line 1")] * 9 + [(tmp_path / "gone.png", "line 10")]
    )
    assert len(next(batches)) == 8


def test_without_pillow_the_way_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    (tmp_path / "a.png").touch()
    with pytest.raises(EncoderScopeError, match="pip install pillow"):
        opened(tmp_path / "a.png")
