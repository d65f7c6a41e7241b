"""The nodes of ComfyUI, one file each: what a node takes and gives, and which function of the host
layer does the work. Of ComfyUI they know ``comfy_api`` alone.
"""
