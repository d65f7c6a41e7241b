"""Files of tensors, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch


def save(
    tensors: Mapping[str, torch.Tensor], path: Path, metadata: dict[str, str] | None = None
) -> Path:
    """Writes beside ``path`` and renames, so that a run that is stopped leaves nothing unfinished
    under its name; makes the folder.
    """
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file(dict(tensors), part, metadata)
    part.replace(path)
    return path
