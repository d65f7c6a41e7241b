"""Prompts for the tests against the host: real ones, awkward ones, and a hypothesis strategy for
those that nobody thought of.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ENCODERSCOPE_DATA") or ROOT.parent / "shared" / "data")
_MISSING = (
    "only a few built-in prompts: DPG-Bench, SugarCrepe++ and T2I-CompBench are not under "
    f"{DATA / 'benchmarks'} (ENCODERSCOPE_DATA)"
)

BUILT_IN = (
    "a photo of a dog",
    (
        "An expansive field, blanketed by the soft light of morning, cradles eight cabbages, "
        "their green heads round and plump."
    ),
    "a green bench and a red car",
    (
        'A café sign reading "Open — 24/7", neon-lit; rain-slicked street, 35mm film grain, '
        "f/1.8, bokeh."
    ),
    (
        "masterpiece, (best quality:1.2), 1girl, solo, [blurry], ((detailed face)), looking "
        "at viewer, \\(series\\)"
    ),
)


def missing() -> str:
    """Why the real prompts cannot be used here; empty when they can."""
    return "" if (DATA / "benchmarks" / "dpg").is_dir() else _MISSING


@cache
def real() -> list[str]:
    """More than 500 prompts of three public benchmarks, or a few of our own where those are absent;
    see `missing`.
    """
    if missing():
        return list(BUILT_IN)
    folder = DATA / "benchmarks"
    lines = (folder / "dpg" / "prompts_even.jsonl").read_text(encoding="utf-8").splitlines()
    prompts = [json.loads(line)["prompt"] for line in lines[::2]]
    for path in sorted((folder / "sugarcrepe_pp").glob("*.json")):
        prompts += [entry["caption"] for entry in json.loads(path.read_text(encoding="utf-8"))[:25]]
    for path in sorted((folder / "t2i_compbench").glob("*.txt")):
        prompts += path.read_text(encoding="utf-8").splitlines()[:20]
    assert len(prompts) >= 500
    return prompts


AWKWARD = (
    "",
    " ",
    "\n\n",
    "(:1.3)",
    "()",
    "(((",
    ")))",
    ")(",
    "(a:1.3",
    "a:1.3)",
    "((a:1.3):0.5)",
    "(a (b:1.4) c:0.8) d",
    "(a:1.3:1.5) (b:x) (c:)",
    "\\(a\\) \\\\(b\\\\) (c\\):1.2)",
    "(((((((((((((((nested)))))))))))))))",
    "embedding:",
    "the sea, (red:1.2)(blue:0.8)green",
    "word " * 74 + "extraordinarily",
    "word " * 73 + "(very small boat:1.2) and more",
    "don't, can't; rock'n'roll — mother-in-law's 3.5mm 1,000 x² ½ ﬁne №5",
    "👩\u200d🚀 and 👍🏽 and 🇩🇪 flags ❤\ufe0f",
    "一只红色的狐狸，坐在雪地里。 東京タワー 서울",
    "ثعلب أحمر في الثلج",
    "e\u0301cole cafe\u0301 A\u030angstro\u0308m \u0915\u094d\u0937",
    "zero\u200bwidth \ufeffmark soft\u00adhyphen nb\u00a0space wide\u3000space",
    "tab\tnew\nline\r\nbell\x07 null\x00 esc\x1b del\x7f \ufffd",
    "<|endoftext|> after, </s> after, <unk> <pad> [SEP] [UNK] [MASK] <|im_end|> <|eot_id|>",
    "a fox <|startoftext|> </w> ## ##ing Ġ ▁ Ċ <0x0A> <extra_id_0>",
    'Text "hello" and “你好” and ‘x’ and "" and “a "b" c”',
    "<|im_start|>user a fox<|im_end|>",
    "{a|b} [c] {} {0} %s $HOME C:\\path\\(x\\)",
    "Ｆｕｌｌｗｉｄｔｈ ①②③ ㍿ ﷺ",
    "x" * 300,
    "!!!!!!!!!! ????,,,, ....",
)

EMBEDDINGS = (
    "embedding:known",
    "a embedding:known fox",
    "a embedding:known, fox",
    "a (embedding:known:1.2) fox, embedding:several red",
    "embedding:missing",
    "a embedding:missing, fox",
    "a (embedding:missing:1.2) fox",
    "a embedding:known embedding:missing embedding:several b",
    "embedding:wrong_width in the sea",
    "embedding:known,embedding:known",
    "word " * 74 + "embedding:several end",
    "a\nembedding:known\nfox",
    "embedding:../../../etc/passwd and embedding:/etc/passwd",
)

LONG = ("a red fox, (soft light:1.2) über 雪 " * 3300)[:100_000]

_CHUNKS = (
    "a",
    "red fox",
    "(",
    ")",
    "((",
    "))",
    "(a:1.2)",
    ":1.3)",
    ":",
    "\\(",
    "\\)",
    "\\",
    ", ",
    " ",
    "\n",
    ".",
    "embedding:known ",
    "embedding:none ",
    "embedding:several",
    "👩\u200d🚀",
    "👍🏽",
    "狐狸",
    "، ثعلب",
    "e\u0301",
    "\u200b",
    "\u200d",
    "\x00",
    "\x07",
    "\ufeff",
    "<|endoftext|>",
    "</s>",
    "<unk>",
    "“",
    "”",
    '"',
    "’",
    "‘",
    "don't",
    "1.5",
    "É",
    "İ",
    "ß",
    "ﬁ",
    "½",
    "_",
    "-",
    "supercalifragilistic",
    "the quick brown fox jumps over the lazy dog and then sleeps ",
)


def anything() -> st.SearchStrategy[str]:
    """Prompts of awkward chunks and arbitrary characters. Without surrogates: no text box can hold
    them.
    """
    characters = st.characters(exclude_categories=("Cs",))
    return st.lists(
        st.one_of(st.sampled_from(_CHUNKS), st.text(characters, max_size=4)), max_size=30
    ).map("".join)
