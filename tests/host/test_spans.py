"""Every tokenizer class the host ships: the report's ids, weights and windows are the host's, and its spans are true.

Vocabularies that travel in weights files are stood in for (see clips.py). Without the benchmark prompts, a few built-in ones are used.
"""

from __future__ import annotations

import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from encoderscope.conditioning.tokens.families import FAMILIES, Family
from encoderscope.tests import hostkit
from encoderscope.tests.host import checks, clips, prompts
from encoderscope.tools import places
from hypothesis import HealthCheck, given, settings

pytestmark = pytest.mark.host
every_family = pytest.mark.parametrize("name", [family.name for family in checks.families()])
EXAMPLES = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Textual inversions: one vector, three vectors, and one that is too wide for anything."""
    folder = tmp_path_factory.mktemp("embeddings")
    wide = {"clip_l": 768, "clip_g": 1280, "clip_h": 1024, "t5xxl": 4096, "llama": 4096, "qwen25_7b": 3584}
    clips.write_embedding(folder, "known", **{key: (1, width) for key, width in wide.items()})
    clips.write_embedding(folder, "several", **{key: (3, width) for key, width in wide.items()})
    clips.write_embedding(folder, "wrong_width", anything=(2, 5))
    return folder


@cache
def _tokenizer(name: str, folder: Path) -> Any:
    try:
        return clips.tokenizer(name, folder)
    except TypeError as error:
        return error


@pytest.fixture
def reading(host_folder: Path, folder: Path, name: str) -> tuple[Any, Family]:
    family = FAMILIES[name]
    if clips.shipped(family) is None:
        pytest.skip("newer than this host")
    found = _tokenizer(name, folder)
    if isinstance(found, TypeError):
        pytest.skip(f"this host cannot build it with this transformers: {found}")
    return found, family


def true(reading: tuple[Any, Family], text: str) -> int:
    """All that must hold for one prompt; the number of words of which nothing is claimed."""
    clip, family = reading
    found = checks.read(clip, text, family)
    return checks.spans_are_true(clip, *found) if found else 0


@every_family
def test_real_prompts(reading: tuple[Any, Family], name: str) -> None:
    if prompts.missing():
        warnings.warn(prompts.missing(), stacklevel=1)
    unaligned = {text: n for text in prompts.real() if (n := true(reading, text))}
    assert unaligned == {}


@every_family
@pytest.mark.parametrize("text", prompts.AWKWARD, ids=range(len(prompts.AWKWARD)))
def test_awkward_prompts(reading: tuple[Any, Family], name: str, text: str) -> None:
    true(reading, text)


@every_family
@pytest.mark.parametrize("text", prompts.EMBEDDINGS, ids=range(len(prompts.EMBEDDINGS)))
def test_embeddings(reading: tuple[Any, Family], name: str, text: str) -> None:
    assert true(reading, text) == 0


@every_family
def test_a_hundred_thousand_characters(reading: tuple[Any, Family], name: str) -> None:
    true(reading, prompts.LONG)


@every_family
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(text=prompts.anything())
def test_anything_at_all(reading: tuple[Any, Family], name: str, text: str) -> None:
    true(reading, text)


def test_nesting_deeper_than_the_host_can_read_is_refused_with_a_reason(host_folder: Path) -> None:
    from encoderscope.conditioning.errors import HostRefused
    from encoderscope.nodes import host

    with pytest.raises(HostRefused, match="nested"):
        host.record(clips.tokenizer("sd1"), "(" * 5000 + "a" + ")" * 5000, FAMILIES["sd1"])


@pytest.mark.skipif("transformers4" in str(sys.path), reason="this is that run")
def test_all_of_this_under_transformers_4(host_folder: Path) -> None:
    """ComfyUI allows transformers 4, where CLIP's, Qwen's and BERT's tokenizers tell no offsets and Llama's keeps its spaces."""
    if not places.TRANSFORMERS_4.is_dir():
        pytest.skip("transformers 4 was not fetched: `python dev.py test` does that")
    ran = hostkit.run_with_transformers_4(
        ["-c", f"import sys, pytest; sys.exit(pytest.main([{__file__!r}, '-q', '-p', 'no:cacheprovider']))"], cwd=places.ROOT
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-3000:]
