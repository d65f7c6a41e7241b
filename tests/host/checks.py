"""What must hold for every prompt and every tokenizer: the report says exactly what the host does,
and claims no place that is not true.
"""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from encoderscope.conditioning.errors import HostRefused
from encoderscope.conditioning.families.table import FAMILIES, Family
from encoderscope.conditioning.reports.tokens.report import token_report
from encoderscope.conditioning.tokens.prompt_map import map_tokens
from encoderscope.host import recorder

# Fates that say why a word has no token in a stream.
ABSENT = {
    "syntax",
    "missing_embedding",
    "embedding_mismatch",
    "no_token",
    "unaligned",
    "not_given",
    "cut",
}


def read(clip: Any, text: str, family: Family) -> tuple[dict[str, Any], list[Any]] | None:
    """The report of `text` after proving that it equals the host; None where the host itself
    refuses the text.
    """
    try:
        wanted = clip.tokenize(text, return_word_ids=True)
    except Exception:
        with pytest.raises(HostRefused):
            recorder.record(clip, text, family)
        return None
    recorded = recorder.record(clip, text, family)
    report = json.loads(
        json.dumps(token_report(map_tokens(text, recorded.streams, recorded.family)))
    )
    equals_the_host(
        wanted,
        {s.name: s.windows for s in recorded.streams},
        report,
        {s.name: as_read(s) for s in recorded.streams},
    )
    return report, recorded.streams


def as_read(stream: Any) -> list[list[Any]]:
    """The tokens of each window as the host's encoder reads them: it leaves out vectors of another
    width, and padding fills the end.
    """
    widths = {event.expected for event in stream.events if getattr(event, "expected", None)}
    padding = stream.pad_id if stream.pad_id is not None else stream.end_id
    windows = []
    for window in stream.windows:
        tokens = [token for token, _, _ in window]
        fitting = [t for t in tokens if isinstance(t, int) or not widths or t.shape[-1] in widths]
        windows.append([*fitting, *[padding] * (len(tokens) - len(fitting))])
    return windows


def equals_the_host(
    wanted: dict[str, Any],
    recorded: dict[str, Any],
    report: dict[str, Any],
    read: dict[str, Any] | None = None,
) -> None:
    """Ids, weights and windows, in the recording and in the JSON; word ids wherever the host gives
    any. ``read``: the tokens that the encoder reads, where some are left out.
    """
    import torch

    wanted = {
        name: windows for name, windows in wanted.items() if isinstance(windows, list)
    }  # ACE 1.5 puts settings beside them
    assert sorted(wanted) == sorted(recorded)
    assert list(recorded) == [s["name"] for s in report["streams"]]
    for stream in report["streams"]:
        host_windows = wanted[stream["name"]]
        ours = recorded[stream["name"]]
        assert (
            [len(w) for w in host_windows]
            == [len(w) for w in ours]
            == [len(w) for w in stream["windows"]]
        )
        tokens_read = [[slot[0] for slot in window] for window in host_windows]
        if read is not None:
            tokens_read = read[stream["name"]]
        for host_window, our_window, entries, reads in zip(
            host_windows, ours, stream["windows"], tokens_read, strict=True
        ):
            numbered = (
                any(slot[2] for slot in host_window)
                if all(len(slot) > 2 for slot in host_window)
                else False
            )
            for slot, (our_token, our_weight, our_word), entry, token_read in zip(
                host_window, our_window, entries, reads, strict=True
            ):
                token, weight = slot[:2]
                assert weight == our_weight and (not numbered or slot[2] == our_word)
                assert entry["weight"] == weight
                if isinstance(token, int):
                    assert our_token == token
                else:
                    assert torch.equal(token, our_token)
                if isinstance(token_read, int):
                    assert entry["id"] == token_read
                else:
                    assert entry["id"] is None
                    assert entry["embedding"]


def spans_are_true(clip: Any, report: dict[str, Any], recorded: Sequence[Any]) -> int:
    """In order, inside, on the right characters, and nothing visible left out in silence. Returns
    the number of unaligned words.
    """
    text, words = report["text"], report["words"]
    unaligned = 0
    for stream, recording in zip(report["streams"], recorded, strict=True):
        name = stream["name"]
        unaligned += sum("unaligned" in word["fates"][name] for word in words)
        content = [t for w in stream["windows"] for t in w if t.get("kind") in (None, "template")]
        placed = [t for t in content if t["span"]]
        for token in placed:
            start, end = token["span"]
            assert 0 <= start < end <= len(text), token
            if token["word"] is not None:
                low, high = words[token["word"]]["span"]
                assert low < end and start < high, (token, words[token["word"]])
        if (
            recording.origin.table is None
        ):  # ByT5 gets the three kinds of quotes one after the other
            for before, after in pairwise(placed):
                assert (
                    before["span"][0] <= after["span"][0] and before["span"][1] <= after["span"][1]
                ), (before, after)
        if recording.source == text:
            lost = [t for t in _between_templates(content) if not t["span"]]
            assert not lost or any("unaligned" in word["fates"][name] for word in words), lost[:3]
            assert all(t.get("kind") != "template" for t in lost), lost[:3]
        _letters_agree(recording, text, placed, _surfaces(clip, recording, placed))
        _nothing_is_left_out(clip, report, recording, placed)
        _words_hold_their_tokens(words, name, placed)
    return unaligned


