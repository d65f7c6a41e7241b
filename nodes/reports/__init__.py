"""Nodes for reports, whichever node made them."""
