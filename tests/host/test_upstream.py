"""What stands above a CLIP, named from the graph alone, in this process with the real host."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.cache import key as keys
from encoderscope.conditioning.cache import store as stores
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.tests.host import clips
from encoderscope.tests.host.cached import node
from encoderscope.tests.host.test_states import same

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder", "files")]
TEXT = "a red fox"


@pytest.fixture(scope="module", autouse=True)
def with_our_nodes(host_folder: Path) -> Iterator[None]:
    """The host's own node packs, and ours in the table in which the host keeps them."""
    import nodes as host_nodes
    from encoderscope.nodes import fast_encoder, miniature
    from encoderscope.nodes.encoders import load_node

    for name in ("nodes_sd3", "nodes_hidream", "nodes_model_merging", "nodes_primitive"):
        loading = host_nodes.load_custom_node(str(Path(host_nodes.__file__).parent / "comfy_extras" / f"{name}.py"), module_parent="comfy_extras")
        with ThreadPoolExecutor(1) as apart:  # the browser's tests leave a running event loop in this thread
            assert apart.submit(asyncio.run, loading).result()
    ours = {cls.define_schema().node_id: cls for cls in (*load_node.NODES, *miniature.NODES, *fast_encoder.NODES)}
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
        monkeypatch.setitem(folder_paths.folder_names_and_paths, folder, ([str(tmp_path / folder)], {".safetensors"}))
    return tmp_path


def loader(**changed: Any) -> dict[str, Any]:
    return node("CLIPLoader", **({"clip_name": "a.safetensors", "type": "sd3"} | changed))


def lora(**changed: Any) -> dict[str, Any]:
    plain = {"clip": ["1", 0], "model": ["9", 0], "lora_name": "a.safetensors", "strength_clip": 0.5, "strength_model": 1.0}
    return node("LoraLoader", **(plain | changed))


def named(graph: dict[str, Any], link: Any = ("2", 0)) -> Any:
    from encoderscope.nodes import upstream

    return upstream.name(graph.__getitem__, list(link) if isinstance(link, tuple) else link, keys.Fingerprints()).facts


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another file": ({"2": loader()}, {"2": loader(clip_name="b.safetensors")}),
    "another type": ({"2": loader()}, {"2": loader(type="flux2")}),
    "another device": ({"2": loader()}, {"2": loader(device="cpu")}),
    "files exchanged": (
        {"2": node("DualCLIPLoader", clip_name1="a.safetensors", clip_name2="b.safetensors", type="sdxl")},
        {"2": node("DualCLIPLoader", clip_name1="b.safetensors", clip_name2="a.safetensors", type="sdxl")},
    ),
    "a LoRA or none": ({"2": loader()}, {"1": loader(), "2": lora()}),
    "another strength": ({"1": loader(), "2": lora()}, {"1": loader(), "2": lora(strength_clip=0.6)}),
    "another LoRA": ({"1": loader(), "2": lora()}, {"1": loader(), "2": lora(lora_name="b.safetensors")}),
    "another layer": tuple({"1": loader(), "2": node("CLIPSetLastLayer", clip=["1", 0], stop_at_clip_layer=k)} for k in (-1, -2)),  # type: ignore[dict-item]
    "the LoRA before or after the layer": (
        {"1": loader(), "3": lora(), "2": node("CLIPSetLastLayer", clip=["3", 1], stop_at_clip_layer=-2)},
        {"1": loader(), "3": node("CLIPSetLastLayer", clip=["1", 0], stop_at_clip_layer=-2), "2": lora(clip=["3", 0])},
    ),
    "clips exchanged": tuple(
        {"1": loader(), "3": loader(clip_name="b.safetensors"), "2": node("CLIPMergeSimple", clip1=[a, 0], clip2=[b, 0], ratio=0.3)}
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
        {"1": loader(), "3": node("PrimitiveFloat", value=value), "2": lora(strength_clip=["3", 0])} for value in (0.1, 0.2)
    ),  # type: ignore[dict-item]
    "four files": tuple(
        {"2": node("QuadrupleCLIPLoader", **{f"clip_name{k}": f"{'ab'[k == other]}.safetensors" for k in range(1, 5)})} for other in (3, 4)
    ),  # type: ignore[dict-item]
    "three files": tuple(
        {"2": node("TripleCLIPLoader", **{f"clip_name{k}": f"{'ab'[k == other]}.safetensors" for k in range(1, 4)})} for other in (1, 2)
    ),  # type: ignore[dict-item]
    "a checkpoint": tuple({"2": node("CheckpointLoaderSimple", ckpt_name=f"{name}.safetensors")} for name in "ab"),  # type: ignore[dict-item]
    "another mode": tuple({"1": loader(), "2": node("EncoderScope_FastEncoder", clip=["1", 0], mode=mode)} for mode in ("exact", "fast")),  # type: ignore[dict-item]
    "a Fast Encoder or none": ({"2": loader()}, {"1": loader(), "2": node("EncoderScope_FastEncoder", clip=["1", 0], mode="exact")}),
    "a miniature": tuple({"2": node("EncoderScope_LoadMiniature", miniature="mini-CLIP", family=name)} for name in ("sd1", "sdxl")),  # type: ignore[dict-item]
    "ours": tuple(
        {"2": node("EncoderScope_LoadEncoders", file_1=f"{name}.safetensors", file_2="none", family="sd3", precision="as stored", device="auto")}
        for name in "ab"
    ),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("what", PAIRS)
