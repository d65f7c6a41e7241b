"""Names below the host's folders: one rule for where a name may lead, what can be chosen in the
folders of text encoders, and what was chosen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path, PureWindowsPath

import folder_paths

from ..conditioning.bounded_reading import is_device
from ..conditioning.encoder_files import sentences
from ..conditioning.encoder_files.checkpoint import PICKLES, SHARD, Checkpoint, open_checkpoint
from ..conditioning.encoder_files.description import Description
from ..conditioning.encoder_files.signatures import describe
from ..conditioning.errors import EncoderScopeError
from ..conditioning.storage import is_copy
from ..conditioning.translation import deferred, in_turn, later
from .loading.files_read import ENDINGS, read_by_loader

NONE = "none"
KEY = "text_encoders"
_LONGEST_NAME, _LONGEST_PART = 4000, 255
"""Characters of a path and bytes of each of its parts, as file systems have them."""
_NO_MODELS = ("custom_nodes", "configs")
ENDINGS_AND_PICKLES = (*ENDINGS, *PICKLES)  # the latter to say why they are not opened


@dataclass(frozen=True)
class EncoderFile:
    """One encoder in a file that is open: the file's name for people, and what it is."""

    name: str
    checkpoint: Checkpoint
    description: Description


def below(
    root: Path, name: str, follow_links: bool = False, windows: bool = os.name == "nt"
) -> Path | None:
    """``root/name`` as an absolute path, or None where it leads out of ``root``.

    ``..``, absolute names, drive letters, null characters and symbolic links can lead out, on
    Windows also devices and streams of a file; what no file system takes for a name is nowhere.
    ``follow_links`` lets links pass: whoever opens the path asks :func:`require_inside` first.
    """
    plain = name.replace("\\", "/")
    if _is_no_name(plain) or (os.name != "nt" and PureWindowsPath(plain).drive):
        return None
    if windows and any(map(_is_special_on_windows, PureWindowsPath(plain).parts)):
        return None
    absolute = os.path.abspath if follow_links else os.path.realpath
    top = Path(absolute(root))
    path = Path(absolute(top / plain))
    return path if path.is_relative_to(top) else None


def _is_no_name(plain: str) -> bool:
    """Null characters, halves of surrogate pairs, and parts that are longer than any file's."""
    if "\0" in plain or len(plain) > _LONGEST_NAME:
        return True
    try:
        return any(len(part.encode()) > _LONGEST_PART for part in plain.split("/"))
    except UnicodeEncodeError:
        return True


def _is_special_on_windows(part: str) -> bool:
    """Whether Windows opens a device for this name, or a stream of a file."""
    if part.endswith(("\\", "/")):  # a drive or a root
        return False
    return ":" in part or is_device(part)


def require_inside(choice: str, path: Path) -> None:
    """Raises :class:`EncoderScopeError` where ``path``, or a file that a loader reads with it, is a
    link that leads out of the host's folders. Nothing is opened for that.
    """
    tops = _host_folders()
    files = (file for _, file in read_by_loader(path))
    for file in chain([path], files):
        if not _is_inside(file, tops):
            raise EncoderScopeError(
                "{choice!r} needs {file!r}, a link that leads out of ComfyUI's folders.",
                "A file below ComfyUI's models, input, output or temp folder was expected.",
                "Put the file itself there, or add its own folder to extra_model_paths.yaml.",
                choice=choice,
                file=file.name,
            )


def _host_folders() -> list[str]:
    """Where the host keeps models and pictures; links resolved."""
    models = [
        folder
        for kind, (folders, _) in folder_paths.folder_names_and_paths.items()
        if kind not in _NO_MODELS
        for folder in folders
    ]
    others = (
        folder_paths.models_dir,
        folder_paths.get_input_directory(),
        folder_paths.get_output_directory(),
        folder_paths.get_temp_directory(),
    )
    return sorted({os.path.realpath(folder) for folder in (*models, *others)})


def _is_inside(path: Path, tops: Sequence[str]) -> bool:
    real = os.path.realpath(path)
    return any(real == top or real.startswith(top.rstrip(os.sep) + os.sep) for top in tops)


def below_model_folders(key: str, name: str) -> list[Path] | None:
    """``name`` in each of the host's ``key`` folders, or None where it leads out of one of them or
    is that folder.
    """
    paths = []
    for root in model_folders(key):
        path = below(root, name, follow_links=True)
        if path is None or path == below(root, "", follow_links=True):
            return None
        paths.append(path)
    return paths


def model_folders(key: str) -> list[Path]:
    """The host's folders of one kind of models."""
    return [Path(folder) for folder in folder_paths.get_folder_paths(key)]


def choices(endings: tuple[str, ...] = ENDINGS) -> list[str]:
    """Files and whole models (Hugging Face folders) below the host's text_encoders folders; a
    folder's name ends in a slash. Pipes, devices and links that lead out are passed over.
    """
    tops = _host_folders()
    return sorted(
        {name for root in model_folders(KEY) for name in _models_in(root, endings, tops)},
        key=str.casefold,
    )


def _models_in(root: Path, endings: tuple[str, ...], tops: Sequence[str]) -> Iterator[str]:
    visited: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        visited.add(os.path.realpath(folder))
        folders[:] = [name for name in folders if _may_enter(Path(folder) / name, tops, visited)]
        here = Path(folder).relative_to(root)
        weights = [
            name
            for name in files
            if name.lower().endswith(endings) and _may_offer(Path(folder) / name, tops)
        ]
        shards = [name for name in weights if SHARD.fullmatch(name)]
        if here.parts and _is_whole_model(files, weights, shards):
            yield here.as_posix() + "/"
        yield from ((here / name).as_posix() for name in weights if name not in shards)


