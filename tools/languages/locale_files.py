"""The files of a language below locales/: what ComfyUI serves of them, and of which English each
translation was made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..places import ROOT

LOCALES = ROOT / "locales"
SERVED = {"nodeDefs": "nodeDefs.json", "nodeCategories": "main.json"}
"""First part of a path -> the file that holds it (app/custom_node_manager.py of ComfyUI).
nodeDefs.json is the object itself; main.json has ``nodeCategories`` as one of its keys.
"""
SOURCES = Path(__file__).parent / "sources"
"""A file for each language: path of a text -> hash of the English that was translated. Artists do
not get them.
"""


ENGLISH = "en"


def translations() -> list[str]:
    """The codes of the languages but English, as ComfyUI's setting ``Comfy.Locale`` has them."""
    folders = (path.name for path in LOCALES.iterdir() if path.is_dir())
    return sorted(name for name in folders if name != ENGLISH)


def read(language: str) -> dict[str, str]:
    """The translations of a language by their paths; none where it has no files yet."""
    folder = LOCALES / language
    tree = {
        "nodeDefs": _json(folder / SERVED["nodeDefs"]),
        "nodeCategories": _json(folder / SERVED["nodeCategories"]).get("nodeCategories", {}),
    }
    return dict(_flat(tree))


def write(language: str, texts: Mapping[str, str]) -> None:
    """Write both files of a language. What main.json holds beside the categories stays."""
    folder = LOCALES / language
    folder.mkdir(parents=True, exist_ok=True)
    tree = _tree(texts)
    _write(folder / SERVED["nodeDefs"], tree.get("nodeDefs", {}))
    main = folder / SERVED["nodeCategories"]
    _write(main, {**_json(main), "nodeCategories": tree.get("nodeCategories", {})})


def sources(language: str) -> dict[str, str]:
    """Path -> hash of the English that its translation was made of."""
    return dict(_json(SOURCES / f"{language}.json"))


def write_sources(language: str, hashes: Mapping[str, str]) -> None:
    """Keep the hashes of a language."""
    SOURCES.mkdir(exist_ok=True)
    _write(SOURCES / f"{language}.json", dict(sorted(hashes.items())))


def hash_of(text: str) -> str:
    """Eight hexadecimal digits: enough to see that a sentence has changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _write(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        path = f"{before}{name}"
        if isinstance(value, str):
            yield path, value
        else:
            yield from _flat(value, f"{path}/")


def _tree(texts: Mapping[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, text in texts.items():
        *parents, name = path.split("/")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[name] = text
    return tree
