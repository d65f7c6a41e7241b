"""What a cached result depends on beside the graph: embeddings, and the host itself."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.cache import key as keys
from encoderscope.conditioning.errors import EncoderScopeError

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "with_our_nodes", "files")]


def embeddings(text: str) -> list[list[str]]:
    from encoderscope.host.cache import graph_files

    return graph_files.embeddings(text, keys.Fingerprints())


FORMS = [
    "embedding:a",
    "x embedding:a y",
    "(embedding:a:1.2)",
    "embedding:a,",
    "embedding:,a",
    "embedding:a.safetensors",
    "\nembedding:a\n",
    "embedding: a",
    "((embedding:a))",
]


@pytest.mark.parametrize("text", FORMS)
def test_every_way_to_name_an_embedding_is_seen(text: str, files: Path) -> None:
    before = embeddings(text)
    assert before
    (files / "embeddings" / "a.safetensors").write_bytes(b"another")
    assert embeddings(text) != before


@pytest.mark.parametrize("text", FORMS)
def test_the_host_reads_none_that_we_do_not_see(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's own tokenizer is asked which names it looks for."""
    import comfy.sd1_clip

    asked: list[str] = []
    monkeypatch.setattr(comfy.sd1_clip, "load_embed", lambda name, *_: asked.append(name))
    comfy.sd1_clip.SDTokenizer(embedding_directory=["x"]).tokenize_with_weights(text)
    assert asked
    from encoderscope.host.cache import graph_files

    seen = {
        beginning
        for run in graph_files._name_runs(text)
        for beginning in graph_files._beginnings(run)
    }
    assert set(asked) <= seen


def test_an_embedding_that_appears_later_counts(files: Path) -> None:
    assert embeddings("embedding:later") == [] and embeddings("no such thing") == []
    (files / "embeddings" / "sub").mkdir()
    (files / "embeddings" / "sub" / "later.pt").write_bytes(b"x")
    assert embeddings("embedding:later") != []


def test_two_embeddings_of_one_name_are_not_certain(files: Path) -> None:
    (files / "embeddings" / "sub").mkdir()
    (files / "embeddings" / "sub" / "a.safetensors").write_bytes(b"embeddings")
    assert embeddings("embedding:a"), "twice the same content is certain"
    (files / "embeddings" / "sub" / "a.safetensors").write_bytes(b"another")
    with pytest.raises(EncoderScopeError, match="2 different embeddings"):
        embeddings("embedding:a")


def test_nothing_outside_of_the_embeddings_is_read() -> None:
    assert embeddings("embedding:../loras/a embedding:/etc/passwd") == []


def facts() -> dict[str, Any]:
    from encoderscope.host.cache import environment

    return environment.snapshot()


def test_the_hosts_version_code_and_settings_count(monkeypatch: pytest.MonkeyPatch) -> None:
    import comfy.cli_args
    import comfy.model_management
    from encoderscope.host import clip as host_clip
    from encoderscope.host.cache import environment

    first, args = facts(), comfy.cli_args.args
    changes: list[Callable[[pytest.MonkeyPatch], None]] = [
        lambda patch: patch.setattr(host_clip, "version", lambda: "ComfyUI 9.9.9"),
        lambda patch: patch.setattr(environment, "CODE_HASH", "other"),
        lambda patch: patch.setattr(torch, "__version__", "9.9"),
        lambda patch: patch.setattr(args, "fp16_text_enc", True),
        lambda patch: patch.setattr(args, "an_option_of_later_hosts", True, raising=False),
        lambda patch: patch.setattr(
            comfy.model_management, "text_encoder_dtype", lambda _: torch.bfloat16
        ),
        lambda patch: patch.setattr(torch, "get_num_threads", lambda: 99),
        lambda patch: patch.setattr(torch, "get_float32_matmul_precision", lambda: "medium"),
    ]
    for change in changes:
        with monkeypatch.context() as patch:
            change(patch)
            assert facts() != first
    with monkeypatch.context() as patch:
        patch.setattr(args, "port", 1)
        assert facts() == first


def test_a_host_whose_encoding_was_replaced_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import comfy.sd
    import folder_paths

    pack = tmp_path / "custom_nodes" / "weights" / "patch.py"
    pack.parent.mkdir(parents=True)
    pack.write_text("def encode_token_weights(self, tokens):\n    return None\n")
    custom_nodes = folder_paths.folder_names_and_paths["custom_nodes"]
    monkeypatch.setitem(
        folder_paths.folder_names_and_paths,
        "custom_nodes",
        ([*custom_nodes[0], str(tmp_path / "custom_nodes")], custom_nodes[1]),
    )
    import importlib.util

    spec = importlib.util.spec_from_file_location("patch", pack)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before, theirs = facts(), module.encode_token_weights
    for owner, name in (
        (comfy.sd1_clip.ClipTokenWeightEncoder, "encode_token_weights"),
        (comfy.sd, "load_clip"),
        (comfy.text_encoders.t5.T5, "forward"),
        (comfy.ldm.modules.attention, "optimized_attention_for_device"),
        (torch.nn.functional, "scaled_dot_product_attention"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, theirs)
            with pytest.raises(EncoderScopeError, match=rf"\.{name}"):
                facts()
    monkeypatch.setattr(comfy.utils, "set_progress_bar_enabled", theirs)
    assert facts() == before, "progress bars of other packs change no number"
