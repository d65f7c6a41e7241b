"""The host's image-text encoders: both towers from files, or a CLIP and a CLIP_VISION that fit."""
