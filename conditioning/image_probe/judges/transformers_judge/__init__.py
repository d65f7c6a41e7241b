"""Judges from Hugging Face folders, run by transformers from local files alone."""
