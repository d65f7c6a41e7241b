"""Objects that stand in a link: conditionings, pictures, latents, CLIPs that are none."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import torch

NAN, INF = math.nan, math.inf


def _tensors(*shape: int) -> dict[str, Any]:
    """Tensors of the right shape with the wrong numbers, and of wrong shapes."""
    plain = torch.linspace(-1, 1, math.prod(shape)).reshape(shape)
    wrong: dict[str, Any] = {
        "nan": torch.full(shape, NAN),
        "inf": torch.full(shape, INF),
        "minus_inf": torch.full(shape, -INF),
        "huge": torch.full(shape, 3e38),
        "tiny": torch.full(shape, 1e-45),
        "double_huge": torch.full(shape, 1e300, dtype=torch.float64),
        "uint8": torch.full(shape, 255, dtype=torch.uint8),
        "int64": torch.full(shape, 2**62),
        "bool": torch.ones(shape, dtype=torch.bool),
        "complex": plain.to(torch.complex64),
        "half": plain.half(),
        "float8": plain.to(torch.float8_e4m3fn),
        "sparse": plain.to_sparse(),
        "meta": torch.empty(shape, device="meta"),
        "wide": plain[..., :1].expand(*shape[:-1], 10_000),
        "gradient": plain.clone().requires_grad_(),
        "number": torch.tensor(5.0),
        "row": plain.flatten(),
        "more": plain[None],
        "still_more": plain[None, None],
        "less": plain[0],
        "list": [plain, plain],
        "numpy": plain.numpy(),
        "object": object(),
    }
    one_nan = plain.clone()
    one_nan.view(-1)[-1] = NAN
    wrong["one_nan"] = one_nan
    for place in range(len(shape)):
        empty = list(shape)
        empty[place] = 0
        wrong[f"empty_{place}"] = torch.zeros(empty)
    return wrong


def _extras() -> dict[str, Any]:
    """What stands beside a sequence."""
    itself: dict[str, Any] = {}
    itself["itself"] = itself
    deep: list[Any] = []
    for _ in range(300):  # of deeper ones the host cannot report an error
        deep = [deep]
    values: dict[str, Any] = {
        "nothing": None, "text": "x" * 5_000, "nan": NAN, "infinity": INF, "large": 10**400,
        "object": object(), "function": len, "itself": itself, "deep": deep, "bytes": b"\0",
        "nan_tensor": torch.full((1, 768), NAN), "empty_tensor": torch.zeros(0),
        "meta_tensor": torch.empty(1, 768, device="meta"), "half": "\ud83d",
        "minus": -1.0, "list": [1, [2, {}]], "many": list(range(100_000)), "number": 3,
    }  # fmt: skip
    keys = (
        "pooled_output", "attention_mask", "guidance", "start_percent", "end_percent", "area",
        "strength", "mask", "mask_strength", "hooks", "control", "unprojected_pooled_output",
        "conditioning_llama3", "t5xxl_ids", "reference_latents", "set_area_to_bounds",
        "\x1b[31m\ud83d",
    )  # fmt: skip
    cases = {f"{key}_{name}": {key: value} for key in keys for name, value in values.items()}
    for name, key in (("number", 5), ("nothing", None), ("bytes", b"a"), ("tuple", (1, 2))):
        cases[f"key_{name}"] = {key: 1}
    cases["thousand_keys"] = {f"key {number}": "x" * 1000 for number in range(1_000)}
    return cases


def _conditionings() -> dict[str, Any]:
    plain = torch.linspace(-1, 1, 77 * 768).reshape(1, 77, 768)
    cases = {name: [[tensor, {}]] for name, tensor in _tensors(1, 77, 768).items()}
    cases |= {f"extra_{name}": [[plain, extra]] for name, extra in _extras().items()}
    pooled = {f"pooled_{name}": tensor for name, tensor in _tensors(1, 768).items()}
    cases |= {name: [[plain, {"pooled_output": tensor}]] for name, tensor in pooled.items()}
    pair = [plain, {}]
    cases |= {
        "entries_none": [], "entry_empty": [[]], "entry_none": [None], "entry_alone": [[plain]],
        "entry_no_dict": [[plain, None]], "entry_list": [[plain, []]], "entry_bare": [plain],
        "entry_reversed": [[{}, plain]], "entry_triple": [[plain, {}, 1]], "tuple": (tuple(pair),),
        "dict": {0: pair}, "generator": (entry for entry in [pair]), "tensor": plain,
        "many": [pair] * 2_000, "long": [[torch.zeros(1, 1, 768).expand(1, 1_000_000, 768), {}]],
        "batch": [[torch.zeros(1, 1, 8).expand(100_000, 77, 8), {}]],
        "widths": [pair, [torch.zeros(1, 5, 4096), {}]], "object": object(), "none": None,
    }  # fmt: skip
    return cases


def _images() -> dict[str, Any]:
    cases = _tensors(1, 64, 64, 3)
    shapes = {
        "flat": (1, 1, 10_000, 3), "high": (1, 10_000, 1, 3), "pixel": (1, 1, 1, 3),
        "grey": (1, 64, 64, 1), "two": (1, 64, 64, 2), "alpha": (1, 64, 64, 4),
        "seven": (1, 64, 64, 7), "many": (600, 8, 8, 3),
    }  # fmt: skip
    cases |= {name: torch.zeros(1).expand(shape) for name, shape in shapes.items()}
    cases["enormous"] = torch.zeros(1).expand(1, 200_000, 200_000, 3)
    cases["crowd"] = torch.zeros(1).expand(1_000_000, 64, 64, 3)
    return cases


def _latents() -> dict[str, Any]:
    cases: dict[str, Any] = {
        name: {"samples": tensor} for name, tensor in _tensors(1, 16, 8, 8).items()
    }
    plain = torch.zeros(1, 16, 8, 8)
    cases |= {
        "nothing": {}, "samples_none": {"samples": None}, "other_key": {"x": plain},
        "no_dict": plain, "channels": {"samples": torch.zeros(1, 3, 8, 8)},
        "mask": {"samples": plain, "noise_mask": "x"},
        "mask_nan": {"samples": plain, "noise_mask": torch.full((1, 1, 8, 8), NAN)},
        "enormous": {"samples": torch.zeros(1).expand(1, 16, 100_000, 100_000)},
        "crowd": {"samples": torch.zeros(1).expand(1_000_000, 16, 8, 8)},
    }  # fmt: skip
    return cases


class _Broken:
    """What fails whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("broken on purpose")


