"""Checkpoints on disk: one file, a set of shards, a Hugging Face folder or a diffusers pipeline,
opened by their headers only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

from ..bounded_reading import regular_size
from ..errors import EncoderScopeError
from ..translation import deferred, either, joined, later, later_count, listed
from .formats import shards
from .formats.any_header import EXPECTED as EXPECTED
from .formats.any_header import PICKLES as PICKLES
from .formats.any_header import SAFETENSORS as SAFETENSORS
from .formats.any_header import read_header
from .formats.gguf_header import is_gguf
from .formats.impostors import AGAIN, BrokenFile
from .formats.json_object import read_object
from .formats.safetensors_header import Header, Pickle, TensorEntry
from .formats.shards import SHARD as SHARD

_Configs = dict[str, Mapping[str, Any]]
_Tokenizers = dict[str, Path]
FileKind = Literal["safetensors", "gguf", "sharded", "folder", "pipeline"]
TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.json",
    "spiece.model",
    "tokenizer.model",
    "sentencepiece.bpe.model",
    "vocab.txt",
)
_FAVOURITES = ("model", "open_clip_model", "diffusion_pytorch_model")
T = TypeVar("T")
_LONGEST_NAMES = 8_000_000
"""Characters of all names: each is compared with every pattern of a known model."""
CONFIG = "encoderscope.config"
"""In a file's metadata: the config.json that its encoder had in the folder it was quantised from.
"""


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the headers say. In a diffusers pipeline a tensor's key is its sub-folder, a
    slash and its name.
    """

    path: Path
    kind: FileKind
    files: tuple[Path, ...]
    tensors: Mapping[str, TensorEntry]
    metadata: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """config.json by sub-folder of a pipeline (`text_encoder_2`); by `` for everything else."""
    tokenizers: Mapping[str, Path] = field(default_factory=dict)
    """Folders with tokenizer files, by sub-folder of a pipeline; by `` for everything else."""
    notes: tuple[str, ...] = ()
    """Sentences on what else lies in a folder, made with ``later``."""

    @property
    def bytes(self) -> int:
        return sum(file.stat().st_size for file in self.files)

    def folder_of(self, prefix: str) -> str:
        """The pipeline's sub-folder that a key or prefix lies in; '' outside of pipelines."""
        if self.kind != "pipeline":
            return ""
        return prefix.rpartition("/")[0].split("/", 1)[0]

    def config(self, prefix: str = "") -> Mapping[str, Any]:
        return self.configs.get(self.folder_of(prefix), {})

    def tokenizer(self, prefix: str = "") -> Path | None:
        return self.tokenizers.get(self.folder_of(prefix))


def open_checkpoint(path: Path) -> Checkpoint:
    """Reads the headers below ``path``. Raises :class:`EncoderScopeError` for a pickle and for
    whatever is damaged or not there.
    """
    path = Path(path)
    try:
        checkpoint = _folder(path) if path.is_dir() else _file(path)
    except OSError as error:
        raise EncoderScopeError(
            "{file} cannot be read ({why}).",
            EXPECTED,
            "Check that it exists and may be read.",
            file=path.name,
            why=error.strerror or error,
        ) from error
    if sum(map(len, checkpoint.tensors)) > _LONGEST_NAMES:
        raise BrokenFile(
            "The names of the tensors of {file} are longer than {most:,} characters together.",
            "A text encoder was expected, whose names take a few thousand.",
            AGAIN,
            file=path.name,
            most=_LONGEST_NAMES,
        )
    return checkpoint


def _file(path: Path) -> Checkpoint:
    if not path.exists():
        if path.is_symlink():
            raise EncoderScopeError(
                "{file} is a link to a file that is not there.",
                EXPECTED,
                "Put the file itself there, or make the link anew.",
                file=path.name,
            )
        raise EncoderScopeError(
            "There is no file or folder {file!r}.",
            EXPECTED,
            "Check the name; refresh the list.",
            file=path.name,
        )
    regular_size(path)
    shard = SHARD.fullmatch(path.name)
    if shard:
        return _shards(path, path.parent, shard["stem"])
    header = read_header(path)
    _require_undivided(path, header)
    kind: FileKind = "safetensors"
    if path.suffix.lower() == ".gguf" or is_gguf(path):
        kind = "gguf"
    configs: _Configs = {}
    tokenizers: _Tokenizers = {}
    # A lone file in the common folder has strangers beside it; only these names belong to the
    # config.json next to them.
    if path.stem.split(".")[0] in _FAVOURITES:
        configs, tokenizers = _beside(path.parent)
    configs = _stored_config(header) or configs
    return Checkpoint(path, kind, (path,), header.tensors, header.metadata, configs, tokenizers)


def _require_undivided(path: Path, header: Header) -> None:
    """Raises :class:`EncoderScopeError` for one part of a GGUF that llama.cpp has split."""
    count = header.metadata.get("split.count", "1")
    if count.isdecimal() and int(count) > 1:
        raise EncoderScopeError(
            "{file} is one of {parts} parts of a split GGUF.",
            "A model in one GGUF file was expected.",
            "Join the parts with llama.cpp's llama-gguf-split --merge, and choose the file that "
            "it writes; or take a GGUF of one piece.",
            file=path.name,
            parts=count,
        )


