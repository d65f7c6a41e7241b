"""Prompts in another language than the encoders learned."""
