"""Conditionings: opening, assembling, mixing, inspecting, keeping."""
