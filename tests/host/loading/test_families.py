"""Which files make which family: every sensible set, and every other set of up to three roles is
refused with a sentence that helps.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from encoderscope.conditioning.encoder_files.description import Description
from encoderscope.conditioning.encoder_files.fits import fits
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.families.table import FAMILIES

pytestmark = [pytest.mark.host, pytest.mark.usefixtures("host_folder")]


def encoder_description(
    architecture: str, variant: str, size: str, width: int, layers: int, title: str = ""
) -> Description:
    return Description(
        "encoder",
        architecture,
        variant,
        size,
        title or f"{variant} {size}",
        width=width,
        layers=layers,
        projection=width if architecture == "clip" else None,
    )


GIVEN = {
    "clip_l": encoder_description("clip", "clip", "l", 768, 12),
    "clip_g": encoder_description("clip", "clip", "g", 1280, 32),
    "clip_h": encoder_description("clip", "clip", "h", 1024, 24),
    "t5xxl": encoder_description("t5", "t5_v1_1", "xxl", 4096, 24),
    "t5_11b": encoder_description("t5", "t5", "11b", 1024, 24),
    "t5base": encoder_description("t5", "t5", "base", 768, 12),
    "pile_t5xl": encoder_description("t5", "pile_t5", "xl", 2048, 24),
    "umt5xxl": encoder_description("t5", "umt5", "xxl", 4096, 24),
    "umt5base": encoder_description("t5", "umt5", "base", 768, 12),
}
STRANGERS = {
    "clip_b": encoder_description("clip", "clip", "b", 512, 12, "CLIP ViT-B/32"),
    "siglip": encoder_description("siglip", "siglip", "base", 768, 12, "SigLIP base"),
    "t5_v1_1_base": encoder_description("t5", "t5_v1_1", "base", 768, 12),
    "t5_v1_1_xl": encoder_description("t5", "t5_v1_1", "xl", 2048, 24),
    "t5_large": encoder_description("t5", "t5", "large", 1024, 24),
    "clip_l of 10 layers": encoder_description("clip", "clip", "", 768, 10),
}
SENSIBLE = {
    ("clip_l",): "sd1",
    ("clip_h",): "sd2",
    ("clip_l", "clip_g"): "sdxl",
    ("clip_l", "t5xxl"): "flux",
    ("clip_g", "t5xxl"): "sd3",
    ("clip_l", "clip_g", "t5xxl"): "sd3",
    ("t5_11b",): "cosmos",
    ("umt5xxl",): "wan",
    ("pile_t5xl",): "aura",
    ("t5base",): "stable_audio",
    ("umt5base",): "ace",
}
SEVERAL = {
    ("clip_g",): ("SDXL Refiner", "Stable Cascade"),
    ("t5xxl",): ("Stable Diffusion 3", "PixArt-Sigma", "Chroma", "LTX-Video", "Mochi", "HiDream"),
}


def choose(names: tuple[str, ...], family: str = "auto", from_model: str | None = None) -> Any:
    from encoderscope.host.loading import picker

    return picker.choose([{**GIVEN, **STRANGERS}[name] for name in names], family, from_model)


@pytest.mark.parametrize(("names", "family"), SENSIBLE.items(), ids=str)
def test_auto(names: tuple[str, ...], family: str) -> None:
    for order in (names, names[::-1]):
        result, parts = choose(order)
        assert result == family
        assert parts == {name: order.index(name) for name in names}


@pytest.mark.parametrize(("names", "families"), SEVERAL.items(), ids=str)
def test_auto_asks_where_several_families_fit(
    names: tuple[str, ...], families: tuple[str, ...]
) -> None:
    with pytest.raises(EncoderScopeError) as sentence:
        choose(names)
    assert all(title in str(sentence.value) for title in families)
    assert "Choose the family by its name, or connect the MODEL" in str(sentence.value)


SENSELESS = [
    names
    for count in (2, 3)
    for names in combinations(GIVEN, count)
    if frozenset(names) not in {frozenset(known) for known in SENSIBLE}
]


@pytest.mark.parametrize("names", SENSELESS, ids="+".join)
def test_auto_refuses_every_other_set(names: tuple[str, ...]) -> None:
    with pytest.raises(EncoderScopeError) as sentence:
        choose(names)
    assert all(GIVEN[name].title in sentence.value.problem for name in names)
    assert "One of these was expected: " in sentence.value.expected
    assert any(FAMILIES[family].title in sentence.value.expected for family in SENSIBLE.values())


@pytest.mark.parametrize("stranger", STRANGERS)
def test_an_encoder_of_no_family(stranger: str) -> None:
    assert choose((stranger,)) == ("encoder alone", {"alone": 0})
    with pytest.raises(
        EncoderScopeError, match="No family takes " + STRANGERS[stranger].title.replace("/", ".")
    ):
        choose((stranger, "t5xxl"))
    for family in ("flux", "sd3", "wan"):
        with pytest.raises(EncoderScopeError) as sentence:
            choose((stranger, "t5xxl"), family)
        assert STRANGERS[stranger].title in sentence.value.problem
        assert str(STRANGERS[stranger].width) in sentence.value.problem


def test_the_wrong_clip_for_flux_is_told_in_widths() -> None:
    with pytest.raises(
        EncoderScopeError,
        match=(
            r"FLUX\.1 cannot be built from CLIP ViT-B/32 and t5_v1_1 xxl\. CLIP ViT-B/32 has "
            r"states of width 512\. It takes CLIP-L \+ T5 v1\.1 XXL"
        ),
    ):
        choose(("clip_b", "t5xxl"), "flux")


@pytest.mark.parametrize("name", GIVEN)
def test_two_files_of_the_same_role(name: str) -> None:
    with pytest.raises(
        EncoderScopeError, match=r"Several of the files are .*Each encoder of a family is given"
    ):
        choose((name, name))


def test_every_set_of_every_family_is_taken_by_its_name() -> None:
    from encoderscope.host.loading import build, picker

    assert set(picker.SETS) == set(build.TARGETS)
    for family, sets in picker.SETS.items():
        assert family in FAMILIES
        for names in sets:
            assert choose(names, family)[0] == family
        for names in ({tuple(sorted(known)) for known in SENSIBLE} | set(SEVERAL)) - set(sets):
            with pytest.raises(EncoderScopeError, match="cannot be built from"):
                choose(names, family)


def test_sd3_takes_any_of_its_encoders() -> None:
    from encoderscope.host.loading import picker

    assert len(picker.SETS["sd3"]) == 7


def test_roles_agree_with_what_inspection_says_of_a_file() -> None:
    """`What Is This File?` and this loader must never contradict each other."""
    from encoderscope.host.loading import picker

    for name, stranger in GIVEN.items():
        assert picker.role_of(stranger) == name
        output = {answer.family for answer in fits(stranger) if answer.fits}
        built = {
            family for family, sets in picker.SETS.items() if any(name in known for known in sets)
        }
        assert built <= output, name
    for stranger in STRANGERS.values():
        assert not any(answer.fits for answer in fits(stranger))


def test_a_long_clip_and_a_t5_of_an_unusual_shape_keep_their_role() -> None:
    from encoderscope.host.loading import picker

    assert picker.role_of(encoder_description("clip", "long_clip", "l", 768, 12)) == "clip_l"
    assert picker.role_of(encoder_description("t5", "t5_v1_1", "", 4096, 20)) == "t5xxl"


def model(name: str) -> Any:
    """A host MODEL as far as its family is concerned: the host's own class of its configuration."""
    import comfy.supported_models

    cls = getattr(comfy.supported_models, name)
    return SimpleNamespace(model=SimpleNamespace(model_config=cls.__new__(cls)))


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("SD15", "sd1"),
        ("SD20", "sd2"),
        ("SDXL", "sdxl"),
        ("SSD1B", "sdxl"),
        ("SDXLRefiner", "sdxl_refiner"),
        ("Stable_Cascade_B", "stable_cascade"),
        ("SD3", "sd3"),
        ("Flux", "flux"),
        ("FluxSchnell", "flux"),
        ("Flux2", "flux2"),
        ("HiDream", "hidream"),
        ("PixArtAlpha", "pixart_alpha"),
        ("PixArtSigma", "pixart"),
        ("Chroma", "chroma"),
        ("ChromaRadiance", "chroma"),
        ("LTXV", "ltxv"),
        ("GenmoMochi", "mochi"),
        ("CosmosI2V", "cosmos"),
        ("WAN21_I2V", "wan"),
        ("WAN22_S2V", "wan"),
        ("AuraFlow", "aura"),
        ("StableAudio", "stable_audio"),
        ("ACEStep", "ace"),
        ("HunyuanImage21", "hunyuan_image"),
        ("HunyuanVideo15", "hunyuan_video_15"),
        ("ZImage", "z_image"),
        ("Lumina2", "lumina2"),
    ],
)
def test_the_family_of_a_model(name: str, family: str) -> None:
    from encoderscope.host.loading import picker

    assert picker.family_of_model(model(name)) == family


