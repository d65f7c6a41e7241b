"""Fates proved on numbers: in the host's own encoders, with seeded random weights, the words a
report calls invisible leave no trace. How that is proved stands in fate_proofs.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from encoderscope.conditioning.families.table import FAMILIES
from encoderscope.tests.host import clips
from encoderscope.tests.host.fate_proofs import (
    PLAIN,
    SHORT,
    WORDS,
    by_readout,
    differs,
    encode,
    encoders,
    prove,
    read,
)

pytestmark = pytest.mark.host


@pytest.fixture(scope="module", autouse=True)
def _freed_in_time() -> Iterator[None]:
    """The host cannot free its models any more once Python is shutting down."""
    yield
    encoders.cache_clear()


# --- every family
# --------------------------------------------------------------------------------------------------

EXPECTED = {
    "sd1": {"sequence:l": {"seen", "later"}},
    "sd2": {"sequence:h": {"seen", "later"}},
    "sdxl": {
        "pooled": {"seen", "none"},
        "sequence:l": {"seen", "later"},
        "sequence:g": {"seen", "later"},
    },
    "sdxl_refiner": {"pooled": {"seen", "none"}, "sequence:g": {"seen", "later"}},
    "stable_cascade": {"pooled": {"seen", "none"}, "sequence:g": {"seen", "later"}},
    "sd3": {
        "pooled": {"seen", "none"},
        "sequence:l": {"seen", "later"},
        "sequence:g": {"seen", "later"},
        "sequence:t5xxl": {"seen"},
    },
    "flux": {"pooled": {"seen", "none"}, "sequence:t5xxl": {"seen"}},
    "hidream": {
        "pooled": {"seen", "none"},
        "sequence:t5xxl": {"seen", "none"},
        "sequence:llama": {"seen", "past"},
    },
    "hunyuan_video": {"pooled": {"seen", "none"}, "sequence:llama": {"seen"}},
    "hunyuan_dit": {"sequence:hydit_clip": {"seen", "past"}, "sequence:mt5xl": {"seen"}},
    "stable_audio": {"sequence:t5base": {"seen", "past"}},
}


@pytest.mark.parametrize("name", clips.ENCODED)
def test_every_family(host_folder: Path, name: str) -> None:
    clip = clips.clip_or_skip(name)
    measures = by_readout(prove(clip, PLAIN))
    if name in EXPECTED:
        assert measures == EXPECTED[name]
    else:
        assert measures.pop("sequence:lyrics", {"none"}) == {"none"}, (
            "lyrics have a box of their own"
        )
        assert all("seen" in states for states in measures.values())
        pooled = {"pooled" for rule in FAMILIES[name].streams if rule.pooled}
        assert set(measures) == pooled | {
            f"sequence:{rule.name}" for rule in FAMILIES[name].streams if rule.sequence
        } - {"sequence:byt5", "sequence:lyrics"}  # nothing is quoted


@pytest.mark.parametrize("name", ["sd1", "sdxl", "flux", "stable_cascade", "sd3"])
def test_weighted_segments(host_folder: Path, name: str) -> None:
    """Short segments move whole to the next window; weights pull towards the empty prompt without
    mixing windows.
    """
    text = (
        f"{' '.join(WORDS[:60])} (old stone bridge:1.3) {' '.join(WORDS[10:20])} (wild blue "
        f"sea sky:0.7) {' '.join(WORDS[:40])}"
    )
    measures = by_readout(prove(encoders(name), text))
    assert all({"seen"} < states for readout, states in measures.items() if "t5" not in readout)


# --- what is typed
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["sdxl", "sdxl_refiner", "stable_cascade", "flux", "hunyuan_video", "sd3"]
)
def test_a_typed_end_hides_what_follows_from_the_pooled_vector(
    host_folder: Path, name: str
) -> None:
    measures = by_readout(
        prove(encoders(name), f"{SHORT}, the sea <|endoftext|> old stone bridge over a river")
    )
    assert measures["pooled"] == {"seen", "none"}
    assert all(states == {"seen"} for readout, states in measures.items() if readout != "pooled")


def test_vectors_behind_a_typed_end_move_the_pooled_row(host_folder: Path, tmp_path: Path) -> None:
    clips.write_embedding(tmp_path, "style", clip_l=(2, 64), clip_g=(2, 96))
    clip = encoders("sdxl", tmp_path)
    text = "red sea <|endoftext|> blue dog cat embedding:style old stone bridge"
    reading = read(clip, text)
    pooled = dict(zip((w.text for w in reading.found.words), reading.found.lanes[0], strict=True))
    assert (pooled["dog"], pooled["cat"]) == ("seen", "none"), "two vectors move the row on by two"
    assert by_readout(prove(clip, text))["pooled"] == {"seen", "none"}


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("mochi", "none"),
        ("ltxv", "none"),
        ("cosmos", "none"),
        ("stable_audio", "none"),  # they mask, and tell the generator
        ("flux", "seen"),
        ("pixart_or_chroma", "seen"),  # no mask at all
        ("hidream", "seen"),  # masks in T5, but hands T5's rows over without the mask
        ("wan", "seen"),  # its sentencepiece reads "</s>" as text
    ],
)
def test_a_typed_end_in_t5(host_folder: Path, name: str, after: str) -> None:
    reading = read(encoders(name), "red sea and blue sky </s> old stone bridge")
    lane = next(
        lane
        for r, lane in zip(reading.found.readouts, reading.found.lanes, strict=True)
        if r.kind == "sequence"
    )
    assert [lane[w] for w, word in enumerate(reading.found.words) if word.text == "bridge"] == [
        after
    ]
    prove(reading.clip, reading.found.text)


@pytest.mark.parametrize("name", ["qwen_image", "z_image", "omnigen2", "hunyuan_image"])
def test_typed_padding_masks_what_follows_in_qwen(host_folder: Path, name: str) -> None:
    measures = by_readout(
        prove(encoders(name), "a red sea and blue sky <|endoftext|> old stone bridge")
    )
    assert next(states for readout, states in measures.items() if "qwen" in readout) == {
        "seen",
        "none",
    }


def test_t5_mask_of_sd3(host_folder: Path) -> None:
    measures = by_readout(
        prove(
            clips.clip("sd3", t5_attention_mask=True, clip_g=False),
            "red sea and blue sky </s> old stone bridge",
        )
    )
    assert measures["sequence:t5xxl"] == {"seen", "none"}


def test_quotes_for_byt5(host_folder: Path) -> None:
    text = 'A small house with a sign "open all day" and “cold fish” on the wall, old stone bridge'
    measures = by_readout(prove(encoders("hunyuan_image"), text))
    assert measures == {"sequence:qwen25_7b": {"seen"}, "sequence:byt5": {"seen", "none"}}


def test_unknown_characters_are_all_the_same_to_t5(host_folder: Path) -> None:
    clip = encoders("flux")
    reading = read(clip, "a red { sea")
    word = next(w for w, word in enumerate(reading.found.words) if word.text == "{")
    assert reading.found.lanes[1][word] == "unknown"
    braces, letters = (
        encode(clip, reading.found, f"a red {c} sea")["sequence:t5xxl"] for c in ("}", "x")
    )
    assert not differs(braces, reading.readouts["sequence:t5xxl"])
    assert differs(letters, reading.readouts["sequence:t5xxl"])


# --- lengths that differ
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sdxl", "sd3"])
def test_clip_g_is_cut_to_long_clip_l(host_folder: Path, name: str) -> None:
    """244 words fill one window of 248 in Long-CLIP and four of 77 in CLIP-G, whose rows past 248
    the host drops.
    """
    clip = clips.clip(name, long_clip_l=248, **({"t5": False} if name == "sd3" else {}))
    text = " ".join(WORDS[(3 * i) % len(WORDS)] for i in range(244))
    cut = ["cut" in fate for fate in read(clip, text).found.fates["g"]]
    assert cut == [False] * 241 + [True] * 3
    proved = by_readout(prove(clip, text))
    assert proved["sequence:l"] == {"seen"}
    assert proved["sequence:g"] == {"seen", "later", "none"}


@pytest.mark.parametrize("name", ["sdxl", "sd3"])
def test_textual_inversions_of_different_length_cut_the_longer_stream(
    host_folder: Path, tmp_path: Path, name: str
) -> None:
    clips.write_embedding(tmp_path, "uneven", clip_l=(30, 64), clip_g=(1, 96))
    clip = clips.clip(name, tmp_path, **({"t5": False} if name == "sd3" else {}))
    text = f"embedding:uneven {' '.join(WORDS[:60])}"
    reading = read(clip, text)
    assert "cut" in reading.found.fates["l"][-1]
    proved = by_readout(prove(clip, text))
    assert proved["sequence:l"] == {"seen", "none"}
    assert proved["sequence:g"] == {"seen"}
    assert reading.found.lost[-1]


# --- streams and vectors that go nowhere
# ----------------------------------------------------------------------------------


def test_refiner_never_reads_clip_l(host_folder: Path) -> None:
    reading = read(encoders("sdxl_refiner"), SHORT)
    assert all("not_encoded" in fate for fate in reading.found.fates["l"])
    assert {r.name for r in reading.found.readouts} == {"pooled", "sequence:g"}


@pytest.mark.parametrize("absent", ["clip_l", "clip_g", "t5"])
def test_absent_encoders_of_sd3(host_folder: Path, absent: str) -> None:
    clip = clips.clip("sd3", **{absent: False})
    reading = read(clip, SHORT)
    stream = {"clip_l": "l", "clip_g": "g", "t5": "t5xxl"}[absent]
    assert all(fate == ("not_encoded",) for fate in reading.found.fates[stream])
    assert f"sequence:{stream}" not in reading.readouts
    assert all(states == {"seen"} for states in by_readout(prove(clip, SHORT)).values())


def test_a_vector_of_another_width_is_ignored(host_folder: Path, tmp_path: Path) -> None:
    clips.write_embedding(tmp_path, "one", clip_l=(2, 64))
    clips.write_embedding(tmp_path, "another", clip_l=(2, 64))
    clip = clips.clip("sdxl", tmp_path)
    reading = read(clip, "red sea embedding:one old bridge")
    word = next(w for w, word in enumerate(reading.found.words) if word.kind == "embedding")
    assert "embedding" in reading.found.fates["l"][word]
    assert "embedding_mismatch" in reading.found.fates["g"][word]
    after = encode(clip, reading.found, "red sea embedding:another old bridge")
    for readout, lane in zip(reading.found.readouts, reading.found.lanes, strict=True):
        assert differs(reading.readouts[readout.name], after[readout.name]) == (
            lane[word] != "none"
        ), readout.name


def test_a_missing_embedding_leaves_no_trace(host_folder: Path, tmp_path: Path) -> None:
    clip = encoders("sdxl", tmp_path)
    reading = read(clip, "red sea embedding:nowhere old bridge")
    after = encode(clip, reading.found, "red sea embedding:elsewhere old bridge")
    assert any("missing_embedding" in fate for fate in reading.found.fates["l"])
    assert not any(differs(reading.readouts[name], after[name]) for name in after)


def test_flux_throws_the_sequence_of_clip_l_away(host_folder: Path) -> None:
    """Encoded without CLIP-L's sequence, nothing changes: only its first window's pooled row is in
    the conditioning.
    """
    clip = encoders("flux")
    reading = read(clip, PLAIN)
    late = [w for w, fate in enumerate(reading.found.fates["l"]) if "discarded" in fate]
    assert late
    assert all(
        "seen" not in reading.found.fates["l"][w] and reading.found.lanes[0][w] == "none"
        for w in late
    )
    tokens = clip.tokenize(PLAIN)
    tokens["l"] = tokens["l"][:1]
    out = clip.encode_from_tokens(tokens, return_dict=True)
    assert not differs(out["cond"], reading.readouts["sequence:t5xxl"])
    assert not differs(out["pooled_output"], reading.readouts["pooled"])
