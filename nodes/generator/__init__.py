"""Nodes about the image model."""