def test_what_differs_has_another_name(what: str) -> None:
    first, second = PAIRS[what]
    assert named(first) == named(first) != named(second)


def test_numbers_of_nodes_names_of_files_and_what_the_clip_does_not_feel_are_not_part_of_it(files: Path) -> None:
    first = named({"1": loader(), "2": lora()})
    (files / "text_encoders" / "copy.safetensors").write_bytes(b"text_encoders")
    other = {"12:3": loader(clip_name="copy.safetensors"), "12:4": lora(clip=["12:3", 0], model=["gone", 0], strength_model=0.1)}
    assert named(other, ("12:4", 0)) == first


def test_another_output_is_another_thing() -> None:
    graph = {"2": node("CheckpointLoaderSimple", ckpt_name="a.safetensors")}
    assert named(graph, ("2", 0)) != named(graph, ("2", 1))


@pytest.mark.parametrize(("chosen", "mode"), [("exact", "exact"), ("fast", "fast"), (["9", 0], "fast")])
def test_the_mode_of_an_encoding_is_the_least_exact_above_it(chosen: Any, mode: str) -> None:
    from encoderscope.nodes import upstream

    graph = {"1": loader(), "3": node("EncoderScope_FastEncoder", clip=["1", 0], mode=chosen), "9": node("PrimitiveString", value="exact")}
    graph |= {"2": node("EncoderScope_FastEncoder", clip=["3", 0], mode="exact")}
    assert upstream.name(graph.__getitem__, ["2", 0], keys.Fingerprints()).mode == mode
    assert upstream.name(graph.__getitem__, ["1", 0], keys.Fingerprints()).mode == "exact"


UNNAMED: dict[str, tuple[Any, str]] = {
    "an unknown node": ({"2": node("SomeoneElses", clip=["1", 0]), "1": loader()}, "Node 2 (SomeoneElses)"),
    "an unknown node above": ({"2": lora(clip=["1", 0]), "1": node("SomeoneElses")}, "Node 1 (SomeoneElses)"),
    "a cycle": ({"1": lora(clip=["2", 1]), "2": lora(clip=["1", 1])}, "above itself"),
    "itself": ({"2": lora(clip=["2", 1])}, "above itself"),
    "a node that is not there": ({"2": lora(clip=["7", 0])}, "Node 7 is not in the graph"),
    "a file from another node": ({"2": loader(clip_name=["3", 0]), "3": node("PrimitiveString", value="a.safetensors")}, "name of its file"),
    "a file that is not there": ({"2": loader(clip_name="gone.safetensors")}, "no 'gone.safetensors'"),
    "a list": ({"2": lora(strength_clip=[0.5, 0.6, 0.7]), "1": loader()}, "is a list"),
    "a table": ({"2": lora(strength_clip={"__value__": 0.5}), "1": loader()}, "is a dict"),
}


@pytest.mark.parametrize("what", UNNAMED)
def test_what_is_not_certain_has_no_name(what: str) -> None:
    graph, said = UNNAMED[what]
    with pytest.raises(EncoderScopeError) as refused:
        named(graph)
    assert said in str(refused.value)


