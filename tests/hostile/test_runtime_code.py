"""What runs at an artist's: nothing that was pickled is opened, nothing is evaluated, no text
becomes markup, no picture carries text along.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("nodes", "host", "cli", "api", "conditioning", "kernels")
CALLS = {"eval", "exec", "compile", "__import__", "input", "breakpoint"}
MODULES = {
    *("pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "subprocess"),
    *("pip", "socket", "urllib.request", "requests", "httpx", "http.client", "telnetlib"),
    *("ftplib", "smtplib", "webbrowser", "xmlrpc", "yaml", "jsonpickle", "huggingface_hub"),
}
METHODS = {
    ("os", "system"),
    ("os", "popen"),
    ("pandas", "read_pickle"),
    ("torch.hub", "load"),
    ("tempfile", "mktemp"),
}
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser"
    r"|srcdoc|\beval\s*\(|new Function|setTimeout\(\s*['\"`]|javascript:|dangerouslySetInnerHTML"
    r"|\.on[a-z]+\s*=|\bon(click|load|error|mouse\w+)\s*:"
)


def runtime_files() -> list[Path]:
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [ROOT / "__init__.py", *files]


def faults(source: str) -> Iterator[str]:
    """What a module must not do, by its syntax tree."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = {str(node.module), f"{node.module}.{node.names[0].name}"}
        else:
            names = set()
        yield from (f"imports {name}" for name in names if _is_forbidden(name))
        if isinstance(node, ast.Call):
            yield from _call_faults(node)


def _is_forbidden(name: str) -> bool:
    return name in MODULES or name.split(".")[0] in MODULES


def _call_faults(call: ast.Call) -> Iterator[str]:
    options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    name = ast.unparse(call.func)
    owner, _, method = name.rpartition(".")
    if name in CALLS or (owner, method) in METHODS:
        yield f"calls {name}"
    if name == "torch.load" and options.get("weights_only") != "True":
        yield "calls torch.load without weights_only"
    if method == "load" and options.get("allow_pickle") == "True":
        yield "lets numpy open pickles"
    if method == "from_pretrained" and owner.endswith(("Embedding", "SimpleNamespace")):
        return
    if options.get("trust_remote_code") == "True":
        yield "trusts code of a folder"


@pytest.mark.parametrize("path", runtime_files(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_nothing_is_evaluated_or_unpickled(path: Path) -> None:
    assert list(faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "exec(text)",
        "import pickle",
        "from pickle import loads",
        "import torch\ntorch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "import os\nos.system('x')",
        "import subprocess",
        "from urllib import request\nimport urllib.request",
        "AutoModel.from_pretrained(x, trust_remote_code=True)",
    ],
)
def test_what_is_forbidden_is_found(source: str) -> None:
    assert list(faults(source))


def test_what_is_allowed_is_not() -> None:
    assert not list(faults("torch.load(path, weights_only=True)\nre.compile('a')\nmodel.eval()"))


SCRIPTS = sorted((ROOT / "web").rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_text_enters_the_page_as_text_alone(path: Path) -> None:
    code = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not MARKUP.search(code), MARKUP.search(code)


@pytest.mark.parametrize(
    "code", ["a.innerHTML = text", "document.write(x)", "eval ('1')", "h('a', { onclick: x })"]
)
def test_markup_is_found(code: str) -> None:
    assert MARKUP.search(code)


def test_there_are_scripts_to_look_at() -> None:
    assert len(SCRIPTS) > 40


def test_a_picture_of_a_report_carries_no_text(tmp_path: Path) -> None:
    """Prompts and names are drawn, not written into the file's metadata."""
    from encoderscope.conditioning.reports.tokens import picture
    from encoderscope.tests.fuzz import prompt_targets
    from PIL import Image

    text = "a red car <script>\x1b[2J\x00"
    report = prompt_targets.toy_report(text)
    data = io.BytesIO()
    picture.render(report).save(data, "PNG")
    data.seek(0)
    assert Image.open(data).info.keys() <= {"dpi"}
    kinds = set(re.findall(rb"(tEXt|iTXt|zTXt|eXIf)", data.getvalue()[:200]))
    assert not kinds and b"<script>" not in data.getvalue()


def test_a_prompt_that_is_too_long_is_refused_before_it_is_read() -> None:
    from encoderscope.conditioning.english.reading import read
    from encoderscope.conditioning.errors import EncoderScopeError
    from encoderscope.conditioning.tokens.text_length import LONGEST_PROMPT

    with pytest.raises(EncoderScopeError, match=r"has 50,001 characters"):
        read("a" * (LONGEST_PROMPT + 1))
