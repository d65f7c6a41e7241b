"""Everything that imports ComfyUI: the adapter between its objects and the core."""
