"""`encoderscope cache`: what Cached Encode keeps on disk."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..conditioning.errors import EncoderScopeError
from ..conditioning.reports.strict_json import to_json
from ..conditioning.translation import translate, translate_count
from .common import attach_host, path_argument, show

if TYPE_CHECKING:
    from ..conditioning.cache.store import Item, Store

VARIABLE = "ENCODERSCOPE_CONDITIONINGS"
DESCRIPTION = (
    "Lists, removes or checks the conditionings that Cached Encode keeps. They are looked for in "
    f"FOLDER, else in {VARIABLE}, else in the user folder of COMFYUI_PATH or of the ComfyUI this "
    "pack lies in. Exit status: 0 fine, 1 verify found damage, 2 bad input."
)
MAX_TEXT = 60


def add(commands: Any) -> None:
    """Add the command's parser and those of its three actions."""
    parser = commands.add_parser(
        "cache", help="what Cached Encode keeps on disk", description=DESCRIPTION
    )
    actions = parser.add_subparsers(required=True, metavar="ls|rm|verify")
    listing = actions.add_parser("ls", help="what is kept, the most recently used first")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=_list)
    removing = actions.add_parser("rm", help="remove entries")
    removing.add_argument(
        "names", metavar="NAME", nargs="*", help="beginnings of names, as ls shows them"
    )
    removing.add_argument("--all", action="store_true", help="remove every entry")
    removing.add_argument(
        "--damaged", action="store_true", help="remove the entries that verify finds damaged"
    )
    removing.set_defaults(run=_remove)
    verifying = actions.add_parser("verify", help="read every entry and compare its checksum")
    verifying.set_defaults(run=_verify)
    for action in (listing, removing, verifying):
        action.add_argument(
            "--folder", metavar="FOLDER", type=path_argument, help="where the conditionings lie"
        )


def _list(arguments: argparse.Namespace) -> int:
    store = _store(arguments)
    items = store.items()
    print_item = _print_json if arguments.json else _print_line
    for item in items:
        print_item(item)
    if not arguments.json:
        show(translate("{entries} in {folder}", entries=_counted(items), folder=store.folder))
    return 0


def _print_json(item: Item) -> None:
    key = item.notes().get("key")
    entry = {
        "name": item.digest,
        "bytes": item.bytes,
        "used": item.used,
        "text": _text(item),
        "key": key,
    }
    show(to_json(entry, ascii_only=True))


def _print_line(item: Item) -> None:
    used = time.strftime("%Y-%m-%d %H:%M", time.localtime(item.used))
    text = _printable(str(_text(item)))
    show(f"{item.digest[:12]}  {item.bytes / 1e6:9.2f} MB  {used}  {text}")


def _text(item: Item) -> Any:
    key = item.notes().get("key")
    return key.get("text", "?") if isinstance(key, dict) else "?"


def _printable(text: str) -> str:
    """One line without anything that a terminal would obey: a shared folder holds texts of
    others.
    """
    line = " ".join(text.split())
    line = "".join(character if character.isprintable() else "�" for character in line)
    return line if len(line) <= MAX_TEXT else f"{line[: MAX_TEXT - 1]}…"


def _counted(items: Sequence[Item]) -> str:
    size = sum(item.bytes for item in items) / 1e6
    return translate_count(
        "{count:,} entry, {size:.2f} MB", "{count:,} entries, {size:.2f} MB", len(items), size=size
    )


def _remove(arguments: argparse.Namespace) -> int:
    if bool(arguments.names) + arguments.all + arguments.damaged != 1:
        raise EncoderScopeError(
            "It is not clear what to remove.",
            "Names, --all or --damaged was expected.",
            "Give one of the three; ls shows the names.",
        )
    store = _store(arguments)
    if arguments.damaged:
        items = [item for item, damage in store.verify() if damage]
    elif arguments.names:
        items = _with_names(store.items(), arguments.names)
    else:
        items = store.items()
    show(translate("Removed: {entries}.", entries=_counted(store.remove(items))))
    return 0


def _with_names(items: Sequence[Item], names: Sequence[str]) -> list[Item]:
    """The entries whose names begin so. Raises :class:`EncoderScopeError` where none does."""
    unknown = [name for name in names if not any(item.digest.startswith(name) for item in items)]
    if unknown:
        raise EncoderScopeError(
            "No entry begins with {names}. Nothing was removed.",
            "Names of ls were expected.",
            "Give the beginning of a name that ls shows.",
            names=", ".join(unknown),
        )
    return [item for item in items if item.digest.startswith(tuple(names))]


def _verify(arguments: argparse.Namespace) -> int:
    results = [damage for _, damage in _store(arguments).verify()]
    damaged = [damage for damage in results if damage]
    counted = translate_count(
        "{count:,} entry, {damaged:,} damaged.",
        "{count:,} entries, {damaged:,} damaged.",
        len(results),
        damaged=len(damaged),
    )
    show("\n".join([*damaged, counted]))
    return int(bool(damaged))


def _store(arguments: argparse.Namespace) -> Store:
    from ..conditioning.cache.store import Store

    folder = arguments.folder
    if folder is None and os.environ.get(VARIABLE):
        folder = Path(os.environ[VARIABLE])
    if folder is None:
        return Store(attach_host() / "user" / "encoderscope" / "conditionings")
    if not folder.is_dir():
        raise EncoderScopeError(
            "There is no folder {folder!r}.",
            "The folder of the cache was expected.",
            "Check the path.",
            folder=str(folder),
        )
    return Store(folder)
