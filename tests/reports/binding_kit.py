"""A binding report as it is drawn, part by part."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("PIL")

from encoderscope.tests.reports.drawn import STREAMS

Report = dict[str, Any]
TEXT = "a red car next to a blue house"


def row(pair: int = 0, share: float = 0.25, verdict: str = "BOUND", **more: Any) -> Report:
    return {
        "pair": pair,
        "stream": "l",
        "title": "CLIP-L",
        "readout": "pooled",
        "readout_title": "pooled vector",
        "counts": True,
        "taken": True,
        "verdict": verdict,
        "share": share,
        "interval": [share * 0.8, min(1.0, share * 1.3)],
        "kappa": 0.1,
        "p": 0.008,
        "null": [0.01, 0.04],
        "parts": {},
        "in_prompt": None,
        "lost_in_prompt": False,
    } | more


def contrast(
    verdict: str = "BOUND", arcs: list[list[list[int]]] | None = None, **more: Any
) -> Report:
    ends = [[[2, 5], [6, 9]], [[20, 24], [25, 30]]] if arcs is None else arcs
    return {
        "kind": "binding",
        "label": "red car / blue house",
        "stock": False,
        "verdict": verdict,
        "sentence": "Meaning of it.",
        "remedy": "Remedy for it.",
        "source": "arXiv",
        "note": "Note on it.",
        "frames": 8,
        "cells": {
            "asked": "a red car",
            "rival": "a blue car",
            "asked_again": "",
            "rival_again": "",
        },
        "arcs": [{"from": a, "to": b} for a, b in ends],
        "selectivity": [
            {
                "stream": "l",
                "listener": "car",
                "hears": [],
                "own_share": 0.5,
                "sentence": "“car” hears blue.",
            }
        ],
        "textbook": [],
    } | more


def probe(
    contrasts: list[Report] | None = None, rows: list[Report] | None = None, **more: Any
) -> Report:
    result = [contrast()] if contrasts is None else contrasts
    return {
        "format": "encoderscope.probe",
        "version": 1,
        "host": "ComfyUI 0.3.75",
        "text": TEXT,
        "sentence": "CLIP-L: represents it.",
        "bound": True,
        "family": "flux",
        "family_title": "FLUX.1",
        "generator": "joint-attention DiT",
        "view": "unpadded",
        "threshold": 0.95,
        "streams": STREAMS,
        "pairs": [],
        "contrasts": result,
        "verdicts": [row(k, verdict=item["verdict"]) for k, item in enumerate(result)]
        if rows is None
        else rows,
        "lint": [
            {
                "kind": "before",
                "stream": "l",
                "text": "Lint found.",
                "remedy": "Lint mended.",
                "span": [0, 1],
            }
        ],
        "skipped": ["Skipped one."],
        "unread": ["Unread one."],
        "notes": ["Noted one."],
        "compare": None,
    } | more
