"""Smaller copies of text-encoder files, checked and measured."""
