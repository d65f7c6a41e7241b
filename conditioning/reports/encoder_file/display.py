"""What the card of an encoder report draws: ``display`` of the report and of its encoders, computed
here once, so that the browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..wording import plural
from .text import NAMED, TOKENIZER_PLACES, size

Report = Mapping[str, Any]
Fields = dict[str, Any]

_ARCHITECTURES = {
    "clip": "CLIP",
    "siglip": "SigLIP",
    "t5": "T5",
    "bert": "BERT",
    "llm": "language model",
}


def with_display(report: Report) -> Fields:
    """The report with ``display`` in it and in its encoders."""
    return {
        **report,
        "encoders": [{**encoder, "display": _encoder(encoder)} for encoder in report["encoders"]],
        "display": {
            "title": report["title"] or report["name"],
            "tone": tone(report),
            "facts": list(_file_facts(report)),
        },
    }


def tone(report: Report) -> str:
    """kept: whole, and some image model takes it; open: whole, but for none of them; else lost."""
    if not report["usable"] or report["kind"] == "other":
        return "lost"
    if any(fit["fits"] for encoder in report["encoders"] for fit in encoder["fits"]):
        return "kept"
    return "open"


def fact(name: str, text: str, title: str = "", tone: str = "") -> Fields:
    """A chip: ``title`` is its tooltip, ``tone`` warns."""
    return {"name": name, "text": text, "title": title, "tone": tone}


def _file_facts(report: Report) -> Iterator[Fields]:
    tensors = plural(report["tensors"], "tensor")
    if len(report["files"]) > 1:
        tensors += f" in {plural(len(report['files']), 'file')}"
    yield fact("bytes", f"{size(report['bytes'])} on disk", plural(report["bytes"], "byte"))
    yield fact("container", f"{report['container']}, {tensors}")


def _encoder(encoder: Report) -> Fields:
    keys = encoder["keys"]
    return {
        "facts": [each for each in _facts(encoder) if each["text"]],
        "dtypes": dtype_bars(encoder["dtypes"]),
        "fits": _fits(encoder["fits"], broken=bool(keys["serious"])),
        "serious": [_key_group(group) for group in keys["serious"]],
        "harmless": [_key_group(group) for group in keys["harmless"]],
    }


def _facts(encoder: Report) -> Iterator[Fields]:
    architecture, assumed = encoder["architecture"], encoder["assumed"]
    yield fact("architecture", _ARCHITECTURES.get(architecture) or str(architecture))
    usual = ""
    if "heads" in assumed:
        usual = f"Not in the file, taken from the usual model of this size: {', '.join(assumed)}"
    yield fact("shape", shape_text(encoder), usual)
    if encoder["vocabulary"]:
        yield fact("vocabulary", f"{plural(encoder['vocabulary'], 'token')} in the vocabulary")
    yield fact("positions", _positions(encoder))
    if encoder["parameters"]:
        yield fact("parameters", f"{_millions(encoder['parameters'])} parameters")
    yield fact("precision", _precision(encoder))
    yield _tokenizer(encoder["tokenizer"])
    if encoder["host_takes_it_for"]:
        text = f"ComfyUI takes it for {encoder['host_takes_it_for']}"
        yield fact("host", text, tone="warn")


def shape_text(encoder: Report) -> str:
    """'4,096 wide × 24 layers × 64 heads', as far as it is known."""
    parts = []
    if encoder["width"]:
        parts.append(f"{encoder['width']:,} wide")
    parts += [
        plural(encoder[key], noun)
        for key, noun in (("layers", "layer"), ("heads", "head"))
        if encoder[key]
    ]
    return " × ".join(parts)


def _positions(encoder: Report) -> str:
    if encoder["positions"]:
        return plural(encoder["positions"], "position")
    if encoder["buckets"]:
        return f"relative positions, {plural(encoder['buckets'], 'bucket')}"
    return ""


def _millions(count: int) -> str:
    if count >= 1e9:
        return f"{count / 1e9:.2f} billion"
    return f"{count / 1e6:.1f} million"


def _precision(encoder: Report) -> str:
    quantisation = encoder["quantisation"]
    if quantisation["format"] == "none":
        return " + ".join(dtype["dtype"] for dtype in encoder["dtypes"])
    return str(quantisation["title"] or quantisation["format"])


def _tokenizer(tokenizer: Report) -> Fields:
    place = TOKENIZER_PLACES.get(tokenizer["where"], tokenizer["where"])
    kind = " ".join(part for part in (tokenizer["kind"], "tokenizer") if part)
    if tokenizer["where"] == "missing":
        return fact("tokenizer", f"{kind}: {place}", tone="warn")
    return fact("tokenizer", f"{kind}: {place}")


def dtype_bars(dtypes: Sequence[Report]) -> list[Fields]:
    """What the weights are stored in, each as its share of the bytes, and in words; empty where
    nothing is stored.
    """
    total = sum(dtype["bytes"] for dtype in dtypes)
    if not total:
        return []
    return [
        {
            "dtype": dtype["dtype"],
            "share": round(dtype["bytes"] / total, 5),
            "text": " in ".join([size(dtype["bytes"]), *_tensors(dtype)]),
        }
        for dtype in dtypes
    ]


def _tensors(dtype: Report) -> Iterator[str]:
    if dtype.get("tensors"):
        yield plural(dtype["tensors"], "tensor")


def _fits(fits: Sequence[Report], broken: bool) -> Fields:
    """Image models that take it, those that miss it narrowly, and those that take nothing of its
    kind.
    """
    fitting = [fit for fit in fits if fit["fits"]]
    return {
        "title": _fits_title(fitting, broken),
        "broken": broken,
        "fitting": [_fit(fit) for fit in fitting],
        "near": [_fit(fit) for fit in fits if not fit["fits"] and fit["stream"]],
        "others": [_fit(fit) for fit in fits if not fit["fits"] and not fit["stream"]],
    }


def _fits_title(fitting: Sequence[Report], broken: bool) -> str:
    if not fitting:
        return "Fits none of the image models that EncoderScope knows"
    roles = list(dict.fromkeys(fit["wants"] for fit in fitting))
    role = f" as {roles[0]}" if len(roles) == 1 else ""  # once, where it is the same for all
    if broken:
        return f"Would fit{role}, were it whole"
    return f"Fits{role}"


def _fit(fit: Report) -> Fields:
    tip = [fit["title"], fit["why"]]
    text = fit["title"]
    if fit["fits"]:
        tip.insert(1, f"takes it as {fit['wants']}")
        if fit["why"]:
            text = f"{text} *"
    return {
        "family": fit["family"],
        "fits": fit["fits"],
        "text": text,
        "tip": [line for line in tip if line],
    }


def _key_group(group: Report) -> Fields:
    """Keys of one reason: the first of them, then how many more and why."""
    why = f": {group['why']}"
    if group["count"] > NAMED:
        why = f" and {group['count'] - NAMED:,} more{why}"
    return {"keys": ", ".join(group["keys"][:NAMED]), "text": why}


# --- what was loaded
# --------------------------------------------------------------------------------------------------


def with_loaded_display(report: Report) -> Fields:
    """The report of what was loaded, with ``display`` in it and in its encoders."""
    display = {"tone": "open", "sentence": report["title"]}
    if report["family"] is not None:
        display = {"tone": "kept", "sentence": f"CLIP for {report['title']}"}
    return {
        **report,
        "encoders": [{**encoder, "display": _loaded(encoder)} for encoder in report["encoders"]],
        "display": display,
    }


def _loaded(encoder: Report) -> Fields:
    """Chips, and a bar of what the weights are stored in."""
    texts = {
        "role": encoder["role"] and f"read as {encoder['role']}",
        "shape": shape_text(encoder),
        "positions": _positions({**encoder, "buckets": None}),
        "precision": encoder["quantisation"] != "none" and f"packed: {encoder['quantisation']}",
        "tokenizer": encoder["tokenizer"] and f"tokenizer: {encoder['tokenizer']}",
    }
    dtypes = sorted(encoder["dtypes"].items(), key=lambda item: -item[1])
    return {
        "facts": [fact(name, text) for name, text in texts.items() if text],
        "dtypes": dtype_bars([{"dtype": dtype, "bytes": count} for dtype, count in dtypes]),
    }