@pytest.mark.parametrize("link", [None, 5, "x", [], ["2"]])
def test_no_link_has_no_name(link: Any) -> None:
    with pytest.raises(EncoderScopeError, match="No node is connected"):
        named({"2": loader()}, link)


def test_another_packs_node_of_the_same_name_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    import nodes as host_nodes

    own = host_nodes.CLIPLoader

    class Impostor(own):  # type: ignore[misc, valid-type]
        def load_clip(self, *given: Any, **named: Any) -> Any:
            return super().load_clip(*given, **named)

    monkeypatch.setitem(host_nodes.NODE_CLASS_MAPPINGS, "CLIPLoader", Impostor)
    with pytest.raises(EncoderScopeError, match="another pack's"):
        named({"2": loader()})
    monkeypatch.undo()


def test_a_wrapped_function_of_the_hosts_node_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    import nodes as host_nodes

    plain = host_nodes.CLIPLoader.load_clip
    monkeypatch.setattr(host_nodes.CLIPLoader, "load_clip", functools.wraps(plain)(lambda *given, **named: plain(*given, **named)))
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


# --- embeddings -------------------------------------------------------------------------------------------------------------


def embeddings(text: str) -> list[list[str]]:
    from encoderscope.nodes import upstream_files

    return upstream_files.embeddings(text, keys.Fingerprints())


FORMS = [
    "embedding:a", "x embedding:a y", "(embedding:a:1.2)", "embedding:a,", "embedding:,a", "embedding:a.safetensors", "\nembedding:a\n", "embedding: a", "((embedding:a))",
]  # fmt: skip


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
    from encoderscope.nodes import upstream_files

    seen = {one for run in upstream_files._runs(text) for one in upstream_files._beginnings(run)}
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


# --- circumstances ----------------------------------------------------------------------------------------------------------


def facts() -> dict[str, Any]:
    from encoderscope.nodes import circumstances

    return circumstances.facts()


def test_the_hosts_version_code_and_settings_count(monkeypatch: pytest.MonkeyPatch) -> None:
    import comfy.cli_args
    import comfy.model_management
    from encoderscope.nodes import circumstances, host

    first, args = facts(), comfy.cli_args.args
    changes: list[Callable[[pytest.MonkeyPatch], None]] = [
        lambda patch: patch.setattr(host, "version", lambda: "ComfyUI 9.9.9"),
        lambda patch: patch.setattr(circumstances, "CODE", "other"),
        lambda patch: patch.setattr(torch, "__version__", "9.9"),
        lambda patch: patch.setattr(args, "fp16_text_enc", True),
        lambda patch: patch.setattr(args, "an_option_of_later_hosts", True, raising=False),
        lambda patch: patch.setattr(comfy.model_management, "text_encoder_dtype", lambda _: torch.bfloat16),
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


def test_a_host_whose_encoding_was_replaced_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import comfy.sd
    import folder_paths

    pack = tmp_path / "custom_nodes" / "weights" / "patch.py"
    pack.parent.mkdir(parents=True)
    pack.write_text("def encode_token_weights(self, tokens):\n    return None\n")
    told = folder_paths.folder_names_and_paths["custom_nodes"]
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "custom_nodes", ([*told[0], str(tmp_path / "custom_nodes")], told[1]))
    import importlib.util

    spec = importlib.util.spec_from_file_location("patch", pack)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before, theirs = facts(), module.encode_token_weights
    for owner, name in (
        (comfy.sd1_clip.ClipTokenWeightEncoder, "encode_token_weights"), (comfy.sd, "load_clip"), (comfy.text_encoders.t5.T5, "forward"),
        (comfy.ldm.modules.attention, "optimized_attention_for_device"), (torch.nn.functional, "scaled_dot_product_attention"),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, theirs)
            with pytest.raises(EncoderScopeError, match=rf"\.{name}"):
                facts()
    monkeypatch.setattr(comfy.utils, "set_progress_bar_enabled", theirs)
    assert facts() == before, "progress bars of other packs change no number"


# --- the node's rules, with a CLIP of the host --------------------------------------------------------------------------------