def test_the_model_decides_where_the_files_do_not() -> None:
    assert choose(("t5xxl",), from_model="chroma")[0] == "chroma"
    assert choose(("clip_l", "clip_g"), from_model="sd3")[0] == "sd3"
    assert choose(("clip_l",), "encoder alone", from_model="flux")[0] == "encoder alone"
    with pytest.raises(
        EncoderScopeError, match=r"set to SDXL, and the connected MODEL is of FLUX\.1"
    ):
        choose(("clip_l", "clip_g"), "sdxl", from_model="flux")
    with pytest.raises(EncoderScopeError, match=r"FLUX\.1 cannot be built from"):
        choose(("clip_l", "clip_g"), from_model="flux")
    with pytest.raises(EncoderScopeError, match="CLIPLoader with type qwen_image"):
        choose(("clip_l",), from_model="qwen_image")


def test_an_unknown_model_and_an_unknown_family() -> None:
    from encoderscope.host.loading import picker

    with pytest.raises(
        EncoderScopeError,
        match="MODEL is a Hunyuan3Dv2, whose text encoders EncoderScope does not know",
    ):
        picker.family_of_model(model("Hunyuan3Dv2"))
    with pytest.raises(EncoderScopeError, match="Unknown family 'sd4'"):
        choose(("clip_l",), "sd4")


