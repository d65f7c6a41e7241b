"""Station 3 in the host: its own guider and sampler ask the image model (decision 12)."""
