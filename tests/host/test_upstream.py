"""What stands above a CLIP, named from the graph alone, in this process with the real host."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.cache import key as keys
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host.cached import loader, lora, node

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "with_our_nodes", "files")]
TEXT = "a red fox"


def named(graph: dict[str, Any], link: Any = ("2", 0)) -> Any:
    from encoderscope.host.cache import graph as upstream

    return upstream.graph_key(
        graph.__getitem__, list(link) if isinstance(link, tuple) else link, keys.Fingerprints()
    ).entries


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another file": ({"2": loader()}, {"2": loader(clip_name="b.safetensors")}),
    "another type": ({"2": loader()}, {"2": loader(type="flux2")}),
    "another device": ({"2": loader()}, {"2": loader(device="cpu")}),
    "files exchanged": (
        {
            "2": node(
                "DualCLIPLoader",
                clip_name1="a.safetensors",
                clip_name2="b.safetensors",
                type="sdxl",
            )
        },
        {
            "2": node(
                "DualCLIPLoader",
                clip_name1="b.safetensors",
                clip_name2="a.safetensors",
                type="sdxl",
            )
        },
    ),
    "a LoRA or none": ({"2": loader()}, {"1": loader(), "2": lora()}),
    "another strength": (
        {"1": loader(), "2": lora()},
        {"1": loader(), "2": lora(strength_clip=0.6)},
    ),
    "another LoRA": (
        {"1": loader(), "2": lora()},
        {"1": loader(), "2": lora(lora_name="b.safetensors")},
    ),
    "another layer": tuple(
        {"1": loader(), "2": node("CLIPSetLastLayer", clip=["1", 0], stop_at_clip_layer=k)}
        for k in (-1, -2)
    ),  # type: ignore[dict-item]
    "the LoRA before or after the layer": (
        {
            "1": loader(),
            "3": lora(),
            "2": node("CLIPSetLastLayer", clip=["3", 1], stop_at_clip_layer=-2),
        },
        {
            "1": loader(),
            "3": node("CLIPSetLastLayer", clip=["1", 0], stop_at_clip_layer=-2),
            "2": lora(clip=["3", 0]),
        },
    ),
    "clips exchanged": tuple(
        {
            "1": loader(),
            "3": loader(clip_name="b.safetensors"),
            "2": node("CLIPMergeSimple", clip1=[a, 0], clip2=[b, 0], ratio=0.3),
        }
        for a, b in (("1", "3"), ("3", "1"))
    ),  # type: ignore[dict-item]
    "one node taken twice": tuple(
        {
            "1": loader(),
            "3": node("CLIPSetLastLayer", clip=["1", 0], stop_at_clip_layer=-2),
            "2": node("CLIPMergeSimple", clip1=["3", 0], clip2=[other, 0], ratio=0.3),
        }
        for other in ("1", "3")
    ),  # type: ignore[dict-item]
    "a number of another node": tuple(
        {"1": loader(), "3": node("PrimitiveFloat", value=value), "2": lora(strength_clip=["3", 0])}
        for value in (0.1, 0.2)
    ),  # type: ignore[dict-item]
    "four files": tuple(
        {
            "2": node(
                "QuadrupleCLIPLoader",
                **{f"clip_name{k}": f"{'ab'[k == other]}.safetensors" for k in range(1, 5)},
            )
        }
        for other in (3, 4)
    ),  # type: ignore[dict-item]
    "three files": tuple(
        {
            "2": node(
                "TripleCLIPLoader",
                **{f"clip_name{k}": f"{'ab'[k == other]}.safetensors" for k in range(1, 4)},
            )
        }
        for other in (1, 2)
    ),  # type: ignore[dict-item]
    "a checkpoint": tuple(
        {"2": node("CheckpointLoaderSimple", ckpt_name=f"{name}.safetensors")} for name in "ab"
    ),  # type: ignore[dict-item]
    "another mode": tuple(
        {"1": loader(), "2": node("EncoderScope_FastEncoder", clip=["1", 0], mode=mode)}
        for mode in ("exact", "fast")
    ),  # type: ignore[dict-item]
    "a Fast Encoder or none": (
        {"2": loader()},
        {"1": loader(), "2": node("EncoderScope_FastEncoder", clip=["1", 0], mode="exact")},
    ),
    "a miniature": tuple(
        {"2": node("EncoderScope_LoadMiniature", miniature="mini-CLIP", family=name)}
        for name in ("sd1", "sdxl")
    ),  # type: ignore[dict-item]
    "ours": tuple(
        {
            "2": node(
                "EncoderScope_LoadEncoders",
                file_1=f"{name}.safetensors",
                file_2="none",
                family="sd3",
                precision="as stored",
                device="auto",
            )
        }
        for name in "ab"
    ),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("case", PAIRS)
def test_what_differs_has_another_name(case: str) -> None:
    first, second = PAIRS[case]
    assert named(first) == named(first) != named(second)


def test_numbers_of_nodes_names_of_files_and_what_the_clip_does_not_feel_are_not_part_of_it(
    files: Path,
) -> None:
    first = named({"1": loader(), "2": lora()})
    (files / "text_encoders" / "copy.safetensors").write_bytes(b"text_encoders")
    other = {
        "12:3": loader(clip_name="copy.safetensors"),
        "12:4": lora(clip=["12:3", 0], model=["gone", 0], strength_model=0.1),
    }
    assert named(other, ("12:4", 0)) == first


def test_another_output_is_another_thing() -> None:
    graph = {"2": node("CheckpointLoaderSimple", ckpt_name="a.safetensors")}
    assert named(graph, ("2", 0)) != named(graph, ("2", 1))


@pytest.mark.parametrize(
    ("chosen", "mode"),
    [("exact", "exact"), ("fast", "fast"), ("draft", "draft"), (["9", 0], "draft")],
)
def test_the_mode_of_an_encoding_is_the_least_exact_above_it(chosen: Any, mode: str) -> None:
    from encoderscope.host.cache import graph as upstream

    graph = {
        "1": loader(),
        "3": node("EncoderScope_FastEncoder", clip=["1", 0], mode=chosen),
        "9": node("PrimitiveString", value="exact"),
    }
    graph |= {"2": node("EncoderScope_FastEncoder", clip=["3", 0], mode="exact")}
    assert upstream.graph_key(graph.__getitem__, ["2", 0], keys.Fingerprints()).mode == mode
    assert upstream.graph_key(graph.__getitem__, ["1", 0], keys.Fingerprints()).mode == "exact"


UNNAMED: dict[str, tuple[Any, str]] = {
    "an unknown node": (
        {"2": node("SomeoneElses", clip=["1", 0]), "1": loader()},
        "node 2 (SomeoneElses)",
    ),
    "an unknown node above": (
        {"2": lora(clip=["1", 0]), "1": node("SomeoneElses")},
        "node 1 (SomeoneElses)",
    ),
    "a cycle": ({"1": lora(clip=["2", 1]), "2": lora(clip=["1", 1])}, "above itself"),
    "itself": ({"2": lora(clip=["2", 1])}, "above itself"),
    "a node that is not there": ({"2": lora(clip=["7", 0])}, "Node 7 is not in the graph"),
    "a file from another node": (
        {"2": loader(clip_name=["3", 0]), "3": node("PrimitiveString", value="a.safetensors")},
        "name of its file",
    ),
    "a file that is not there": (
        {"2": loader(clip_name="gone.safetensors")},
        "no 'gone.safetensors'",
    ),
    "a list": ({"2": lora(strength_clip=[0.5, 0.6, 0.7]), "1": loader()}, "is a list"),
    "a table": ({"2": lora(strength_clip={"__value__": 0.5}), "1": loader()}, "is a dict"),
}


@pytest.mark.parametrize("case", UNNAMED)
def test_what_is_not_certain_has_no_name(case: str) -> None:
    graph, sentence = UNNAMED[case]
    with pytest.raises(EncoderScopeError) as refused:
        named(graph)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("link", [None, 5, "x", [], ["2"]])
def test_no_link_has_no_name(link: Any) -> None:
    with pytest.raises(EncoderScopeError, match="No node is connected"):
        named({"2": loader()}, link)


def test_another_packs_node_of_the_same_name_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    import nodes as host_nodes

    own = host_nodes.CLIPLoader

    class Impostor(own):  # type: ignore[misc, valid-type]
        def load_clip(self, *inputs: Any, **named: Any) -> Any:
            return super().load_clip(*inputs, **named)

    monkeypatch.setitem(host_nodes.NODE_CLASS_MAPPINGS, "CLIPLoader", Impostor)
    with pytest.raises(EncoderScopeError, match="another pack's"):
        named({"2": loader()})
    monkeypatch.undo()


def test_a_wrapped_function_of_the_hosts_node_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    import nodes as host_nodes

    plain = host_nodes.CLIPLoader.load_clip
    monkeypatch.setattr(
        host_nodes.CLIPLoader,
        "load_clip",
        functools.wraps(plain)(lambda *inputs, **named: plain(*inputs, **named)),
    )
    with pytest.raises(EncoderScopeError, match="another pack's"):
        named({"2": loader()})


def test_what_lies_beside_our_loaders_file_counts(files: Path) -> None:
    graph = PAIRS["ours"][0]
    before = named(graph)
    (files / "text_encoders" / "a.spiece.model").write_bytes(b"a vocabulary")
    after = named(graph)
    assert before != after
    folder = files / "text_encoders" / "whole"
    (folder / "tokenizer").mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "tokenizer/tokenizer.json"):
        (folder / name).write_text("1")
    whole = {"2": node("EncoderScope_LoadEncoders", file_1="whole/", family="auto")}
    first = named(whole)
    for name in ("config.json", "model.safetensors", "tokenizer/tokenizer.json"):
        (folder / name).write_text("2")
        second = named(whole)
        assert first != second, name
        first = second
