"""How the running host's image models read a conditioning without a pooled vector."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

from ...conditioning.reports.conditioning.without_pooled import PooledReading, Readings

_READERS = {
    "sdxl": ("SDXL", "encode_adm"),
    "sdxl_refiner": ("SDXLRefiner", "encode_adm"),
    "stable_cascade": ("StableCascade_C", "extra_conds"),
    "sd3": ("SD3", "encode_adm"),
    "flux": ("Flux", "encode_adm"),
    "hidream": ("HiDream", "encode_adm"),
    "hunyuan_video": ("HunyuanVideo", "encode_adm"),
    "kandinsky5": ("Kandinsky5", "encode_adm"),
}
"""Family -> the class in ``comfy/model_base.py`` and its method that reads the pooled vector."""


@cache
def readings() -> Readings:
    """What each class makes of an absent pooled vector, and of one that is None: it is asked, as
    that differs by version.
    """
    import comfy.model_base

    by_family = {}
    for family, (class_name, method) in _READERS.items():
        reader = getattr(getattr(comfy.model_base, class_name, None), method, None)
        if reader is not None:
            by_family[family] = PooledReading(
                _goes_on(reader, {}), _goes_on(reader, {"pooled_output": None})
            )
    return by_family


def _goes_on(reader: Callable[..., Any], conditioning: dict[str, Any]) -> bool | None:
    """Whether the method returns; None where it fails for want of something else."""
    model = SimpleNamespace(noise_augmentor=None, embedder=lambda numbers: numbers)
    try:
        reader(model, device="cpu", **conditioning)
    except Exception as error:
        if error.args == ("pooled_output",) or "'NoneType' object" in str(error):
            return False
        return None
    return True
