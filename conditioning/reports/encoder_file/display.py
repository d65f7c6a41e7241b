"""What the card of an encoder report draws: ``display`` of the report and of its encoders, computed
here once, so that the browser lays out and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...encoder_files.sentences import ASSUMED
from ...translation import listed, translatable, translate, translate_count
from .text import NAMED, TOKENIZER_PLACES, size, tensors

Report = Mapping[str, Any]
Fields = dict[str, Any]

_ARCHITECTURES = {
    "clip": "CLIP",
    "siglip": "SigLIP",
    "t5": "T5",
    "bert": "BERT",
    "llm": translatable("language model"),
    "t5gemma": "T5Gemma",
    "xlm_roberta": "XLM-RoBERTa",
}

_LABELS = {
    "notes": translatable("Good to know"),
    "near": translatable("Does not fit"),
    "others": translatable("Take no encoder of this kind"),
    "serious": translatable("Key problems"),
    "harmless": translatable("Harmless keys"),
}
"""Headings of what the card folds away."""


def with_display(report: Report) -> Fields:
    """The report with ``display`` in it and in its encoders."""
    return {
        **report,
        "encoders": [{**encoder, "display": _encoder(encoder)} for encoder in report["encoders"]],
        "display": {
            "title": report["title"] or report["name"],
            "tone": tone(report),
            "facts": list(_file_facts(report)),
            "labels": {name: translate(text) for name, text in _LABELS.items()},
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
    held = tensors(report["tensors"])
    if len(report["files"]) > 1:
        held = translate_count(
            "{tensors} in {count:,} file",
            "{tensors} in {count:,} files",
            len(report["files"]),
            tensors=held,
        )
    exact = translate_count("{count:,} byte", "{count:,} bytes", report["bytes"])
    yield fact("bytes", translate("{size} on disk", size=size(report["bytes"])), exact)
    yield fact("container", listed((report["container"], held)))


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
    yield fact("architecture", translate(_ARCHITECTURES[architecture]))
    usual = ""
    if "heads" in assumed:
        usual = translate(
            "Not in the file, taken from the usual model of this size: {assumed}",
            assumed=listed(translate(ASSUMED[name]) for name in assumed),
        )
    yield fact("shape", shape_text(encoder), usual)
    if encoder["vocabulary"]:
        pieces = translate_count(
            "{count:,} token in the vocabulary",
            "{count:,} tokens in the vocabulary",
            encoder["vocabulary"],
        )
        yield fact("vocabulary", pieces)
    yield fact("positions", _positions(encoder))
    if encoder["parameters"]:
        yield fact("parameters", _parameters(encoder["parameters"]))
    yield fact("precision", _precision(encoder))
    yield _tokenizer(encoder["tokenizer"])
    if encoder["host_takes_it_for"]:
        text = translate("ComfyUI takes it for {role}", role=encoder["host_takes_it_for"])
        yield fact("host", text, tone="warn")


def shape_text(encoder: Report) -> str:
    """'4,096 wide × 24 layers × 64 heads', as far as it is known."""
    parts = []
    if encoder["width"]:
        parts.append(translate("{width:,} wide", width=encoder["width"]))
    if encoder["layers"]:
        parts.append(translate_count("{count:,} layer", "{count:,} layers", encoder["layers"]))
    if encoder["heads"]:
        parts.append(translate_count("{count:,} head", "{count:,} heads", encoder["heads"]))
    return " × ".join(parts)


def _positions(encoder: Report) -> str:
    if encoder["positions"]:
        return translate_count("{count:,} position", "{count:,} positions", encoder["positions"])
    if encoder["buckets"]:
        return translate_count(
            "relative positions, {count:,} bucket",
            "relative positions, {count:,} buckets",
            encoder["buckets"],
        )
    return ""


def _parameters(count: int) -> str:
    if count >= 1e9:
        return translate("{billions:.2f} billion parameters", billions=count / 1e9)
    return translate("{millions:.1f} million parameters", millions=count / 1e6)


def _precision(encoder: Report) -> str:
    quantisation = encoder["quantisation"]
    if quantisation["format"] == "none":
        return " + ".join(dtype["dtype"] for dtype in encoder["dtypes"])
    return str(quantisation["title"] or quantisation["format"])


def _tokenizer(tokenizer: Report) -> Fields:
    place = translate(TOKENIZER_PLACES[tokenizer["where"]])
    text = translate("tokenizer: {tokenizer}", tokenizer=place)
    if tokenizer["kind"]:
        text = translate("{kind} tokenizer: {place}", kind=tokenizer["kind"], place=place)
    return fact("tokenizer", text, tone="warn" if tokenizer["where"] == "missing" else "")


def dtype_bars(dtypes: Sequence[Report]) -> list[Fields]:
    """What the weights are stored in, each as its share of the bytes, and in words; empty where
    nothing is stored.
    """
    total = sum(dtype["bytes"] for dtype in dtypes)
    if not total:
        return []
    return [
        {"dtype": dtype["dtype"], "share": round(dtype["bytes"] / total, 5), "text": _stored(dtype)}
        for dtype in dtypes
    ]


def _stored(dtype: Report) -> str:
    """'1.2 MB in 3 tensors'; of what was loaded, the bytes alone."""
    if not dtype.get("tensors"):
        return size(dtype["bytes"])
    return translate(
        "{size} in {tensors}", size=size(dtype["bytes"]), tensors=tensors(dtype["tensors"])
    )


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
        return translate("Fits none of the image models that EncoderScope knows")
    roles = list(dict.fromkeys(fit["wants"] for fit in fitting))
    if len(roles) > 1:
        return translate("Would fit, were it whole") if broken else translate("Fits")
    if broken:  # the role once, where it is the same for all
        return translate("Would fit as {role}, were it whole", role=roles[0])
    return translate("Fits as {role}", role=roles[0])


def _fit(fit: Report) -> Fields:
    tip = [fit["title"], fit["why"]]
    text = fit["title"]
    if fit["fits"]:
        tip.insert(1, translate("takes it as {role}", role=fit["wants"]))
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
    text = translate(": {why}", why=group["why"])
    if group["count"] > NAMED:
        text = translate_count(
            " and {count:,} more: {why}",
            " and {count:,} more: {why}",
            group["count"] - NAMED,
            why=group["why"],
        )
    return {"keys": listed(group["keys"][:NAMED]), "text": text}


# --- what was loaded
# --------------------------------------------------------------------------------------------------


def with_loaded_display(report: Report) -> Fields:
    """The report of what was loaded, with ``display`` in it and in its encoders."""
    display = {"tone": "open", "sentence": report["title"]}
    if report["family"] is not None:
        sentence = translate("CLIP for {family}", family=report["title"])
        display = {"tone": "kept", "sentence": sentence}
    return {
        **report,
        "encoders": [{**encoder, "display": _loaded(encoder)} for encoder in report["encoders"]],
        "display": display,
    }


def _loaded(encoder: Report) -> Fields:
    """Chips, and a bar of what the weights are stored in."""
    texts = {
        "role": encoder["role"] and translate("read as {role}", role=encoder["role"]),
        "shape": shape_text(encoder),
        "positions": _positions({**encoder, "buckets": None}),
        "precision": encoder["quantisation"] != "none"
        and translate("packed: {format}", format=encoder["quantisation"]),
        "tokenizer": encoder["tokenizer"]
        and translate("tokenizer: {tokenizer}", tokenizer=encoder["tokenizer"]),
    }
    dtypes = sorted(encoder["dtypes"].items(), key=lambda item: -item[1])
    return {
        "facts": [fact(name, text) for name, text in texts.items() if text],
        "dtypes": dtype_bars([{"dtype": dtype, "bytes": count} for dtype, count in dtypes]),
    }
