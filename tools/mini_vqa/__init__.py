"""Trains mini-VQA, the judge that comes with the pack, and measures what it can."""
