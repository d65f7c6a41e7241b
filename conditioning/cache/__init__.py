"""Conditionings on disk: one file's bytes (``entry``), what a result depends on (``key``), and a
bounded folder of results (``store``).
"""
