"""Every tokenizer class the host ships: the report's ids, weights and windows are the host's, and
its spans are true.

Vocabularies that travel in weights files are stood in for (see clips.py). Without the benchmark
prompts, a few built-in ones are used.
"""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.families.table import FAMILIES, Family
from encoderscope.tests import hostkit
from encoderscope.tests.host import checks, clips, prompts
from encoderscope.tools import places
from hypothesis import HealthCheck, given, settings

pytestmark = pytest.mark.host
EXAMPLES = 20
AGAIN = str(places.TRANSFORMERS_4) in sys.path


@pytest.fixture(scope="module", autouse=True)
def other_run(
    request: pytest.FixtureRequest,
) -> Iterator[Future[subprocess.CompletedProcess[str]] | None]:
    """All of this module under transformers 4, running beside this run when this run is to look at
    it.
    """
    wanted = any("transformers_4" in item.name for item in request.session.items)
    if AGAIN or not wanted or not places.TRANSFORMERS_4.is_dir():
        yield None
        return
    command = [
        "-c",
        (
            f"import sys, pytest; sys.exit(pytest.main([{__file__!r}, '-q', '-p', "
            "'no:cacheprovider']))"
        ),
    ]
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(hostkit.run_with_transformers_4, command, cwd=places.ROOT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Textual inversions: one vector, three vectors, and one that is too wide for anything."""
    folder = tmp_path_factory.mktemp("embeddings")
    wide = {
        "clip_l": 768,
        "clip_g": 1280,
        "clip_h": 1024,
        "t5xxl": 4096,
        "llama": 4096,
        "qwen25_7b": 3584,
    }
    clips.write_embedding(folder, "known", **{key: (1, width) for key, width in wide.items()})
    clips.write_embedding(folder, "several", **{key: (3, width) for key, width in wide.items()})
    clips.write_embedding(folder, "wrong_width", anything=(2, 5))
    return folder


@pytest.fixture(scope="module", params=[family.name for family in checks.families()])
def reading(request: pytest.FixtureRequest, host_folder: Path, folder: Path) -> tuple[Any, Family]:
    """The tokenizer of one family after the other; in this scope pytest runs all tests of one
    before it builds the next.
    """
    family = FAMILIES[request.param]
    if clips.shipped(family) is None:
        pytest.skip("newer than this host")
    try:
        return clips.tokenizer(family.name, folder), family
    except TypeError as error:
        pytest.skip(f"this host cannot build it with this transformers: {error}")


def true(reading: tuple[Any, Family], text: str) -> int:
    """All that must hold for one prompt; the number of words of which nothing is claimed."""
    clip, family = reading
    result = checks.read(clip, text, family)
    unaligned = checks.spans_are_true(clip, *result) if result else 0
    return 0 if rewritten(family, text) else unaligned


def rewritten(family: Family, text: str) -> bool:
    """Does the host itself tokenise another text, or take tokens away again?

    LongCat hides words like "don't" while it looks for quotes, and mixes up several of them;
    HiDream-O1 drops padding, also if it was typed.
    """
    mixed_up = (
        family.name == "longcat_image" and len(set(re.findall(r"[a-zA-Z]+'[a-zA-Z]+", text))) > 1
    )
    return mixed_up or (family.name == "hidream_o1" and "<|endoftext|>" in text)


def test_real_prompts(reading: tuple[Any, Family]) -> None:
    if prompts.missing():
        warnings.warn(prompts.missing(), stacklevel=1)
    unaligned = {text: n for text in prompts.real() if (n := true(reading, text))}
    assert unaligned == {}


def test_awkward_prompts(reading: tuple[Any, Family]) -> None:
    assert {text: n for text in prompts.AWKWARD if (n := true(reading, text))} == {}


def test_embeddings(reading: tuple[Any, Family]) -> None:
    assert {text: n for text in prompts.EMBEDDINGS if (n := true(reading, text))} == {}


def test_a_hundred_thousand_characters(reading: tuple[Any, Family]) -> None:
    clip, family = reading
    if AGAIN and len(family.streams) > 1:
        pytest.skip("joined vocabularies are looked at one by one in other families")
    result = checks.read(clip, prompts.LONG, family)
    assert result
    report, recorded = result
    if len(recorded) == 1:
        assert checks.spans_are_true(clip, report, recorded) == 0


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=prompts.anything())
def test_anything_at_all(reading: tuple[Any, Family], text: str) -> None:
    true(reading, text)


def test_a_text_that_the_host_changed_is_not_claimed(host_folder: Path) -> None:
    family = FAMILIES["longcat_image"]
    if clips.shipped(family) is None:
        pytest.skip("newer than this host")
    reading = checks.read(clips.tokenizer(family.name), "a sign, don't and can't, in snow", family)
    assert reading
    (stream,) = reading[0]["streams"]
    fates = {word["text"]: word["fates"][stream["name"]] for word in reading[0]["words"]}
    assert fates["sign"] == ["unaligned"] == fates["snow"]


def test_nesting_deeper_than_the_host_can_read_is_refused_with_a_reason(host_folder: Path) -> None:
    from encoderscope.conditioning.errors import HostRefused
    from encoderscope.host import recorder

    with pytest.raises(HostRefused, match="nested"):
        recorder.record(clips.tokenizer("sd1"), "(" * 5000 + "a" + ")" * 5000, FAMILIES["sd1"])


@pytest.mark.skipif(AGAIN, reason="this is that run")
def test_all_of_this_under_transformers_4(
    other_run: Future[subprocess.CompletedProcess[str]] | None,
) -> None:
    """ComfyUI allows transformers 4, where CLIP's, Qwen's and BERT's tokenizers tell no offsets and
    Llama's keeps its spaces.
    """
    if other_run is None:
        pytest.skip("transformers 4 was not fetched: `python dev.py test` does that")
    ran = other_run.result()
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-3000:]
    assert " passed" in ran.stdout
