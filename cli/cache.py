"""`encoderscope cache`: what Cached Encode keeps on disk."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from ..conditioning.errors import EncoderScopeError

VARIABLE = "ENCODERSCOPE_CONDITIONINGS"
WHAT = (
    "Lists, removes or checks the conditionings that Cached Encode keeps. They are "
    "looked for in FOLDER, else in "
    f"{VARIABLE}, else in the user folder of COMFYUI_PATH or of the ComfyUI this pack "
    "lies in. Exit status: 0 fine, 1 verify found damage, "
    "2 bad input."
)
_WIDTH = 60


def add(commands: Any) -> None:
    cache = commands.add_parser("cache", help="what Cached Encode keeps on disk", description=WHAT)
    actions = cache.add_subparsers(required=True, metavar="ls|rm|verify")
    listing = actions.add_parser("ls", help="what is kept, the most recently used first")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=_ls)
    removing = actions.add_parser("rm", help="remove entries")
    removing.add_argument(
        "names", metavar="NAME", nargs="*", help="beginnings of names, as ls shows them"
    )
    removing.add_argument("--all", action="store_true", help="remove every entry")
    removing.add_argument(
        "--damaged", action="store_true", help="remove the entries that verify finds damaged"
    )
    removing.set_defaults(run=_rm)
    verifying = actions.add_parser("verify", help="read every entry and compare its checksum")
    verifying.set_defaults(run=_verify)
    for action in (listing, removing, verifying):
        action.add_argument(
            "--folder", metavar="FOLDER", type=Path, help="where the conditionings lie"
        )


def _ls(arguments: argparse.Namespace) -> int:
    store = _store(arguments)
    items = store.items()
    for one in items:
        notes = one.notes()
        text = (notes.get("key") or {}).get("text", "?")
        if arguments.json:
            told = {
                "name": one.digest,
                "bytes": one.bytes,
                "used": one.used,
                "text": text,
                "key": notes.get("key"),
            }
            print(json.dumps(told))
        else:
            used = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.used))
            print(f"{one.digest[:12]}  {one.bytes / 1e6:9.2f} MB  {used}  {_short(str(text))}")
    if not arguments.json:
        print(
            f"{len(items)} entries, {sum(one.bytes for one in items) / 1e6:.2f} MB in "
            f"{store.folder}"
        )
    return 0


def _short(text: str) -> str:
    """One line without anything that a terminal would obey: a shared folder holds texts
    of others.
    """
    line = "".join(one if one.isprintable() else "�" for one in " ".join(text.split()))
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _rm(arguments: argparse.Namespace) -> int:
    if bool(arguments.names) + arguments.all + arguments.damaged != 1:
        raise EncoderScopeError(
            "It is not clear what to remove.",
            "Names, --all or --damaged was expected.",
            "Give one of the three; ls shows the names.",
        )
    store = _store(arguments)
    chosen = store.items()
    if arguments.damaged:
        chosen = [one for one, wrong in store.verify() if wrong]
    elif arguments.names:
        unknown = [
            name
            for name in arguments.names
            if not any(one.digest.startswith(name) for one in chosen)
        ]
        if unknown:
            raise EncoderScopeError(
                f"No entry begins with {', '.join(unknown)}.",
                "Names of ls were expected.",
                "Nothing was removed.",
            )
        chosen = [one for one in chosen if one.digest.startswith(tuple(arguments.names))]
    gone = store.remove(chosen)
    print(f"Removed {len(gone)} entries, {sum(one.bytes for one in gone) / 1e6:.2f} MB.")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    found = [wrong for _, wrong in _store(arguments).verify()]
    damaged = [wrong for wrong in found if wrong]
    print("\n".join([*damaged, f"{len(found)} entries, {len(damaged)} damaged."]))
    return int(bool(damaged))


def _store(arguments: argparse.Namespace) -> Any:
    from ..conditioning.cache.store import Store

    folder = arguments.folder or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if folder is None:
        from ..host import standalone

        folder = standalone.attach() / "user" / "encoderscope" / "conditionings"
    elif not folder.is_dir():
        raise EncoderScopeError(
            f"There is no folder {str(folder)!r}.",
            "The folder of the cache was expected.",
            "Check the path.",
        )
    return Store(folder)
