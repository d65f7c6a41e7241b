"""Files and folders that were made to hurt: they take time, memory, or never end. Each takes little
room on a disk, whatever size it has.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

GB = 1_000_000_000
Maker = Callable[[Path], Path]
"""Makes a bomb in an empty folder, and returns what is to be opened."""


def _write(path: Path, start: bytes, size: int = 0) -> Path:
    """A file of ``size`` bytes that begins so; what follows takes no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(start)
        file.truncate(max(size, len(start)))
    return path


def _safetensors(path: Path, header: bytes, size: int = 0) -> Path:
    return _write(path, struct.pack("<Q", max(len(header), size)) + header, size and size + 8)


def _gguf(folder: Path, body: bytes, size: int, tensors: int = 0, entries: int = 1) -> Path:
    start = b"GGUF" + struct.pack("<IQQ", 3, tensors, entries)
    return _write(folder / "a.gguf", start + body, size)


def _key(kind: int) -> bytes:
    return struct.pack("<Q1sI", 1, b"k", kind)


def _entry(at: int) -> dict[str, Any]:
    return {"dtype": "F16", "shape": [1], "data_offsets": [2 * at, 2 * at + 2]}


def fifo(folder: Path) -> Path:
    path = folder / "x.safetensors"
    os.mkfifo(path)
    return path


def fifo_gguf(folder: Path) -> Path:
    path = folder / "x.gguf"
    os.mkfifo(path)
    return path


def fifo_as_config(folder: Path) -> Path:
    os.mkfifo(folder / "config.json")
    return _small(folder)


def fifo_as_index(folder: Path) -> Path:
    os.mkfifo(folder / "model.safetensors.index.json")
    return folder


def fifo_behind_a_link(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    (folder / "a.safetensors").symlink_to(folder / "pipe")
    return folder / "a.safetensors"


def endless_device(folder: Path) -> Path:
    (folder / "a.safetensors").symlink_to("/dev/zero")
    return folder / "a.safetensors"


def socket_file(folder: Path) -> Path:
    path = folder / "a.safetensors"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(path))
    return path


def gguf_endless_strings(folder: Path) -> Path:
    return _gguf(folder, _key(9) + struct.pack("<IQ", 8, 1 << 40), 8 << 40)


def gguf_many_strings(folder: Path) -> Path:
    """As many empty strings as a header of 64 MB can hold."""
    return _gguf(folder, _key(9) + struct.pack("<IQ", 8, 7_900_000), 64_000_000)


def gguf_most_strings(folder: Path) -> Path:
    """Just as many as are read."""
    return _gguf(folder, _key(9) + struct.pack("<IQ", 8, 1_999_999), 64_000_000)


def gguf_long_array(folder: Path) -> Path:
    return _gguf(folder, _key(9) + struct.pack("<IQ", 0, 4 * GB), 5 * GB)


def gguf_long_string(folder: Path) -> Path:
    return _gguf(folder, _key(8) + struct.pack("<Q", 4 * GB), 5 * GB)


def gguf_strings_of_a_megabyte(folder: Path) -> Path:
    text = struct.pack("<Q", 1_000_000)
    path = _gguf(folder, _key(9) + struct.pack("<IQ", 8, 60), 62_000_000)
    with path.open("r+b") as file:
        for number in range(60):
            file.seek(49 + number * 1_000_008)
            file.write(text)
    return path


def gguf_nested_arrays(folder: Path) -> Path:
    return _gguf(folder, _key(9) + struct.pack("<IQ", 9, 5_000_000), 64_000_000)


def gguf_nameless_tensors(folder: Path) -> Path:
    return _gguf(folder, b"", 64_000_000, tensors=1_000_000, entries=0)


def gguf_most_nameless_tensors(folder: Path) -> Path:
    return _gguf(folder, b"", 64_000_000, tensors=65_536, entries=0)


def gguf_nameless_entries(folder: Path) -> Path:
    return _gguf(folder, b"", 64_000_000, entries=65_536)


def gguf_texts(folder: Path) -> Path:
    """60 MB of texts that are not UTF-8, none of them long."""
    body = b"".join(
        struct.pack("<QI", 4, number) + struct.pack("<IQ", 8, 60_000) + b"\xff" * 60_000
        for number in range(1000)
    )
    return _gguf(folder, body, 64_000_000, entries=1000)


def safetensors_nested(folder: Path) -> Path:
    return _safetensors(folder / "a.safetensors", b"[" * 90_000_000)


def safetensors_lists(folder: Path) -> Path:
    """The largest header that is read, of empty lists."""
    return _safetensors(folder / "a.safetensors", b'{"a":[' + b"[]," * 5_200_000)


def safetensors_metadata(folder: Path) -> Path:
    header = b'{"__metadata__":{' + b",".join(b'"%d":"x"' % n for n in range(1_500_000)) + b"}}"
    return _safetensors(folder / "a.safetensors", header[:15_900_000])


def safetensors_metadata_of_100_mb(folder: Path) -> Path:
    header = b'{"__metadata__":{"a":"' + b"x" * 95_000_000 + b'"}}'
    return _safetensors(folder / "a.safetensors", header)


def safetensors_wide_text(folder: Path) -> Path:
    """One character beyond 16 bits makes four bytes out of each of the others."""
    text = "\U0001f98a" + "x" * 15_000_000
    header = json.dumps({"__metadata__": {"a": text}}, ensure_ascii=False).encode()
    return _safetensors(folder / "a.safetensors", header)


