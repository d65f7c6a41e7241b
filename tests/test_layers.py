"""The import arrows of the house: `nodes, cli -> api -> host -> conditioning -> kernels`. Nothing
points back, and only `host` knows ComfyUI (`nodes` its public API for nodes).
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACK = "encoderscope"
HOST = {
    *(
        "comfy",
        "comfy_api",
        "comfy_api_nodes",
        "comfy_config",
        "comfy_execution",
        "comfy_extras",
        "comfyui_version",
    ),
    *(
        "folder_paths",
        "execution",
        "server",
        "nodes",
        "node_helpers",
        "latent_preview",
        "app",
        "api_server",
        "middleware",
    ),
    *("main", "protocol", "utils", "cuda_malloc"),
}
# What each layer may import of the pack, at any depth. A layer always may import itself.
ARROWS = {
    "__init__": {"nodes", "api", "conditioning"},
    "nodes": {"host", "conditioning"},
    "cli": {"api", "host", "conditioning"},
    "api": {"host", "conditioning"},
    "host": {"conditioning", "kernels"},
    "conditioning": {"kernels"},
    "kernels": set(),
}
# What each layer may import of ComfyUI: `nodes` its public API for nodes alone.
OF_THE_HOST = {"host": HOST, "nodes": {"comfy_api"}}
# Arrows that may be followed inside a function only, so that importing the importer stays free of
# ComfyUI.
LAZY = {("__init__", "nodes"), ("__init__", "api"), ("cli", "host"), ("api", "host")}
STDLIB_ONLY = (
    "conditioning.tokens",
    "conditioning.families",
    "conditioning.errors",
    "conditioning.spans",
    "conditioning.translation",
    "__init__",
)
TOKENS_MAY_USE = STDLIB_ONLY[:-1]


@dataclass(frozen=True)
class Import:
    line: int
    name: str
    """Absolute, for the pack's own modules without the pack's name: `conditioning.tokens`."""
    own: bool
    lazy: bool
    written_absolute: bool = False


def module_name(path: Path) -> str:
    parts = list(path.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imports(path: Path, tree: ast.AST, lazy: bool = False) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        inside = lazy or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if isinstance(node, ast.Import):
            yield from (_absolute(node.lineno, alias.name, inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (
                _absolute(node.lineno, f"{node.module}.{alias.name}", inside)
                for alias in node.names
            )
        elif isinstance(node, ast.ImportFrom):
            folder = list(path.parts[: len(path.parts) - node.level])
            base = [*folder, *(node.module.split(".") if node.module else [])]
            yield from (
                Import(node.lineno, ".".join([*base, alias.name]), True, inside)
                for alias in node.names
            )
        elif isinstance(node, ast.Call) and (name := _imported_by_call(node)):
            yield _absolute(node.lineno, name, inside)
        yield from imports(path, node, inside)


def _absolute(line: int, name: str, lazy: bool) -> Import:
    first, _, rest = name.partition(".")
    return Import(
        line, rest if first == PACK else name, first == PACK, lazy, written_absolute=first == PACK
    )


def _imported_by_call(node: ast.Call) -> str | None:
    called = (
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    )
    if called not in ("import_module", "__import__") or not node.args:
        return None
    name = node.args[0]
    return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def problems(path: Path, source: str) -> list[str]:
    """What is wrong with the imports of one file; `path` is relative to the root."""
    module = module_name(path)
    result = []
    for item in imports(path, ast.parse(source)):
        reason = (
            _why_own_forbidden(module, item) if item.own else _why_other_forbidden(module, item)
        )
        if reason:
            result.append(f"{path.as_posix()}:{item.line}: {reason}")
    return result


def _why_own_forbidden(module: str, item: Import) -> str | None:
    layer, target = module.split(".")[0], item.name.split(".")[0]
    if item.written_absolute and layer != "cli":
        return (
            f"imports {PACK}.{item.name} by its absolute name; the host loads the pack under "
            "another, so write it relative"
        )
    if any(layer == above and within(item.name, below) for above, below in LAZY):
        return None if item.lazy else f"imports {item.name} outside a function"
    if target != layer and target not in ARROWS[layer]:
        return f"{layer} must not import {item.name}"
    if within(module, "conditioning.tokens") and not any(
        within(item.name, name) for name in TOKENS_MAY_USE
    ):
        return f"conditioning.tokens must not import {item.name}"
    return None


def _why_other_forbidden(module: str, item: Import) -> str | None:
    first = item.name.split(".")[0]
    if first in HOST - OF_THE_HOST.get(module.split(".")[0], set()):
        return f"{module} must not import {first}: only host/ knows ComfyUI"
    strict = module == "conditioning" or any(within(module, name) for name in STDLIB_ONLY)
    if strict and first not in sys.stdlib_module_names:
        return f"{module} is standard library only, but imports {first}"
    return None


def runtime_files() -> list[Path]:
    files = [ROOT / "__init__.py"]
    for layer in ("nodes", "host", "cli", "api", "conditioning", "kernels"):
        files += sorted((ROOT / layer).rglob("*.py"))
    return [path.relative_to(ROOT) for path in files if path.is_file()]


@pytest.mark.parametrize("path", runtime_files(), ids=lambda path: path.as_posix())
def test_every_import_follows_the_arrows(path: Path) -> None:
    assert problems(path, (ROOT / path).read_text(encoding="utf-8")) == []


SD1 = "conditioning/mixing/sd1.py"
WORDS = "conditioning/tokens/words.py"
FORBIDDEN = [
    (SD1, "from ...nodes import ids", "conditioning must not import nodes.ids"),
    (SD1, "from ...host import clip", "conditioning must not import host.clip"),
    (SD1, "def f():\n    import comfy.sd", "only host/ knows ComfyUI"),
    (SD1, "import importlib\nimportlib.import_module('comfy.sd')", "only host/ knows ComfyUI"),
    (SD1, "import nodes", "only host/ knows ComfyUI"),
    (SD1, "from ...cli import main", "conditioning must not import cli.main"),
    (WORDS, "import torch", "standard library only"),
    (WORDS, "from ..mixing import mix", "conditioning.tokens must not import conditioning.mixing"),
    (WORDS, "from ...kernels import norm", "conditioning.tokens must not import kernels"),
    ("conditioning/families/table.py", "import torch", "standard library only"),
    ("conditioning/__init__.py", "import torch", "standard library only"),
    ("conditioning/__init__.py", "from ..host import clip", "must not import host.clip"),
    ("kernels/norm/gpu.py", "from ...conditioning import errors", "must not import conditioning"),
    ("kernels/norm/gpu.py", "from ...host import clip", "kernels must not import host.clip"),
    ("kernels/norm/gpu.py", "import comfy.ops", "only host/ knows ComfyUI"),
    ("host/clip.py", "from ..nodes import ids", "host must not import nodes.ids"),
    ("host/clip.py", "def f():\n    from ..cli import main", "host must not import cli.main"),
    ("host/clip.py", "from encoderscope.conditioning import tokens", "write it relative"),
    ("nodes/prompt/token_map.py", "from ...cli import main", "nodes must not import cli.main"),
    ("nodes/prompt/token_map.py", "from ...kernels import norm", "nodes must not import kernels"),
    ("nodes/prompt/token_map.py", "import comfy.utils", "only host/ knows ComfyUI"),
    ("nodes/outputs.py", "def f():\n    import folder_paths", "only host/ knows ComfyUI"),
    ("cli/main.py", "from ..host import clip", "outside a function"),
    ("api/prompts.py", "from ..host import clip", "outside a function"),
    ("api/prompts.py", "from ..cli import main", "api must not import cli.main"),
    ("__init__.py", "from .api import prompts", "outside a function"),
    ("cli/main.py", "def f():\n    from ..nodes import ids", "cli must not import nodes.ids"),
    ("cli/main.py", "def f():\n    import folder_paths", "only host/ knows ComfyUI"),
    ("__init__.py", "from .nodes import extension", "outside a function"),
    ("__init__.py", "import torch", "standard library only"),
]


@pytest.mark.parametrize(("path", "source", "sentence"), FORBIDDEN)
def test_a_forbidden_import_is_reported(path: str, source: str, sentence: str) -> None:
    result = problems(Path(path), source)
    assert len(result) == 1, result
    assert sentence in result[0]


ALLOWED = [
    (WORDS, "import re\nfrom ..errors import UnknownName\nfrom .parse import parse"),
    (WORDS, "from ..families.table import Family"),
    ("conditioning/image_probe/probe_images.py", "import torch\nfrom ...kernels import attention"),
    ("conditioning/__init__.py", "from . import errors"),
    ("host/acceleration/t5_block.py", "import comfy.ops\nfrom ...kernels import t5_attention"),
    ("kernels/norm/gpu.py", "import torch\nimport triton\nfrom ..tiles import tiles"),
    ("nodes/prompt/token_map.py", "from comfy_api.latest import io\nfrom ...host import clip"),
    ("nodes/prompt/token_map.py", "from ...conditioning import tokens\nfrom .. import ids"),
    ("cli/main.py", "from ..conditioning import tokens\ndef f():\n    from ..host import clip"),
    ("__init__.py", "def f():\n    import logging\n    from .nodes import extension"),
]


@pytest.mark.parametrize(("path", "source"), ALLOWED)
def test_an_allowed_import_is_not_reported(path: str, source: str) -> None:
    assert problems(Path(path), source) == []


def test_the_browser_face_holds_no_python() -> None:
    assert list((ROOT / "web").rglob("*.py")) == []


def registry_problems(path: Path, source: str) -> list[str]:
    """What the Comfy Registry forbids at run time: evaluated code, pickles, other programs (such as
    pip).
    """
    tree = ast.parse(source)
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    imported = {item.name.split(".")[0] for item in imports(path, tree) if not item.own}
    return sorted(
        (called & {"eval", "exec", "compile"})
        | (imported & {"pickle", "subprocess", "pip", "marshal"})
    )


@pytest.mark.parametrize("path", runtime_files(), ids=lambda path: path.as_posix())
def test_nothing_the_registry_forbids(path: Path) -> None:
    assert registry_problems(path, (ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("source", ["eval('1')", "import pickle", "from subprocess import run"])
def test_what_the_registry_forbids_is_reported(source: str) -> None:
    assert registry_problems(Path("nodes/token_map.py"), source) != []
