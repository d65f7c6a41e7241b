"""What beside text and files decides the numbers: versions, devices, settings, and whether another
pack replaced the host's encoding.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import comfy.ldm.modules.attention as attention
import comfy.model_management as management
import folder_paths
import torch
from comfy.cli_args import args

from ...conditioning.errors import EncoderScopeError
from .. import clip as host_clip

HOST = Path(os.path.realpath(folder_paths.__file__)).parent
_WITHOUT_EFFECT = {
    *(
        "listen",
        "port",
        "tls_keyfile",
        "tls_certfile",
        "enable_cors_header",
        "max_upload_size",
        "enable_compress_response_body",
    ),
    *(
        "base_directory",
        "extra_model_paths_config",
        "output_directory",
        "temp_directory",
        "input_directory",
        "user_directory",
    ),
    *(
        "database_url",
        "auto_launch",
        "disable_auto_launch",
        "preview_method",
        "preview_size",
        "dont_print_server",
        "quick_test_for_ci",
    ),
    *(
        "windows_standalone_build",
        "disable_metadata",
        "disable_all_custom_nodes",
        "whitelist_custom_nodes",
        "disable_api_nodes",
    ),
    *(
        "multi_user",
        "verbose",
        "log_stdout",
        "front_end_version",
        "front_end_root",
        "comfy_api_base",
        "default_hashing_function",
    ),
    *(
        "cache_classic",
        "cache_lru",
        "cache_none",
        "cache_ram",
        "enable_manager",
        "disable_manager_ui",
        "enable_manager_legacy_ui",
    ),
    *(
        "fp32_unet",
        "fp64_unet",
        "bf16_unet",
        "fp16_unet",
        "fp8_e4m3fn_unet",
        "fp8_e5m2_unet",
        "fp8_e8m0fnu_unet",
    ),
    *(
        "fp16_vae",
        "fp32_vae",
        "bf16_vae",
        "cpu_vae",
        "reserve_vram",
        "disable_pinned_memory",
        "disable_mmap",
        "mmap_torch_files",
    ),
}
"""Settings of the command line that no text encoder feels. All others belong to the key, those of
later hosts, too.
"""
_CODE = ("comfy", "nodes.py")
_PACKAGES = (
    "transformers",
    "tokenizers",
    "sentencepiece",
    "safetensors",
    "comfy-kitchen",
    "comfy-aimdo",
)
_ENCODING = {
    *(
        "comfy.sd",
        "comfy.sd1_clip",
        "comfy.sdxl_clip",
        "comfy.clip_model",
        "comfy.ops",
        "comfy.model_patcher",
        "comfy.utils",
    ),
    *(
        "comfy.lora",
        "comfy.lora_convert",
        "comfy.float",
        "comfy.rmsnorm",
        "comfy.quant_ops",
        "comfy.ldm.modules.attention",
    ),
    *(
        "torch.nn.functional",
        "torch.nn.modules.linear",
        "torch.nn.modules.normalization",
        "torch.nn.modules.sparse",
    ),
}
_BELOW = ("comfy.text_encoders.", "comfy.weight_adapter.")
_PROGRESS = ("ProgressBar", "set_progress_bar")
"""Of comfy.utils: packs put theirs into its place, and no number feels it."""


def snapshot() -> dict[str, Any]:
    """The environment of an encoding as plain JSON, for the key of its result.

    Raises :class:`EncoderScopeError` where the host does not say its version, or where another pack
    has replaced a part of its encoding.
    """
    version = host_clip.version()
    foreign = replaced_function()
    if version is None:
        raise EncoderScopeError(
            "ComfyUI does not say its version.", "It belongs to the key.", "Update ComfyUI."
        )
    if foreign:
        raise EncoderScopeError(
            "Another node pack replaced {foreign}.",
            "ComfyUI's own encoding was expected.",
            "Disable that pack to use the cache.",
            foreign=foreign,
        )
    return {
        "ComfyUI": [version, CODE_HASH],
        "libraries": {"torch": torch.__version__, **LIBRARIES},
        "device": _device(),
        "precision": _precision(),
        "settings": {
            name: _plain(value)
            for name, value in sorted(vars(args).items())
            if name not in _WITHOUT_EFFECT
        },
    }


def _code_hash() -> str:
    """Of the host's encoding code, and the sizes of its vocabularies: a checkout may lie between
    two versions.
    """
    digest = hashlib.sha256()
    for path in _code_files():
        label = f"{path.relative_to(HOST).as_posix()}\0{path.stat().st_size}\0"
        digest.update(label.encode())
        if path.suffix == ".py":
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _code_files() -> Iterator[Path]:
    for name in _CODE:
        top = HOST / name
        for path in [top, *sorted(top.rglob("*"))]:
            if path.is_file() and path.suffix != ".pyc":
                yield path


def _versions() -> dict[str, str | None]:
    return {name: _version(name) for name in _PACKAGES}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _device() -> dict[str, Any]:
    """The processor always counts: parts of an encoder may run there."""
    device = management.text_encoder_device()
    entry: dict[str, Any] = {
        "kind": device.type,
        "processor": [
            platform.machine(),
            torch.backends.cpu.get_cpu_capability(),
            torch.get_num_threads(),
        ],
    }
    if device.type == "cpu":
        return entry
    host_memory = sys.modules.get("comfy.memory_management")
    return entry | {
        "name": management.get_torch_device_name(device),
        "memory": str(management.vram_state),
        "toolkit": [torch.version.cuda, getattr(torch.version, "hip", None)],
        "dynamic": bool(getattr(host_memory, "aimdo_enabled", False)),
    }


def _precision() -> dict[str, str]:
    dtype = management.text_encoder_dtype(management.text_encoder_device())
    matmul = torch.backends.cuda.matmul
    return {
        "weights": str(dtype),
        "attention": attention.optimized_attention.__name__,
        "matmul": torch.get_float32_matmul_precision(),
        "tf32": f"{matmul.allow_tf32} {torch.backends.cudnn.allow_tf32}",
        "reduced": (
            f"{matmul.allow_fp16_reduced_precision_reduction} "
            f"{matmul.allow_bf16_reduced_precision_reduction}"
        ),
        "deterministic": str(torch.are_deterministic_algorithms_enabled()),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, (bool, int, float, str, type(None))):
        return value
    return str(value)


CODE_HASH = _code_hash()
LIBRARIES = _versions()
"""Both when the host starts: what an update puts there later does not run before the next start."""


# --- other packs
# --------------------------------------------------------------------------------------------------


def replaced_function() -> str:
    """The first function of the host's encoding that a file of a node pack put there; empty where
    all are the host's own.
    """
    packs = tuple(
        os.path.realpath(folder) + os.sep
        for folder in folder_paths.get_folder_paths("custom_nodes")
    )
    for name, module in list(sys.modules.items()):
        if name not in _ENCODING and not name.startswith(_BELOW):
            continue
        for attribute, function in _functions(module):
            file = function.__code__.co_filename
            if not attribute.startswith(_PROGRESS) and is_below(file, packs):
                return f"{name}.{attribute}"
    return ""


@cache
def is_below(file: str, folders: tuple[str, ...]) -> bool:
    """Whether a file lies in one of the folders, each with a separator at its end."""
    return os.path.realpath(file).startswith(folders)


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """The functions and methods that a module defines, by their names in it."""
    for name, value in list(vars(module).items()):
        if isinstance(value, FunctionType):
            yield name, value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            for method, member in list(vars(value).items()):
                function = getattr(member, "__func__", member)
                if isinstance(function, FunctionType):
                    yield f"{name}.{method}", function
