"""SigLIP's text tower on the host's `operations`: the one encoder that the host has no module for.

Layers are the host's own CLIP layers. What differs from CLIP: every token sees every other, the
pooled vector is the last position's (the model was trained with every text padded to the full
length), and a head with a bias takes the projection's place.
"""

from __future__ import annotations

from typing import Any

import comfy.ops
import torch
from comfy.clip_model import CLIPEmbeddings, CLIPEncoder

EPSILON = 1e-6  # of every layer norm; CLIP's is 1e-5


class _TextModel(torch.nn.Module):
    def __init__(self, config: dict[str, Any], dtype: Any, device: Any, operations: Any) -> None:
        super().__init__()
        width = config["hidden_size"]
        factory = {"dtype": dtype, "device": device}
        self.embeddings = CLIPEmbeddings(
            width,
            config["vocab_size"],
            config["max_position_embeddings"],
            operations=operations,
            **factory,
        )
        self.encoder = CLIPEncoder(
            config["num_hidden_layers"],
            width,
            config["num_attention_heads"],
            config["intermediate_size"],
            config["hidden_act"],
            operations=operations,
            **factory,
        )
        self.final_layer_norm = operations.LayerNorm(width, **factory)
        self.head = operations.Linear(width, config["projection_dim"], bias=True, **factory)
        for module in self.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.eps = EPSILON


class SiglipTextModel(torch.nn.Module):
    """Takes and returns what the host's `CLIPTextModel` does, so that its `SDClipModel` can hold
    it.
    """

    def __init__(
        self, config_dict: dict[str, Any], dtype: Any, device: Any, operations: Any
    ) -> None:
        super().__init__()
        self.num_layers = config_dict["num_hidden_layers"]
        self.text_model = _TextModel(config_dict, dtype, device, operations)
        self.dtype = dtype

    def get_input_embeddings(self) -> Any:
        return self.text_model.embeddings.token_embedding

    def set_input_embeddings(self, embeddings: Any) -> None:
        self.text_model.embeddings.token_embedding = embeddings

    def forward(
        self,
        input_tokens: Any = None,
        attention_mask: Any = None,
        embeds: Any = None,
        num_tokens: Any = None,
        intermediate_output: Any = None,
        final_layer_norm_intermediate: bool = True,
        dtype: Any = torch.float32,
        **_: Any,
    ) -> tuple[Any, Any, Any, Any]:
        """Returns `(last states, states of the layer asked for, pooled through the head, pooled)`,
        states as `batch token dim`.
        """
        model = self.text_model
        if embeds is None:
            embeds = self.get_input_embeddings()(input_tokens, out_dtype=dtype)
        positions = comfy.ops.cast_to(
            model.embeddings.position_embedding.weight, dtype=dtype, device=embeds.device
        )
        states = embeds + positions[: embeds.shape[1]]
        mask = None
        if attention_mask is not None:
            mask = _added_mask(attention_mask, states)
        states, between = model.encoder(states, mask=mask, intermediate_output=intermediate_output)
        states = model.final_layer_norm(states)
        if between is not None and final_layer_norm_intermediate:
            between = model.final_layer_norm(between)
        pooled = states[:, -1]
        return states, between, model.head(pooled), pooled


def _added_mask(attention_mask: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """(batch, token) of ones and zeros -> (batch, 1, token, token) that is added to the scores."""
    hidden = (attention_mask == 0)[:, None, None, :].expand(-1, 1, attention_mask.shape[-1], -1)
    mask = torch.zeros(hidden.shape, dtype=states.dtype, device=states.device)
    return mask.masked_fill(hidden, -torch.finfo(states.dtype).max)
