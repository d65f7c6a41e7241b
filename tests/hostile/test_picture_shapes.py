"""Pictures that are small as files and enormous where they are resized by their shorter side, or
padded to a square.
"""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning import picture_files
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_probe.judges.mini_vqa.model import SIDE
from encoderscope.conditioning.image_probe.judges.mini_vqa.sight import seen
from encoderscope.conditioning.image_text.images import to_8_bit, usual_recipe
from PIL import Image, ImageFile

STRANGE = [(1, 100_000), (100_000, 1), (1, 51), (16_385, 2_000)]


def header_alone(path: Path, height: int, width: int) -> Path:
    """A PNG that says that it has this size, and holds no pixel."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT" + struct.pack(">I", 0x35AF061E))
    return path


@pytest.mark.parametrize("shape", STRANGE, ids=str)
def test_it_is_refused_before_a_pixel_is_read(shape: tuple[int, int], tmp_path: Path) -> None:
    with pytest.raises(picture_files.PictureTooLarge, match="times as long as the other"):
        picture_files.read_rgb(header_alone(tmp_path / "a.png", *shape))


@pytest.mark.parametrize("shape", STRANGE, ids=str)
def test_one_from_another_node_is_refused_before_it_is_resized(shape: tuple[int, int]) -> None:
    """1 x 100,000 pixels took 3.2 GB; ten times as many would have ended the server."""
    picture = torch.zeros(1, 1, 1, 3).expand(1, *shape, 3)
    for use in (to_8_bit, usual_recipe("clip", 64, 8)):
        with pytest.raises(EncoderScopeError, match="times as long as the other"):
            use(picture)


KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {}),
    "jpeg": ("JPEG", {}),
    "progressive": ("JPEG", {"progressive": True}),
    "jpeg with a thumbnail": ("JPEG", {"exif": b"Exif\0\0" + b"\xff\xd8 small \xff\xd9" * 9}),
    "webp": ("WEBP", {}),
    "bmp": ("BMP", {}),
    "gif": ("GIF", {}),
    "tiff": ("TIFF", {}),
}


def whole(kind: str) -> bytes:
    """A noisy picture's file."""
    name, options = KINDS[kind]
    file = io.BytesIO()
    Image.effect_noise((300, 200), 80).convert("RGB").save(file, name, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_one_is_refused_before_it_is_decoded(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """49 megapixels took 180 MB."""

    def decoded(*_: Any) -> None:
        raise AssertionError

    data, path = whole(kind), tmp_path / "a.picture"
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded)
    for length in (len(data) * 2 // 3, len(data) - 700):
        path.write_bytes(data[:length])
        with pytest.raises(OSError, match=r"truncated|could not create decoder"):
            picture_files.read_rgb(path)
    path.write_bytes(data)
    with pytest.raises(AssertionError):
        picture_files.read_rgb(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", [b"", b"\0" * 999, b"\xff\xd8\xff\xda"])
def test_a_whole_one_is_read_whatever_stands_behind_it(
    kind: str, tail: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.picture"
    path.write_bytes(whole(kind) + tail)
    assert picture_files.read_rgb(path).size == (300, 200)


def test_what_pillow_reads_is_read(tmp_path: Path) -> None:
    """Only what says nothing of a pixel is gone."""
    path = tmp_path / "a.picture"
    for kind, cut in (("png", 12), ("png", 15), ("gif", 2)):
        path.write_bytes(whole(kind)[:-cut])
        assert picture_files.read_rgb(path).size == (300, 200)


@pytest.mark.parametrize("shape", [(1, 50), (512, 8192), (2048, 2048)], ids=str)
def test_a_panorama_is_read(shape: tuple[int, int]) -> None:
    assert picture_files.shape_problem(*shape) == ""
    assert to_8_bit(torch.zeros(1, *shape, 3)).shape == (1, 3, *shape)


def test_the_square_of_a_long_picture_is_not_larger_than_it_must_be() -> None:
    """mini-VQA pads to a square: that of 300 x 15,000 pixels took 2.7 GB."""
    picture = torch.zeros(1, 300, 15_000, 3)
    picture[:, :, 7_500:] = 1.0
    small = seen(picture)
    assert small.shape == (1, 3, SIDE, SIDE)
    assert small[0, 0, 0].tolist() == [0.0] * (SIDE // 2) + [1.0] * (SIDE // 2)
