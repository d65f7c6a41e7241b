"""Encoding faster, or not at all."""
