"""How encodings are computed; a mode is named wherever a number of it is shown (docs/decisions/0009-precision-and-reuse.md)."""

EXACT = "exact"
"""fp32, as ComfyUI computes; another order of additions at most."""
FAST = "fast"
"""Products in fp16 (GPU) or bf16 (CPU); the residual stream, norms and softmax in fp32."""
MODES = (EXACT, FAST)
