"""The node that asks all stations."""
