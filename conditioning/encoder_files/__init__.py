"""Text-encoder files: what a file is, from its header alone, and which keys a loader may expect in
it.
"""
