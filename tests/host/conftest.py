"""What tests of the cache's rules stand on: the host's own nodes and ours in its table, and small
files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def with_our_nodes(host_folder: Path) -> Iterator[None]:
    """The host's own node packs, and ours in the table in which the host keeps them."""
    import nodes as host_nodes
    from encoderscope.nodes.loading.load_encoders import LoadEncoders
    from encoderscope.nodes.loading.load_miniature import LoadMiniature
    from encoderscope.nodes.speed.fast_encoder import FastEncoder

    for name in ("nodes_sd3", "nodes_hidream", "nodes_model_merging", "nodes_primitive"):
        loading = host_nodes.load_custom_node(
            str(Path(host_nodes.__file__).parent / "comfy_extras" / f"{name}.py"),
            module_parent="comfy_extras",
        )
        with ThreadPoolExecutor(
            1
        ) as apart:  # the browser's tests leave a running event loop in this thread
            assert apart.submit(asyncio.run, loading).result()
    classes = (LoadEncoders, LoadMiniature, FastEncoder)
    ours = {cls.define_schema().node_id: cls for cls in classes}
    host_nodes.NODE_CLASS_MAPPINGS.update(ours)
    yield
    for name in ours:
        del host_nodes.NODE_CLASS_MAPPINGS[name]


@pytest.fixture
def files(host_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Small files with the right names; their content is never looked into."""
    import folder_paths

    for folder in ("text_encoders", "checkpoints", "loras", "embeddings"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.safetensors").write_bytes(folder.encode())
        (tmp_path / folder / "b.safetensors").write_bytes(b"b" + folder.encode())
        monkeypatch.setitem(
            folder_paths.folder_names_and_paths,
            folder,
            ([str(tmp_path / folder)], {".safetensors"}),
        )
    return tmp_path
