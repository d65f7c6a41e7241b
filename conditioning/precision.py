"""How encodings are computed; a mode is named wherever a number of it is shown
(docs/decisions/0009-precision-and-reuse.md).
"""

EXACT = "exact"
"""fp32, as ComfyUI computes; another order of additions at most."""
FAST = "fast"
"""Products in fp16 (GPU) or bf16 (CPU); the residual stream, norms and softmax in fp32."""
DRAFT = "draft"
"""As fast, but activations are rounded as coarsely as quantised weights are, to 8 or 4 bits. Never
for probes.
"""
MODES = (EXACT, FAST, DRAFT)
"""From the most exact to the least."""
