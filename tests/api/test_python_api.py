"""`import encoderscope`: what it offers, with types, and without importing anything before it is
asked.
"""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from pathlib import Path

import encoderscope
import pytest
from encoderscope.tests.doctor import kit
from encoderscope.tests.reports import samples
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
MOUNT = ROOT / ".host" / "mount"
REPORT = encoderscope.TokenReport(samples.flux())


def python(code: str, *lines: str) -> str:
    """What a fresh Python prints that finds the pack under its name."""
    if not (MOUNT / "encoderscope").exists():
        pytest.skip("the mount of dev.py is not there")
    command = [sys.executable, "-c", "\n".join([code, *lines])]
    result = subprocess.run(
        command, cwd=MOUNT, capture_output=True, encoding="utf-8", check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def offered() -> set[str]:
    """What the stub declares."""
    tree = ast.parse((ROOT / "__init__.pyi").read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or "" for node in imports for alias in node.names}


def test_types_and_names_are_the_same() -> None:
    assert offered() == set(encoderscope._API)
    for name in offered():
        assert getattr(encoderscope, name).__doc__, name
    assert offered() <= set(dir(encoderscope)) and (ROOT / "py.typed").exists()


def test_what_it_does_not_have_is_an_ordinary_error() -> None:
    assert not hasattr(encoderscope, "NODE_CLASS_MAPPINGS"), "the host looks for this"
    with pytest.raises(AttributeError, match="no attribute 'dreams'"):
        _ = encoderscope.dreams


def test_the_import_alone_brings_nothing_along() -> None:
    heavy = (
        "torch",
        "transformers",
        "numpy",
        "PIL",
        "comfy",
        "encoderscope.api",
        "importlib.metadata",
    )
    code = "import sys; before = set(sys.modules); import encoderscope; "
    new = python(code + "print(*sorted(set(sys.modules) - before))").split()
    assert "encoderscope" in new and len(new) < 12
    assert not [name for name in new if name.startswith(heavy)]


@pytest.mark.parametrize(
    "call",
    [
        "encoderscope.reading_report('a red car next to a blue house').contrasts[0]",
        "encoderscope.file_report(model).usable",
        "encoderscope.read_report(card).lost",
    ],
)
def test_what_needs_no_torch_and_no_comfyui_imports_neither(call: str, tmp_path: Path) -> None:
    card = REPORT.save(tmp_path / "card.json")
    model = ROOT / "assets" / "miniature" / "mini-T5.safetensors"
    blocked = (
        "for name in ('torch', 'transformers', 'comfy', 'folder_paths'): sys.modules[name] = None"
    )
    out = python(
        "import sys", blocked, "import encoderscope", f"card = {str(card)!r}",
        f"model = {str(model)!r}", f"print({call})",
    )  # fmt: skip
    assert out.strip()


def test_a_report_as_text_picture_and_files(tmp_path: Path) -> None:
    assert REPORT.format == "encoderscope.tokens" and REPORT.version == 1
    assert REPORT.lost is True and REPORT.verdict in REPORT.text()
    assert REPORT.picture().width > 400
    assert repr(REPORT) == "<TokenReport encoderscope.tokens 1>"
    for name in ("card.png", "report.json"):
        again = encoderscope.read_report(REPORT.save(tmp_path / name))
        assert isinstance(again, encoderscope.TokenReport)
        assert again.json == json.loads(json.dumps(REPORT.json))


def test_the_doctor_reads_reports() -> None:
    report = encoderscope.doctor_report(
        kit.tokens()["text"], tokens=encoderscope.TokenReport(kit.tokens())
    )
    assert report.format == "encoderscope.doctor" and report.sentence
    assert report.healthy in (True, False, None)


def test_mini_vqa_judges_pictures_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from encoderscope.conditioning.scenes.drawing import draw
    from encoderscope.conditioning.scenes.scene import staged

    monkeypatch.setenv("ENCODERSCOPE_CACHE", str(tmp_path))
    scene = staged(random.Random(4), ("red", "car"), ("blue", "house"))
    pictures = [
        Image.fromarray((draw([each], side)[0] * 255).byte().numpy())
        for each, side in ((scene, 64), (scene.swapped(), 128))
    ]
    pictures[1].save(tmp_path / "swapped.png")
    report = encoderscope.judge_report(
        [pictures[0], tmp_path / "swapped.png"], "a red car and a blue house", judge="mini-vqa"
    )
    assert report.format == "encoderscope.image" and "mini-VQA" in report.text()
    assert [each["shows"] for each in report.json["images"]] == [
        "shows the prompt",
        "does not show the prompt",
    ]
    labels = {each["label"] for each in report.json["questions"]}
    assert labels == {"car", "house", "red car", "blue house"}
    with pytest.raises(encoderscope.EncoderScopeError, match="judge"):
        encoderscope.judge_report(pictures, "a red car", judge="mini-vga")


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(encoderscope.EncoderScopeError, match="without a report"):
        encoderscope.read_report(tmp_path / "a.png")
    with pytest.raises(encoderscope.EncoderScopeError, match="Give one of the two"):
        encoderscope.token_report("a fox", family="sdxl", tokenizer=tmp_path)
