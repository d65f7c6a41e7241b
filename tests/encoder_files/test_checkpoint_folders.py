"""Opening folders and shards: which files belong together, and what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from encoderscope.conditioning.encoder_files.checkpoint import open_checkpoint
from encoderscope.conditioning.encoder_files.formats.safetensors_header import BrokenFile
from encoderscope.conditioning.encoder_files.signatures import describe
from encoderscope.tests.encoder_files import make
from encoderscope.tests.encoder_files.test_files import SMALL, refusal


def sharded(folder: Path, count: int = 3, index: bool = True, stem: str = "model") -> Path:
    names = [f"{stem}-{i:05d}-of-{count:05d}.safetensors" for i in range(1, count + 1)]
    for i, name in enumerate(names):
        make.sparse(folder / name, {f"{i}.weight": (4, 4)})
    if index:
        weights = {f"{i}.weight": name for i, name in enumerate(names)}
        (folder / f"{stem}.safetensors.index.json").write_text(json.dumps({"weight_map": weights}))
    return folder


@pytest.mark.parametrize("index", [True, False])
def test_shards_by_folder_or_by_any_of_them(index: bool, tmp_path: Path) -> None:
    folder = sharded(tmp_path / "t5", index=index)
    for path in (folder, folder / "model-00002-of-00003.safetensors"):
        checkpoint = open_checkpoint(path)
        assert (
            checkpoint.kind == "sharded"
            and len(checkpoint.files) == 3
            and set(checkpoint.tensors) == {"0.weight", "1.weight", "2.weight"}
        )
        assert checkpoint.tensors["2.weight"].file.name == "model-00003-of-00003.safetensors"


@pytest.mark.parametrize("index", [True, False])
def test_missing_shards_are_named(index: bool, tmp_path: Path) -> None:
    folder = sharded(tmp_path / "t5", index=index)
    (folder / "model-00001-of-00003.safetensors").unlink()
    assert "1 of the 3 shards of 't5' is missing: model-00001-of-00003.safetensors" in refusal(
        folder
    )


def test_an_index_is_not_believed(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "t5")
    index = folder / "model.safetensors.index.json"
    for sentence, content in {
        "no weight_map": "{}",
        "not JSON": "{",
        "names no shards": json.dumps({"weight_map": {"0.weight": "../secret.safetensors"}}),
        "1 tensor that model.safetensors.index.json lists is in no shard: 9.weight": json.dumps(
            {"weight_map": {"9.weight": "model-00001-of-00003.safetensors"}}
        ),
    }.items():
        index.write_text(content)
        assert sentence in refusal(folder, BrokenFile)


def test_shards_of_two_models(tmp_path: Path) -> None:
    folder = sharded(tmp_path / "t5", index=False)
    make.sparse(folder / "model-00003-of-00003.safetensors", {"0.weight": (4, 4)})
    assert "stands in two shards" in refusal(folder, BrokenFile)
    sharded(folder, index=False, stem="other")
    assert "6 files with weights" in refusal(folder)


def test_a_pipeline_keeps_its_encoders_apart(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (tmp_path / "model_index.json").write_text("{}")
    assert "no text_encoder folder" in refusal(tmp_path)
    make.sparse(tmp_path / "text_encoder" / "model.safetensors", make.clip_text(768, 12))
    make.sparse(
        tmp_path / "text_encoder_2" / "model.safetensors",
        make.clip_text(1280, 32),
        metadata={"format": "pt"},
    )
    (tmp_path / "text_encoder_2" / "config.json").write_text(
        '{"hidden_act": "gelu", "num_attention_heads": 20}'
    )
    (tmp_path / "tokenizer_2").mkdir()
    (tmp_path / "tokenizer_2" / "vocab.json").write_text("{}")
    checkpoint = open_checkpoint(tmp_path)
    description = describe(checkpoint)
    assert (checkpoint.kind, description.kind, description.title) == (
        "pipeline",
        "checkpoint",
        "a file of several text encoders",
    )
    assert [(item.name, item.prefix, item.assumed) for item in description.inside] == [
        ("clip_l", "text_encoder/", ("activation", "heads")),
        ("clip_g", "text_encoder_2/", ()),
    ]
    assert (
        checkpoint.tokenizer("text_encoder_2/") == tmp_path / "tokenizer_2"
        and checkpoint.tokenizer("text_encoder/") is None
    )


def test_a_stranger_beside_a_config_does_not_take_it(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"hidden_act": "relu"}')
    make.sparse(tmp_path / "clip_l.safetensors", SMALL)
    make.sparse(tmp_path / "model.safetensors", SMALL)
    assert open_checkpoint(tmp_path / "clip_l.safetensors").config() == {}
    assert open_checkpoint(tmp_path / "model.safetensors").config() == {"hidden_act": "relu"}


def test_what_the_probe_cannot_read_is_told_before_transformers_reads_it(tmp_path: Path) -> None:
    """A shard that is missing, and a pipeline in place of its text encoder."""
    pytest.importorskip("transformers")
    from encoderscope.conditioning.encoding import transformers_encoder
    from encoderscope.conditioning.errors import EncoderScopeError

    shards = tmp_path / "shards"
    make.sparse(shards / "model-00001-of-00002.safetensors", {"a": (1,)})
    weight_map = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (shards / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    with pytest.raises(EncoderScopeError, match="1 of the 2 shards of 'shards' is missing"):
        transformers_encoder.load(shards)
    pipeline = tmp_path / "pipeline"
    make.sparse(pipeline / "text_encoder" / "model.safetensors", {"a": (1,)})
    (pipeline / "model_index.json").write_text("{}")
    with pytest.raises(EncoderScopeError) as raised:
        transformers_encoder.load(pipeline)
    assert (
        raised.value.problem
        == "'pipeline' is a diffusers pipeline; its text encoders: text_encoder."
    )
    assert "text_encoder" in raised.value.remedy