def _altered(of: Any, **fields: Any) -> Any:
    """A copy with other attributes."""
    other = copy.copy(of)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _constant(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


_PLAIN: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "object": object,
    "broken": _Broken,
    "class": lambda: _Broken,
    "module": lambda: torch.nn.Linear(2, 2),
    "tensor": lambda: torch.zeros(1, 2),
    "list_of_objects": lambda: [object()],
    "list_of_none": lambda: [None],
}
_CLIPS: dict[str, dict[str, Any]] = {
    "without_tokenizer": {"tokenizer": None},
    "without_model": {"cond_stage_model": None},
    "without_patcher": {"patcher": None},
}
_ENCODED = torch.zeros(1, 77, 768)
_ANSWERS: dict[str, Any] = {
    "none": None,
    "word": "rubbish",
    "number": 5,
    "empty": {},
    "list": [],
    "nested": [[None, {}]],
    "keys": {5: None},
    "texts": {"l": "rubbish", "g": "rubbish"},
    "rows": {"l": [5], "g": [[5]]},
    "pairs": {"l": [[(None, None)]], "g": [[("a", "b", "c")]]},
    "flat": [[_ENCODED[0, 0], {}]],
    "deep": [[_ENCODED[None, None], {"pooled_output": [1.0, 2.0]}]],
    "pooled_list": [[_ENCODED, {"pooled_output": [1.0, 2.0]}]],
    "pair": (_ENCODED, "rubbish"),
    "pair_flat": (_ENCODED[0, 0], _ENCODED[0]),
}
_CLIPS |= {
    f"{method}_{name}": {method: _constant(value)}
    for method in ("tokenize", "encode_from_tokens", "encode_from_tokens_scheduled", "clone")
    for name, value in _ANSWERS.items()
}
_MODELS: dict[str, dict[str, Any]] = {
    "without_model": {"model": None},
    "without_options": {"model_options": None},
    "options_words": {"model_options": "abc"},
}
_VAES: dict[str, dict[str, Any]] = {
    "decode_none": {"decode": _constant(None)},
    "decode_nan": {"decode": _constant(torch.full((1, 64, 64, 3), NAN))},
    "decode_empty": {"decode": _constant(torch.zeros(0))},
    "encode_none": {"encode": _constant(None)},
    "encode_nan": {"encode": _constant(torch.full((1, 16, 8, 8), NAN))},
    "encode_number": {"encode": _constant(5)},
}
ALTERED = {"clip": _CLIPS, "model": _MODELS, "vae": _VAES}
MADE: dict[str, Callable[[], dict[str, Any]]] = {
    "conditioning": _conditionings,
    "image": _images,
    "latent": _latents,
}


def names(kind: str) -> list[str]:
    """What there is of a kind."""
    own = MADE[kind]() if kind in MADE else {}
    return [*own, *_PLAIN, *ALTERED.get(kind, ())]


def make(name: str, of: Any) -> Any:
    """``kind.name``; ``of``: a sound one, of which a copy is altered."""
    kind, _, which = name.partition(".")
    if which in ALTERED.get(kind, ()):
        return _altered(of, **ALTERED[kind][which])
    return MADE[kind]()[which] if kind in MADE and which in MADE[kind]() else _PLAIN[which]()
