"""How files hold tensors: safetensors, GGUF, and the notes of packed weights."""
