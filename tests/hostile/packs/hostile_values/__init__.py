"""A node pack whose nodes give what no node should: for tests/hostile/test_hostile_nodes.py."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

from . import objects


class _Anything(str):
    """A type of socket that fits every other."""

    __hash__ = str.__hash__

    def __ne__(self, other: object) -> bool:
        return False


class HostileValue:
    """The value that JSON names, or ``@kind.name`` of objects.py."""

    CATEGORY, FUNCTION, RETURN_TYPES = "hostile", "give", (_Anything("*"),)

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {"value": ("STRING", {"multiline": True})},
            "optional": {"of": (_Anything("*"),)},
        }

    def give(self, value: str, of: Any = None) -> tuple[Any]:
        """One output of any type."""
        if value.startswith("@"):
            return (objects.make(value[1:], of),)
        return (json.loads(value),)


class HostileDigest:
    """What is in a conditioning, as a hash."""

    CATEGORY, FUNCTION, RETURN_TYPES, OUTPUT_NODE = "hostile", "digest", (), True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"conditioning": ("CONDITIONING",)}}

    def digest(self, conditioning: Any) -> dict[str, Any]:
        """Hash of the bits, and the largest memory that the process has had (MB)."""
        total = hashlib.sha256()
        for sequence, extra in conditioning:
            for tensor in (sequence, extra.get("pooled_output")):
                if isinstance(tensor, torch.Tensor):
                    total.update(tensor.contiguous().numpy().tobytes())
        status = Path("/proc/self/status")
        lines = status.read_text().splitlines() if status.exists() else []
        peak = next((int(line.split()[1]) // 1024 for line in lines if "VmHWM" in line), 0)
        return {"ui": {"digest": [total.hexdigest()], "peak": [peak]}}


NODE_CLASS_MAPPINGS = {"HostileValue": HostileValue, "HostileDigest": HostileDigest}