def safetensors_backslashes(folder: Path) -> Path:
    return _safetensors(folder / "a.safetensors", b'{"' + b"\\\\" * 7_000_000 + b'":1}')


def safetensors_zeros(folder: Path) -> Path:
    return _write(folder / "a.safetensors", struct.pack("<Q", 15_900_000), 5 * GB)


def safetensors_many_tensors(folder: Path) -> Path:
    header = {f"{number}": _entry(number) for number in range(100_000)}
    return _safetensors(folder / "a.safetensors", json.dumps(header).encode()[:15_900_000])


def safetensors_most_tensors(folder: Path) -> Path:
    return _tensors(folder, [f"{number}" for number in range(65_536)])


def safetensors_long_names(folder: Path) -> Path:
    """Names that a pattern could read in many ways."""
    return _tensors(folder, [f"{number:06d}" + ".a" * 95 for number in range(40_000)])


def safetensors_many_encoders(folder: Path) -> Path:
    """Each tensor says that another text encoder stands below its prefix."""
    anchor = "text_model.encoder.layers.0.layer_norm1.weight"
    return _tensors(folder, [f"{number}.{anchor}" for number in range(50_000)])


def safetensors_many_layers(folder: Path) -> Path:
    names = [f"encoder.block.{number}.layer.0.layer_norm.weight" for number in range(50_000)]
    return _tensors(folder, names)


def safetensors_far_layer(folder: Path) -> Path:
    """One layer, which calls itself the last of ten to the twelfth."""
    layers = (0, 10**12)
    return _tensors(folder, [f"encoder.block.{n}.layer.0.layer_norm.weight" for n in layers])


def gguf_long_names(folder: Path) -> Path:
    names = [b"%06d" % number + b".a" * 147 for number in range(65_000)]
    body = b"".join(
        struct.pack("<Q", len(name)) + name + struct.pack("<IQIQ", 1, 1, 1, 0) for name in names
    )
    return _gguf(folder, body, 70_000_000, tensors=len(names), entries=0)


def _tensors(folder: Path, names: list[str]) -> Path:
    """A whole file with tensors of one number each."""
    header = json.dumps({name: _entry(number) for number, name in enumerate(names)}).encode()
    size = 8 + len(header) + 2 * len(names)
    return _write(folder / "a.safetensors", struct.pack("<Q", len(header)) + header, size)


def _small(folder: Path) -> Path:
    header = json.dumps({"a": _entry(0)}).encode()
    return _write(folder / "model.safetensors", struct.pack("<Q", len(header)) + header + b"00")


def config_of_3_gb(folder: Path) -> Path:
    _write(folder / "config.json", b"{", 3 * GB)
    return _small(folder)


def config_of_lists(folder: Path) -> Path:
    _write(folder / "config.json", b'{"a":[' + b"[]," * 1_300_000)
    return _small(folder)


def config_of_texts(folder: Path) -> Path:
    names = b",".join(b'"%x":1' % number for number in range(380_000))
    _write(folder / "config.json", b"{" + names + b"}")
    return _small(folder)


def index_of_3_gb(folder: Path) -> Path:
    _write(folder / "model.safetensors.index.json", b"{", 3 * GB)
    return folder


def _index(folder: Path, weights: dict[str, str]) -> Path:
    text = json.dumps({"weight_map": weights}, separators=(",", ":"))
    _write(folder / "model.safetensors.index.json", text.encode())
    return folder


def index_of_99_999_shards(folder: Path) -> Path:
    return _index(folder, {f"{number}": f"{number}.safetensors" for number in range(99_999)})


def one_of_99_999_shards(folder: Path) -> Path:
    return _write(folder / "model-00001-of-99999.safetensors", b"")


def none_of_0_shards(folder: Path) -> Path:
    return _write(folder / "model-00001-of-00000.safetensors", b"")


def shards_with_large_headers(folder: Path) -> Path:
    header = b'{"__metadata__":{"a":"' + b"x" * 900_000 + b'"}}'
    names = [f"{number}.safetensors" for number in range(60)]
    first = _safetensors(folder / names[0], header)
    for name in names[1:]:
        os.link(first, folder / name)
    return _index(folder, {name: name for name in names})


BOMBS: tuple[Maker, ...] = (
    fifo,
    fifo_gguf,
    fifo_as_index,
    fifo_behind_a_link,
    endless_device,
    socket_file,
    gguf_endless_strings,
    gguf_many_strings,
    gguf_long_array,
    gguf_long_string,
    gguf_nested_arrays,
    gguf_nameless_tensors,
    gguf_long_names,
    gguf_most_nameless_tensors,
    safetensors_nested,
    safetensors_lists,
    safetensors_metadata,
    safetensors_metadata_of_100_mb,
    safetensors_backslashes,
    safetensors_zeros,
    safetensors_many_tensors,
    safetensors_many_encoders,
    config_of_3_gb,
    config_of_lists,
    index_of_3_gb,
    index_of_99_999_shards,
    one_of_99_999_shards,
    none_of_0_shards,
    shards_with_large_headers,
)
"""Each is refused with a sentence."""
HEAVY: tuple[Maker, ...] = (
    fifo_as_config,
    config_of_texts,
    gguf_most_strings,
    gguf_strings_of_a_megabyte,
    gguf_nameless_entries,
    gguf_texts,
    safetensors_wide_text,
    safetensors_most_tensors,
    safetensors_long_names,
    safetensors_many_layers,
    safetensors_far_layer,
)
"""Each is read: it holds as much as may be read, and costs no more than a refusal."""
