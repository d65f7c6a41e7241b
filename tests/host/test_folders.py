"""One rule for where a name below one of the host's folders may lead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.host


@pytest.fixture
def root(host_folder: Path, tmp_path: Path) -> Path:
    (tmp_path / "top" / "sub").mkdir(parents=True)
    (tmp_path / "top" / "door").symlink_to(tmp_path)
    return tmp_path / "top"


@pytest.mark.parametrize(
    "name", ["a", "sub/a", "sub\\a", "sub/../a", "", ".", "sub/", "c.ckpt:1", " a "]
)
def test_a_name_below(root: Path, name: str) -> None:
    from encoderscope.host.folders import below

    plain = name.replace("\\", "/")
    assert below(root, name) == below(root, name, follow_links=True)
    assert below(root, name) == Path(os.path.normpath(root / plain))
    assert below(root, str(root / plain)) == below(root, name), "an absolute name that stays below"


NO_NAMES = ["a\0b", "\ud800", "x" * 256, "é" * 128, "a/" * 2001]
OUTSIDE = [
    "..",
    "../a",
    "..\\a",
    "sub/../../a",
    "/",
    "/etc/passwd",
    "C:/a",
    "C:a",
    "//a/b",
    *NO_NAMES,
]


@pytest.mark.parametrize("name", OUTSIDE, ids=lambda name: ascii(name)[:30])
@pytest.mark.parametrize("follow_links", [False, True])
def test_a_name_that_leads_out(root: Path, name: str, follow_links: bool) -> None:
    from encoderscope.host.folders import below

    assert below(root, name, follow_links) is None


def test_a_link_leads_out_unless_links_may(root: Path) -> None:
    from encoderscope.host.folders import below

    assert below(root, "door/a") is None
    assert below(root, "door/a", follow_links=True) == root / "door" / "a"


def test_a_folder_of_models_is_no_model(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import folder_paths
    from encoderscope.host.folders import below_model_folders

    roots = [str(root), str(root / "sub")]
    monkeypatch.setitem(folder_paths.folder_names_and_paths, "text_encoders", (roots, set()))
    assert below_model_folders("text_encoders", "a") == [root / "a", root / "sub" / "a"]
    for name in ("", ".", "../top/a", str(root)):
        assert below_model_folders("text_encoders", name) is None