def _may_enter(folder: Path, tops: Sequence[str], seen: set[str]) -> bool:
    """Not hidden, and no link to where it has been or outside."""
    if folder.name.startswith("."):
        return False
    if not folder.is_symlink():
        return True
    return _is_inside(folder, tops) and os.path.realpath(folder) not in seen


def _may_offer(file: Path, tops: Sequence[str]) -> bool:
    return file.is_file() and (not file.is_symlink() or _is_inside(file, tops))


def _is_whole_model(files: list[str], weights: list[str], shards: list[str]) -> bool:
    """Whether a folder's files are one model: a pipeline, shards with their index, or weights with
    their configuration.
    """
    if "model_index.json" in files:
        return True
    if any(name.endswith(".safetensors.index.json") for name in files):
        return True
    return bool(weights and ("config.json" in files or shards))


def resolve(name: str) -> Path:
    """The file or folder of a name, which must lie below one of the host's folders. Raises
    :class:`EncoderScopeError`.
    """
    if not name:
        raise EncoderScopeError(
            "No file is chosen.",
            "A name of ComfyUI's {folder} folders was expected ({count} are there).",
            "Choose one, or put one into models/{folder} and refresh the list (key R).",
            folder=KEY,
            count=len(choices()),
        )
    paths = below_model_folders(KEY, name)
    if paths is None:
        raise EncoderScopeError(
            "{name!r} lies outside of ComfyUI's {folder} folders.",
            "A name below one of them was expected.",
            "Put the file into models/{folder}, or add its folder to extra_model_paths.yaml.",
            name=name,
            folder=KEY,
        )
    for root, path in zip(model_folders(KEY), paths, strict=True):
        if path.exists() and _may_open(path, root):
            require_inside(name, path)
            return path
    raise EncoderScopeError(
        "There is no {name!r} in ComfyUI's {folder} folders.",
        "One of its files or folders was expected ({count} are there).",
        "Choose another, or put the file there and refresh the list (key R).",
        name=name,
        folder=KEY,
        count=len(choices()),
    )


def _may_open(path: Path, root: Path) -> bool:
    """Model files and folders that are not hidden: nothing else, whatever a shared workflow asks
    for.
    """
    parts = Path(os.path.relpath(path, root)).parts
    if any(part.startswith(".") for part in parts):
        return False
    return path.is_dir() or (path.is_file() and path.suffix.lower() in ENDINGS_AND_PICKLES)


def fingerprint(name: str) -> str:
    """Changes with the files of a choice. Raises :class:`EncoderScopeError`."""
    path = resolve(name)
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    stats = ((file.name, file.stat()) for file in files if file.is_file())
    return repr([(name, stat.st_mtime_ns, stat.st_size) for name, stat in stats])


def open_all(names: Sequence[str]) -> list[EncoderFile]:
    """The encoders in the chosen files, in order. Raises :class:`EncoderScopeError`."""
    selected = [name for name in names if name and name != NONE]
    if not selected:
        raise EncoderScopeError(
            "No file is chosen.",
            "One to four text encoders were expected.",
            "Choose a file, or put one into models/text_encoders.",
        )
    twice = next((name for name in selected if selected.count(name) > 1), None)
    if twice:
        raise EncoderScopeError(
            "{file!r} is chosen twice.",
            "Each file is given once.",
            "Set one of them to {none!r}.",
            file=twice,
            none=NONE,
        )
    paths = {name: resolve(name) for name in selected}
    _require_different(paths)
    return [encoder for name, path in paths.items() for encoder in encoders_in(name, path)]


def _require_different(paths: Mapping[str, Path]) -> None:
    """Raises :class:`EncoderScopeError` for a file and its copy."""
    files = [(name, path) for name, path in paths.items() if path.is_file()]
    for (name, path), (other, other_path) in combinations(files, 2):
        if is_copy(path, other_path):
            raise EncoderScopeError(
                "{file!r} and {copy!r} are copies of the same file.",
                "Each file is given once.",
                "Set one of them to {none!r}, or choose the encoder that is missing.",
                file=name,
                copy=other,
                none=NONE,
            )


def encoders_in(name: str, path: Path) -> Iterator[EncoderFile]:
    """Those of one file or folder; ``name`` is what people call it. Raises
    :class:`EncoderScopeError`.
    """
    checkpoint = open_checkpoint(path)
    description = describe(checkpoint)
    if description.kind == "encoder":
        yield EncoderFile(name, checkpoint, description)
    elif description.kind == "checkpoint" and (
        checkpoint.kind == "pipeline" or not description.architecture
    ):
        yield from (
            EncoderFile(f"{name} ({part.prefix.rstrip('./')})", checkpoint, part)
            for part in description.inside
        )
    else:
        raise _no_encoder(name, description)


def _no_encoder(name: str, description: Description) -> EncoderScopeError:
    problem = later("{name} is {title}.", name=name, title=description.title)
    remedy = in_turn([later("Choose a text encoder."), *description.notes])
    if description.inside:
        held = later("It holds {titles}.", titles=sentences.titles(description.inside))
        problem = in_turn([problem, held])
        remedy = deferred(lambda: sentences.loader_of_checkpoint(description))
    return EncoderScopeError(problem, later("A text encoder was expected."), remedy)
