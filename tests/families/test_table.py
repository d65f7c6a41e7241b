"""The table of conditioning layouts: its form, its lookups, and (marked host) its agreement with
the real ComfyUI.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.families.conditioning_widths import (
    fitting_families,
    widths_of_family,
)
from encoderscope.conditioning.families.family import TRANSFORMERS, UNET
from encoderscope.conditioning.families.table import (
    FAMILIES,
    ROLES,
    Family,
    TrainedLength,
    by_host_classes,
    by_loader,
)
from encoderscope.tests.host.models import MODELS, NEWER

SDXL = "comfy.sdxl_clip.SDXLTokenizer"
PIXART = "comfy.text_encoders.pixart_t5.PixArtTokenizer"
# Members of newer hosts' CLIPType whose tokenizers give no streams of windows: reported as layout
# unknown.
NO_LAYOUT = {"yue2"}
# Their files decide in sd.py whatever the type; HiDream-O1 has no text encoder to load.
WHATEVER_THE_TYPE = {"aura", "hidream_o1", "anima", "ernie_image"}

families = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


def rules(family: Family) -> dict[str, Any]:
    return {rule.name: rule for rule in family.streams}


def lengths() -> Iterator[tuple[str, TrainedLength]]:
    for family in FAMILIES.values():
        for rule in family.streams:
            for length in (rule.trained_length, rule.reference_limit):
                if length is not None:
                    yield f"{family.name}.{rule.name}", length


@families
def test_form(family: Family) -> None:
    assert FAMILIES[family.name] is family
    assert family.title
    assert family.tokenizers
    for path in (*family.tokenizers, *family.clip_classes):
        assert re.fullmatch(r"comfy(\.\w+)+\.[A-Z]\w*", path), path
    names = [rule.name for rule in family.streams]
    assert len(set(names)) == len(names)
    assert any(rule.sequence for rule in family.streams)
    assert all(rule.title for rule in family.streams)
    assert set(family.side_by_side) <= set(names)
    assert all(kind == kind.lower() for kind in (*family.loader_types, *family.pair_types))
    assert set(family.stands_for) <= set(FAMILIES)


@families
def test_no_field_is_forgotten(family: Family) -> None:
    """What is not known is None, with the reason in place of the source."""
    attention = family.attention
    assert attention.generator in (UNET, *TRANSFORMERS, None)
    assert attention.ordered in (True, False, None)
    assert len(attention.source) > 20, "say where it stands, or why it is not known"
    for rule in family.streams:
        assert (rule.role is None) == (rule.encoder == ""), rule.name
        assert rule.role is not None or rule.note or not rule.taken, rule.name
    assert family.loader_types or family.name in WHATEVER_THE_TYPE
    assert set(family.automatic) <= set(family.sets)
    assert family.sets == () or family.model_classes
    taken = {rule.role.name for rule in family.streams if rule.role and rule.taken}
    assert {role for roles in family.sets for role in roles} <= taken
    assert all(list(roles) == sorted(roles) for roles in family.sets)


def test_every_role_has_a_width() -> None:
    for name, role in ROLES.items():
        assert role.name == name
        assert role.title and role.short
        assert role.architecture in ("clip", "t5", "bert", "llm", "t5gemma", "xlm_roberta")
        assert role.width > 0 and role.layers > 0, name
        assert bool(role.variants) <= bool(role.size), name


def test_one_role_one_entry() -> None:
    rules = [rule for family in FAMILIES.values() for rule in family.streams if rule.role]
    assert all(ROLES[rule.role.name] is rule.role for rule in rules if rule.role)
    assert len({role.file_names for role in ROLES.values() if role.variants}) > 20


def test_auto_builds_one_family_of_a_set() -> None:
    automatic = [roles for family in FAMILIES.values() for roles in family.automatic]
    assert len(set(automatic)) == len(automatic)


def test_no_two_families_claim_a_model_or_a_pair_of_files() -> None:
    for field in ("model_classes", "pair_types"):
        claimed = [name for family in FAMILIES.values() for name in getattr(family, field)]
        assert len(set(claimed)) == len(claimed), field


@pytest.mark.parametrize(
    ("name", "loader"),
    [
        ("z_image", "CLIPLoader with type lumina2"),
        ("hunyuan_video", "DualCLIPLoader with type hunyuan_video"),
        ("ace15", "DualCLIPLoader with type ace"),
        ("sd3", "TripleCLIPLoader with type sd3"),
        ("ernie_image", "CLIPLoader"),
    ],
)
def test_the_hosts_loader(name: str, loader: str) -> None:
    assert FAMILIES[name].host_loader == loader


def test_families_of_one_architecture_read_alike() -> None:
    """Both were once judged by different rules, because one had been forgotten in a table."""
    for item, other in (("qwen_image", "qwen_image_21"), ("lumina2", "newbie"), ("flux", "chroma")):
        first, second = FAMILIES[item].attention, FAMILIES[other].attention
        assert (first.generator, first.ordered) == (second.generator, second.ordered)


def test_every_length_is_sourced_and_positive() -> None:
    for where, length in lengths():
        assert length.tokens > 0, where
        assert len(length.source) > 10, where


@pytest.mark.parametrize(
    ("name", "sequence", "pooled"),
    [
        ("sd1", "l", ""),
        ("sd2", "h", ""),
        ("sdxl", "l g", "g"),
        ("sdxl_refiner", "g", "g"),
        ("stable_cascade", "g", "g"),
        ("sd3", "l g t5xxl", "l g"),
        ("flux", "t5xxl", "l"),
        ("flux2", "mistral3_24b", ""),
        ("hidream", "t5xxl llama", "l g"),
        ("hunyuan_dit", "hydit_clip mt5xl", ""),
        ("hunyuan_video", "llama", "l"),
        ("hunyuan_video_15", "byt5 qwen25_7b", ""),
        ("hunyuan_image", "qwen25_7b byt5", ""),
        ("kandinsky5", "qwen25_7b", "l"),
        ("newbie", "gemma", "jina"),
    ],
)
def test_what_the_generator_takes(name: str, sequence: str, pooled: str) -> None:
    streams = FAMILIES[name].streams
    assert [rule.name for rule in streams if rule.sequence] == sequence.split()
    assert [rule.name for rule in streams if rule.pooled] == pooled.split()


@families
def test_a_loaded_clip_finds_its_own_family(family: Family) -> None:
    mro = ["torch.nn.modules.module.Module", *family.clip_classes]
    for tokenizer in family.tokenizers:
        tokenizers = by_host_classes(tokenizer, mro)
        assert tokenizers is not None
        assert tokenizers is family or family.name in tokenizers.stands_for


@pytest.mark.parametrize(
    "tokenizer",
    ["", "SDXLTokenizer", SDXL.lower(), SDXL + "2", "comfy.sdxl_clip.SDXLClipGTokenizer"],
)
def test_tokenizer_classes_match_exactly(tokenizer: str) -> None:
    assert by_host_classes(tokenizer, ["comfy.sdxl_clip.SDXLClipModel"]) is None


def test_the_model_tells_sdxl_from_its_refiner() -> None:
    local = "comfy.somewhere.factory.<locals>.Model_"
    assert by_host_classes(SDXL, [local, "comfy.sdxl_clip.SDXLClipModel"]) is FAMILIES["sdxl"]
    assert (
        by_host_classes(SDXL, [local, "comfy.sdxl_clip.SDXLRefinerClipModel"])
        is FAMILIES["sdxl_refiner"]
    )
    assert by_host_classes(SDXL, [local]) is None
    assert by_host_classes(SDXL, []) is None


def test_classes_shared_by_pixart_and_chroma_claim_no_length() -> None:
    tokenizers = by_host_classes(PIXART, ["comfy.text_encoders.pixart_t5.PixArtT5XXL"])
    assert tokenizers is FAMILIES["pixart_or_chroma"]
    assert all(
        rule.trained_length is None and rule.reference_limit is None for rule in tokenizers.streams
    )
    assert "choose" in tokenizers.note
    trained = [FAMILIES[name].streams[0].trained_length for name in tokenizers.stands_for]
    assert [length.tokens for length in trained if length] == [120, 300, 512]


def test_no_other_classes_are_ambiguous() -> None:
    seen: dict[tuple[str, str], str] = {}
    for family in FAMILIES.values():
        for key in (
            (tokenizer, model)
            for tokenizer in family.tokenizers
            for model in family.clip_classes or ("",)
        ):
            if key[0] != PIXART:
                assert key not in seen, (key, family.name, seen.get(key))
            seen[key] = family.name


@pytest.mark.parametrize(
    ("clip_type", "files", "name"),
    [
        ("flux", 2, "flux"),
        ("FLUX", 2, "flux"),
        ("sdxl", 2, "sdxl"),
        ("stable_diffusion", 2, "sdxl"),
        ("wan", 2, "sdxl"),
        ("sd3", 2, "sd3"),
        ("hidream", 2, "hidream"),
        ("hunyuan_video_15", 2, "hunyuan_video_15"),
        ("kandinsky5_image", 2, "kandinsky5"),
        ("ltxv", 2, None),
        ("no such type", 2, None),
        ("stable_diffusion", 3, "sd3"),
        ("stable_diffusion", 4, "hidream"),
        ("stable_diffusion", 1, None),
        ("sd3", 1, None),
        ("wan", 1, None),
        ("flux", 0, None),
        ("flux", 5, None),
    ],
)
def test_what_a_loader_surely_gives(clip_type: str, files: int, name: str | None) -> None:
    assert by_loader(clip_type, files) is (FAMILIES[name] if name else None)


# --- the real host
# --------------------------------------------------------------------------------------------------


def imported(path: str) -> Any:
    """The class behind a dotted path, or None where this host is too old to have it."""
    module, name = path.rsplit(".", 1)
    try:
        return getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError:
        return None


@pytest.mark.host
def test_every_clip_type_of_the_host_is_named(host_folder: Path) -> None:
    members = {member.name.lower() for member in importlib.import_module("comfy.sd").CLIPType}
    named = {kind for family in FAMILIES.values() for kind in family.loader_types}
    assert members - named <= NO_LAYOUT


@pytest.mark.host
@families
def test_host_classes_import(host_folder: Path, family: Family) -> None:
    missing = [
        path for path in (*family.tokenizers, *family.clip_classes) if imported(path) is None
    ]
    assert not missing or family.newer, missing


@pytest.mark.host
@families
def test_the_host_tokenizes_into_these_streams(host_folder: Path, family: Family) -> None:
    classes = [cls for path in family.tokenizers if (cls := imported(path)) is not None]
    if family.tokenizer_in_file or not classes:
        pytest.skip(
            "the vocabulary travels in the weights file"
            if family.tokenizer_in_file
            else "newer than this host"
        )
    for cls in classes:
        streams = cls().tokenize_with_weights('a fox, "hello"')
        assert {name for name, windows in streams.items() if isinstance(windows, list)} == set(
            rules(family)
        )


@pytest.mark.host
@pytest.mark.parametrize("name", [*MODELS, *NEWER])
def test_the_host_keeps_its_encoders_there(host_folder: Path, name: str) -> None:
    torch = pytest.importorskip("torch")
    importlib.import_module("comfy.sd")
    module = imported("comfy." + (MODELS | NEWER)[name])
    if module is None and name in NEWER:
        pytest.skip("newer than this host")
    cls = module if isinstance(module, type) else module()
    with torch.device("meta"):  # shapes only: no weight takes memory
        model = cls(dtype=torch.float16, **({} if name == "hunyuan_dit" else {"device": "meta"}))

    family = by_host_classes(
        FAMILIES[name].tokenizers[0], [f"{c.__module__}.{c.__qualname__}" for c in cls.__mro__]
    )
    assert family is FAMILIES[name]
    absent = [
        rule.name for rule in family.streams if rule.encoder and not hasattr(model, rule.encoder)
    ]
    assert absent == (["l"] if name == "sdxl_refiner" else [])


def test_a_conditioning_of_any_family_is_named_by_its_widths() -> None:
    for family in FAMILIES.values():
        if family.stands_for or not any(stream.role for stream in family.streams):
            continue
        sequence, pooled = widths_of_family(family.name)
        fitting = fitting_families(sequence, pooled, {family.conditioning_key})
        assert family in fitting.exact, family.name