def _stored_config(header: Header) -> _Configs:
    """The config that a quantised copy carries; a note that nobody can read says nothing."""
    try:
        config = json.loads(header.metadata.get(CONFIG, "{}"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(config, dict) or not config:
        return {}
    return {"": config}


def _folder(path: Path) -> Checkpoint:
    if (path / "model_index.json").is_file():
        return _pipeline(path)
    stem = next((name for name in _FAVOURITES if (path / f"{name}{shards.INDEX}").is_file()), None)
    if stem:
        return replace(_shards(path, path, stem), notes=_variants(path, stem))
    weights = _file(_weights(path))
    kind: FileKind = "folder"
    if len(weights.files) > 1:
        kind = "sharded"
    notes = _variants(path, _model_name(weights.files[0]).removesuffix(".safetensors"))
    return Checkpoint(
        path, kind, weights.files, weights.tensors, weights.metadata, *_beside(path), notes
    )


def _variants(folder: Path, name: str) -> tuple[str, ...]:
    """Says which of several variants of one model is read (diffusers' naming: `model.fp16`)."""
    names = {
        _model_name(file).removesuffix(".safetensors") for file in folder.glob("*.safetensors")
    }
    variants = sorted(other for other in names if other.startswith(f"{name}."))
    if name not in _FAVOURITES or not variants:
        return ()
    both = [name, *variants]
    return (
        later_count(
            "{count} variant of one model lies in this folder, {names}: {name} is read.",
            "{count} variants of one model lie in this folder, {names}: {name} is read.",
            len(both),
            names=deferred(lambda: joined(both)),
            name=name,
        ),
    )


def _weights(folder: Path) -> Path:
    """The file with weights in a folder without an index, or one of its shards. Raises
    :class:`EncoderScopeError` where there is none, or more than one model.
    """
    files = sorted(file for file in folder.iterdir() if file.is_file())
    usable = [file for file in files if file.suffix.lower() in (*SAFETENSORS, ".gguf")]
    by_name = ([file for file in usable if file.stem == name] for name in _FAVOURITES)
    best = next(filter(None, by_name), usable)
    if not best:
        raise _no_weights(folder, files)
    if len({_model_name(file) for file in best}) > 1:
        raise EncoderScopeError(
            later_count(
                "The folder {folder!r} holds {count} file with weights: {names}.",
                "The folder {folder!r} holds {count} files with weights: {names}.",
                len(best),
                folder=folder.name,
                names=listed(file.name for file in best[:8]),
            ),
            "One model in a folder was expected.",
            "Choose the file instead of the folder.",
        )
    return best[0]


def _model_name(file: Path) -> str:
    """The same for all shards of a model."""
    shard = SHARD.fullmatch(file.name)
    return shard["stem"] if shard else file.name


def _no_weights(folder: Path, files: list[Path]) -> EncoderScopeError:
    pickle = next((file for file in files if file.suffix.lower() in PICKLES), None)
    if pickle:
        return Pickle(pickle)
    inside = list(islice(_models_below(folder), 3))
    if inside:
        return EncoderScopeError(
            "The folder {folder!r} itself holds no weights.",
            EXPECTED,
            "Choose a folder in it that does: {folders}.",
            folder=folder.name,
            folders=either(inside),
        )
    names = listed(file.name for file in files[:5])
    return EncoderScopeError(
        "The folder {folder!r} holds no weights ({names})."
        if names
        else "The folder {folder!r} holds no weights.",
        EXPECTED,
        "Download the model's files into it.",
        folder=folder.name,
        names=names,
    )


def _models_below(folder: Path) -> Iterator[str]:
    """Folders with weights, one level down and in the snapshots of Hugging Face's cache."""
    for pattern in ("snapshots/*", "*"):
        for each in sorted(folder.glob(pattern)):
            if each.is_dir() and any(each.glob("*.safetensors")):
                yield each.relative_to(folder).as_posix()


def _pipeline(path: Path) -> Checkpoint:
    """A diffusers pipeline: its text encoders, side by side."""
    folders = sorted(folder for folder in path.glob("text_encoder*") if folder.is_dir())
    if not folders:
        raise EncoderScopeError(
            "The diffusers folder {folder!r} holds no text_encoder folder.",
            "At least one such folder was expected.",
            "Download it too.",
            folder=path.name,
        )
    parts = {folder.name: _folder(folder) for folder in folders}
    tokenizers = {name: path / name.replace("text_encoder", "tokenizer") for name in parts}
    return Checkpoint(
        path,
        "pipeline",
        tuple(file for part in parts.values() for file in part.files),
        _below({name: part.tensors for name, part in parts.items()}),
        _below({name: part.metadata for name, part in parts.items()}),
        {name: part.config() for name, part in parts.items()},
        {name: folder for name, folder in tokenizers.items() if _has_tokenizer(folder)},
        tuple(
            later("{label}: {value}", label=name, value=note)
            for name, part in parts.items()
            for note in part.notes
        ),
    )


def _below(parts: Mapping[str, Mapping[str, T]]) -> dict[str, T]:
    """What all parts hold, each key below the name of its part."""
    return {f"{name}/{key}": value for name, part in parts.items() for key, value in part.items()}


def _shards(path: Path, folder: Path, stem: str) -> Checkpoint:
    """All shards of one model, whichever of them was given."""
    files, tensors, metadata = shards.read(folder, stem)
    return Checkpoint(path, "sharded", files, tensors, metadata, *_beside(folder))


def _beside(folder: Path) -> tuple[_Configs, _Tokenizers]:
    """The config and the tokenizer that a Hugging Face folder has beside its weights."""
    configs: _Configs = {}
    tokenizers: _Tokenizers = {}
    if (folder / "config.json").is_file():
        configs[""] = read_object(folder / "config.json")
    if _has_tokenizer(folder):
        tokenizers[""] = folder
    return configs, tokenizers


def _has_tokenizer(folder: Path) -> bool:
    return any((folder / name).is_file() for name in TOKENIZER_FILES)
