"""The face for Python: what the commands do, as functions (docs/python.md).

``import encoderscope`` offers them and imports nothing until one is called: ComfyUI imports the
same package, and must not wait for it.
"""