def _between_templates(content: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Without the template that some hosts put around tokens that are already made."""
    own = [i for i, token in enumerate(content) if token.get("kind") != "template"]
    return content[own[0] : own[-1] + 1] if own else []


def _words_hold_their_tokens(
    words: Sequence[dict[str, Any]], name: str, placed: Sequence[dict[str, Any]]
) -> None:
    """A word is said to have no token exactly where none stands on it; a token on a
    word names one.
    """
    starts = [word["span"][0] for word in words]
    held = set()
    for token in placed:
        start, end = token["span"]
        touched = [
            w
            for w in range(max(bisect_right(starts, start) - 1, 0), bisect_left(starts, end))
            if words[w]["span"][1] > start
        ]
        held.update(touched)
        assert (token["word"] in touched) if touched else token["word"] is None, (token, touched)
    for w, word in enumerate(words):
        fate = set(word["fates"][name])
        assert (w in held) == (fate.isdisjoint(ABSENT) or "seen" in fate), (word, w in held)


def _surfaces(clip: Any, recording: Any, placed: Sequence[dict[str, Any]]) -> list[str]:
    """How the vocabulary spells each token."""
    tokenizer = clip.tokenizer
    parts = (
        [tokenizer]
        if hasattr(tokenizer, "tokens_start")
        else [p for p in vars(tokenizer).values() if hasattr(p, "tokens_start")]
    )
    wanted = {t["id"] for t in placed if t["id"] is not None}
    for part in parts:
        if len(parts) == 1 or _spells(part, recording):
            spell = part.inv_vocab
            return [str(spell.get(t["id"], "")) if t["id"] is not None else "" for t in placed]
    assert not wanted, f"no vocabulary found for {recording.name}"
    return [""] * len(placed)


def _spells(part: Any, recording: Any) -> bool:
    key = {
        "l": "clip_l",
        "g": "clip_g",
        "h": "clip_h",
        "byt5": "byt5_small",
        "hydit_clip": "chinese_roberta",
        "gemma": "gemma3_4b",
        "jina": "jina_clip_2",
    }
    return part.embedding_key == key.get(recording.name, recording.name)


def _letters_agree(
    recording: Any, text: str, placed: Sequence[dict[str, Any]], surfaces: Sequence[str]
) -> None:
    """A token of plain letters and digits stands on exactly those letters and digits."""
    unknown = recording.unknown_id
    for token, surface in zip(placed, surfaces, strict=True):
        plain = surface.removesuffix("</w>").removeprefix("##").lstrip("\u2581\u0120").lower()
        if plain and plain.isascii() and plain.isalnum() and token["id"] != unknown:
            start, end = token["span"]
            folded = unicodedata.normalize("NFKD", text[start:end]).lower()
            letters = "".join(c for c in folded if c.isascii() and c.isalnum())
            if text[start:end].isascii():
                assert letters == plain, (token, surface, text[start:end])
            # one character may stand for several tokens (a fraction), or have been dropped between
            # two others
            else:
                rest = iter(letters)
                assert all(letter in rest for letter in plain), (token, surface, text[start:end])


def _nothing_is_left_out(
    clip: Any, report: dict[str, Any], recording: Any, placed: Sequence[dict[str, Any]]
) -> None:
    text, name = report["text"], recording.name
    covered = bytearray(len(text))
    for token in placed:
        start, end = token["span"]
        covered[start:end] = b"\1" * (end - start)
    excused = bytearray(len(text))
    for word in report["words"]:
        start, end = word["span"]
        if ABSENT.intersection(word["fates"][name]) - {"no_token"}:
            excused[start:end] = b"\1" * (end - start)
    if (
        recording.origin.table is not None
    ):  # ByT5 is given what stands between quotes, and not the quotes
        for i in set(range(len(text))) - set(recording.origin.table):
            excused[i] = 1
    silent = [
        i
        for i in range(len(text))
        if not covered[i] and not excused[i] and unicodedata.category(text[i])[0] not in "CZ"
    ]
    for i in silent[:3]:
        assert drops(clip, text, name, i), (
            f"{name}: {text[i]!r} at {i} has no token and no fate, and yet it changes the ids"
        )


def drops(clip: Any, text: str, name: str, i: int) -> bool:
    """Does this stream's tokenizer drop character `i`? Asked of the host: without it, no id
    changes.
    """
    without = text[:i] + text[i + 1 :]
    return ids(clip, text, name) == ids(clip, without, name)


def ids(clip: Any, text: str, name: str) -> list[list[Any]]:
    windows = clip.tokenize(text, return_word_ids=True).get(name, [])
    return [
        [slot[0] if isinstance(slot[0], int) else None for slot in window] for window in windows
    ]


def families() -> list[Family]:
    """One family for each tokenizer class of the table; classes that several families share are
    asked once.
    """
    seen: set[tuple[str, ...]] = set()
    chosen = []
    for family in FAMILIES.values():
        if family.tokenizers not in seen and not family.stands_for:
            seen.add(family.tokenizers)
            chosen.append(family)
    return chosen
