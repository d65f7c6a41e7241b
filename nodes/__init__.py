"""The ComfyUI face: thin V3 nodes. Only this package imports the host, and none of it at import of
the package itself.
"""
