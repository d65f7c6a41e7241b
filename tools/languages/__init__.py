"""Translations of what the editor shows of the nodes: written, compared with English, accepted."""