def question(text: str = TEXT, graph: dict[str, Any] | None = None) -> Any:
    from encoderscope.nodes import caching

    nodes = {"c": node("EncoderScope_CachedEncode", text=text, clip=["2", 0]), **(graph or {"2": loader()})}
    return caching.Question(SimpleNamespace(get_node=nodes.__getitem__), "c", text)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> stores.Store:
    """Files count as older than the process."""
    from encoderscope.nodes import freshness

    monkeypatch.setattr(freshness, "STARTED", keys.time.time_ns() + 10**12)
    return stores.Store(tmp_path / "kept")


def answer(kept: stores.Store, clip: Any, **given: Any) -> tuple[Any, str]:
    from encoderscope.nodes import caching

    one = question(**given)
    caching.ask(one, kept)
    made, told = caching.answer(one, clip, kept)
    return made, told.text


@pytest.mark.parametrize("family", ["sd1", "sdxl", "sd3", "flux", "wan"])
def test_what_comes_back_is_what_the_host_gave(family: str, kept: stores.Store) -> None:
    if clips.shipped(clips.FAMILIES[family]) is None:
        pytest.skip("newer than this host")
    clip = clips.clip(family)
    for text in (TEXT, "a (red:1.3) fox", ""):
        made, _ = answer(kept, clip, text=text)
        found, report = answer(kept, None, text=text)
        assert report.startswith("Hit")
        same(found, made)
        same(found, clip.encode_from_tokens_scheduled(clip.tokenize(text)))


def test_a_value_that_cannot_be_stored_is_encoded_as_ever(kept: stores.Store) -> None:
    clip = clips.clip("sd1")
    plain = clip.encode_from_tokens_scheduled

    def hooked(tokens: Any) -> Any:
        return [[tensor, {**told, "hooks": kept}] for tensor, told in plain(tokens)]

    clip.encode_from_tokens_scheduled = hooked
    made, report = answer(kept, clip)
    assert made[0][1]["hooks"] is kept and "Not stored" in report and "hooks" in report and kept.items() == []


def test_a_file_that_changes_while_it_is_encoded_is_not_stored(kept: stores.Store, files: Path) -> None:
    clip = clips.clip("sd1")
    plain = clip.encode_from_tokens_scheduled

    def slow(tokens: Any) -> Any:
        (files / "text_encoders" / "a.safetensors").write_bytes(b"another")
        return plain(tokens)

    clip.encode_from_tokens_scheduled = slow
    assert "changed while it was encoded" in answer(kept, clip)[1] and kept.items() == []


