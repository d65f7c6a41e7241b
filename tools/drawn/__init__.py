"""Pictures of README and of the Comfy Registry, drawn anew."""
