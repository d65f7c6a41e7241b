"""Vocabularies that come with an encoder's file: where they lie, whether they can be read, and how
they read a text.
"""
