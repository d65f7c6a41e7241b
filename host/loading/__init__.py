"""Load Text Encoders: from described files to an ordinary host CLIP, built from the host's own
modules.
"""
