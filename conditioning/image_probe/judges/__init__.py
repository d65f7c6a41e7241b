"""Judges: what can be asked about a picture, and how far its answers can be believed."""