def test_language_models_are_for_the_hosts_loaders() -> None:
    from encoderscope.host.loading import picker

    llm = replace(
        encoder_description("llm", "llama3_8b", "", 4096, 32, "Llama 3 8B"), prefix="model."
    )
    with pytest.raises(EncoderScopeError, match=r"Llama 3 8B is no CLIP, SigLIP or T5.*CLIPLoader"):
        picker.choose([GIVEN["clip_l"], llm], "auto")
    with pytest.raises(EncoderScopeError, match="knows other names of its tensors") as raised:
        picker.choose([replace(llm, prefix="llm.model.")], "auto")
    assert "CLIPLoader" not in str(raised.value)
    with pytest.raises(EncoderScopeError, match="the pack ComfyUI-GGUF do"):
        picker.choose([replace(llm, key_style="gguf")], "auto")


def test_encoder_alone_takes_one_file() -> None:
    assert choose(("t5xxl",), "encoder alone") == ("encoder alone", {"alone": 0})
    with pytest.raises(EncoderScopeError, match="Several encoders were given"):
        choose(("clip_l", "t5xxl"), "encoder alone")


def test_the_table_of_models_names_classes_that_the_host_has(host_folder: Path) -> None:
    import comfy.supported_models
    from encoderscope.host.loading import picker

    assert [name for name in picker.MODELS if not hasattr(comfy.supported_models, name)] == []
