"""Image-text encoders (CLIP, SigLIP, SigLIP 2): both towers, from local files."""
