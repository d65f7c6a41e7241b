"""Other programs that encode with a T5: transformers, and nai-t5 where it is installed; each eager,
as a CUDA graph, and compiled.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import roofline
import t5xxl

Run = Callable[[Any], Any]
"""(1, token, dim) fp32 -> states."""
TRANSFORMERS, NAI = "transformers, bf16, sdpa", "nai-t5, bf16, sdpa"


def transformers_run(tensors: dict[str, Any], layers: int, device: str) -> Run:
    import torch
    from transformers import T5Config, T5EncoderModel

    config = T5Config(**t5xxl.CONFIG, num_layers=layers, attn_implementation="sdpa")
    with torch.device("meta"):
        model = T5EncoderModel(config)
    table = {"encoder.embed_tokens.weight": tensors["shared.weight"]}
    model.load_state_dict(tensors | table, strict=False, assign=True)
    model = model.eval().to(device)
    return lambda x: model(inputs_embeds=x.bfloat16()).last_hidden_state.float()


def nai_run(tensors: dict[str, Any], layers: int, device: str) -> Run | None:
    """nai-t5 (pip install nai-t5), which is no dependency of ours."""
    if importlib.util.find_spec("nai_t5") is None:
        print("nai-t5 is not installed (pip install nai-t5): left out")
        return None
    import torch
    from nai_t5 import t5_encoder, t5_hf
    from transformers import T5Config

    config = t5_hf.to_based_config(T5Config(**t5xxl.CONFIG, num_layers=layers)).model_copy(
        update={"linear_weight_dtype": torch.bfloat16}
    )

    class Embedded(torch.nn.Module):
        def forward(self, embeds: Any) -> Any:
            return embeds[None]

    with torch.device("meta"):
        model = t5_encoder.T5EncoderStack(config).eval()
    model.load_state_dict(t5_hf.hf_to_based_t5_enc_state(tensors, config), assign=True)
    model.vocab_embed = Embedded()
    model = model.to(device)

    def run(embeds: Any) -> Any:
        bias = model.relative_attention_bias(embeds.shape[1])
        return model(embeds.bfloat16(), position_bias=bias).float()

    return run


def runs(
    tensors: dict[str, Any], layers: int, device: str, compiled: bool, lengths: list[int]
) -> dict[str, Run]:
    """By name. A way that fails here is left out, and why is printed."""
    import torch

    eager = {
        TRANSFORMERS: transformers_run(tensors, layers, device),
        NAI: nai_run(tensors, layers, device),
    }
    ways: dict[str, Run] = {}
    for name, run in eager.items():
        if run is None:
            continue
        ways[name] = run
        ways |= works(f"{name}, CUDA graph", roofline.graphed(run, device), device, lengths)
        if compiled:
            program = torch.compile(run, mode="reduce-overhead", dynamic=False)
            ways |= works(f"{name}, compiled", _cloned(program), device, lengths)
    return ways


def _cloned(program: Run) -> Run:
    """Its answer in memory of its own: the next run of a CUDA graph writes over it."""
    return lambda x: program(x).clone()


def works(name: str, run: Run, device: str, lengths: list[int]) -> dict[str, Run]:
    """``run`` by its name, once it has prepared itself for all lengths; nothing where it fails."""
    import torch

    try:
        for length in lengths:
            for _ in range(3):
                run(torch.randn(1, length, t5xxl.WIDTH, device=device))
    except Exception as error:  # whatever a missing compiler, or an operation in a graph, brings
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        print(f"{name}: left out, {type(error).__name__}: {reason[:200]}", flush=True)
        return {}
    return {name: run}
