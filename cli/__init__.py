"""The terminal face: one module for each command."""