def test_a_loader_that_ran_before_the_question_is_not_believed(kept: stores.Store, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is younger than the process, so it may have been another when it was loaded."""
    from encoderscope.nodes import caching, freshness

    monkeypatch.setattr(freshness, "STARTED", 0)
    clip, ran = clips.clip("sd1"), {"1"}
    monkeypatch.setattr(freshness, "started", lambda: frozenset(ran))
    assert "Not stored: a.safetensors changed after" in answer(kept, clip)[1]
    one = question()
    caching.ask(one, kept)
    ran.add("2")  # now the loader runs, after the question
    assert "Stored" in caching.answer(one, clip, kept)[1].text
    assert "Stored" in answer(kept, clip, text="this very CLIP is known to be of that file")[1]
    assert "Not stored" in answer(kept, clips.clip("sd1"), text="another one is not")[1]


def test_an_old_file_in_the_place_of_another_is_not_believed(kept: stores.Store, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a link that was turned elsewhere, or by a folder that was renamed: the file itself is as old as ever."""
    from encoderscope.nodes import freshness

    clip, folder = clips.clip("sd1"), files / "text_encoders"
    (folder / "sub").mkdir()
    (folder / "other").mkdir()
    for name, where in (("one", "sub"), ("two", "other")):
        (folder / where / "x.safetensors").write_bytes(name.encode())
    renamed = {"2": loader(clip_name="sub/x.safetensors")}
    assert "Stored" in answer(kept, clip, graph=renamed)[1]
    (folder / "sub").rename(folder / "gone")
    (folder / "other").rename(folder / "sub")
    assert "Not stored: x.safetensors changed" in answer(kept, clip, graph=renamed)[1]

    (folder / "link.safetensors").symlink_to(folder / "a.safetensors")
    keys.time.sleep(0.05)
    monkeypatch.setattr(freshness, "STARTED", keys.time.time_ns())
    keys.time.sleep(0.05)
    turned = {"2": loader(clip_name="link.safetensors")}
    assert "Stored" in answer(kept, clip, text="another", graph=turned)[1]
    (folder / "link.safetensors").unlink()
    freshness._seen.clear()
    (folder / "link.safetensors").symlink_to(folder / "b.safetensors")
    assert "Not stored: link.safetensors changed" in answer(kept, clip, text="another", graph=turned)[1]


def test_a_lora_that_the_host_may_still_hold_is_not_believed(kept: stores.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's LoraLoader keeps the file it read last, whatever becomes of it."""
    from encoderscope.nodes import caching, freshness

    monkeypatch.setattr(freshness, "STARTED", 0)
    ran: set[str] = set()
    monkeypatch.setattr(freshness, "started", lambda: frozenset(ran))
    one = question(graph={"1": loader(), "2": lora()})
    caching.ask(one, kept)
    ran |= {"1", "2"}
    assert "Not stored" in caching.answer(one, clips.clip("sd1"), kept)[1].text


def test_nothing_is_stored_where_nothing_may_be_kept(kept: stores.Store) -> None:
    assert "Not stored" in answer(stores.Store(kept.folder, 0), clips.clip("sd1"))[1]


@pytest.mark.parametrize("clip", [None, "a text"])
def test_what_is_no_clip_is_said(clip: Any, kept: stores.Store) -> None:
    with pytest.raises(EncoderScopeError, match="CLIP"):
        answer(kept, clip)


def test_a_device_that_cannot_be_told_is_no_reason_to_fail(kept: stores.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import comfy.model_management
    from encoderscope.nodes import circumstances

    def broken() -> Any:
        raise AttributeError("this torch has no such device")

    with monkeypatch.context() as patch:
        patch.setattr(circumstances, "_device", broken)
        made, report = answer(kept, clips.clip("sd1"))
        assert made[0][0].ndim == 3 and "no such device" in report and "Not stored" in report

    def stopped() -> Any:
        raise comfy.model_management.InterruptProcessingException

    monkeypatch.setattr(circumstances, "_device", stopped)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        answer(kept, clips.clip("sd1"))


def test_several_texts_at_one_node(kept: stores.Store) -> None:
    """The host asks for each text of a list before it runs the first."""
    from encoderscope.nodes import caching

    clip, texts = clips.clip("sd1"), ["one", "two", "one"]
    answer(kept, clip, text="two")
    questions = [question(text) for text in texts]
    assert [caching.ask(one, kept).found is not None for one in questions] == [False, True, False]
    states = []
    for one in questions:
        made, told = caching.answer(one, clip, kept)
        states.append(told.state)
        same(made, clip.encode_from_tokens_scheduled(clip.tokenize(one.text)))
    assert states == ["stored", "hit", "hit"]


def test_an_entry_that_goes_while_it_is_asked_for_is_said(kept: stores.Store) -> None:
    from encoderscope.nodes import caching

    answer(kept, clips.clip("sd1"))
    one = question()
    assert caching.ask(one, kept).found
    for k in range(caching._POCKET):  # so many others are asked for meanwhile that it is forgotten
        caching.ask(question(f"{k}"), kept)
    assert caching.answer(one, None, kept)[1].state == "hit", "then it is read once more"
    caching.ask(one, kept)
    for k in range(caching._POCKET):
        caching.ask(question(f"{k}"), kept)
    kept.remove(kept.items())
    with pytest.raises(EncoderScopeError, match="is gone"):
        caching.answer(one, None, kept)


def test_what_changed_is_said_in_words(kept: stores.Store) -> None:
    clip = clips.clip("sd1")
    answer(kept, clip, text="one")
    assert "last run: the text." in answer(kept, clip, text="two")[1]
    assert "last run: a node or a file above." in answer(kept, clip, text="two", graph={"2": loader(type="flux2")})[1]


def test_a_host_that_gives_no_graph_still_encodes(kept: stores.Store) -> None:
    from encoderscope.nodes import caching

    one = caching.Question(None, "c", TEXT)
    caching.ask(one, kept)
    made, told = caching.answer(one, clips.clip("sd1"), kept)
    assert told.state == "not stored" and "gave no graph" in told.text and made[0][0].ndim == 3
