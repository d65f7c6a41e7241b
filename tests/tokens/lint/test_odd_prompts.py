"""Prompts as they are pasted from forums: what is found, that it is true of the host's own grammar,
and that the remedy works.
"""

from __future__ import annotations

import pytest
from encoderscope.conditioning.tokens.lint import Finding
from encoderscope.conditioning.tokens.lint.mend import mended
from encoderscope.conditioning.tokens.syntax import parse
from encoderscope.tests.tokens.lint.test_lint import findings, kinds
from encoderscope.tests.tokens.lint.test_mend import toy_lint

FOUND = [
    ("masterpiece, best quality:1.2), fog", "unbalanced", ")"),
    ("a red fox), snow", "unbalanced", ")"),
    ("[red:1.2) dress", "unbalanced", ")"),
    ("(green:120%) hat", "unreadable_weight", ":120%"),
    ("(green: 1 .2) hat", "unreadable_weight", ": 1 .2"),
    ("(red::1.2) dress", "unreadable_weight", ":"),
    ("(blue hat：1.2), fog", "full_width", "(blue hat：1.2)"),
    ("(blue hat：１.２), fog", "full_width", "(blue hat：１.２)"),
    ("(blue hat:1.2）, fog", "full_width", "(blue hat:1.2）"),
    ("（blue hat:1.2), fog", "full_width", "（blue hat:1.2)"),
    ("(16:9) shot of a valley", "ratio", "(16:9)"),
    ("they won (1:2) at home", "ratio", "(1:2)"),
    ("a score of (3 : 0)", "ratio", "(3 : 0)"),
    ("a square (1:1) photo, dusk", "ratio", "(1:1)"),
    ("a race won in (1:02:30)", "ratio", "(1:02:30)"),
    ("a page of (John 3:16)", "ratio", "(John 3:16)"),
    ("1girl, ganyu_(genshin_impact), solo", "tag_brackets", "(genshin_impact)"),
    ("a cat --ar=16:9", "flag", "--ar=16:9"),
    ("a cat,--ar 16:9", "flag", "--ar 16:9"),
    ("a cat --no=dog", "flag", "--no=dog"),
    ("a cat, 8k Negative prompt: dog", "negative_prompt", "Negative prompt:"),
    ("a cat\nNegative prompt\ndog", "negative_prompt", "Negative prompt"),
    ("a cat\nnegative: dog", "negative_prompt", "negative:"),
    ("lora:foo:0.8, a cat", "tag", "lora:foo:0.8"),
    ("(lora:foo:0.8), a cat", "tag", "lora:foo:0.8"),
    ("<lora=foo:0.8>, a cat", "tag", "<lora=foo:0.8>"),
    ("<lora:foo:1.2, a cat", "tag", "<lora:foo:1.2"),
    ("<wlr:foo:1.0>, a cat", "swarm_tag", "<wlr:foo:1.0>"),
    ("{{{1girl}}}, fog", "foreign_weight", "{{{1girl}}}"),
    ("{{best quality, masterpiece}}, fog", "foreign_weight", "{{best quality, masterpiece}}"),
    ("(eyes)-, fog", "foreign_weight", "-"),
    ("1girl++, fog", "foreign_weight", "++"),
    ("a AND b AND c", "and", "AND"),
    ("BREAKING NEWS: a cat AND a dog walk", "and", "AND"),
    ("a cat, AND, a dog", "and", "AND"),
]


@pytest.mark.parametrize(("text", "kind", "where"), FOUND)
def test_a_construct_is_found_where_it_stands(text: str, kind: str, where: str) -> None:
    assert (kind, where) in kinds(text)


FLAGS = [
    ("a cat --steps 30 --cfg 7", ["--steps 30", "--cfg 7"]),
    ("a cat -ar 16:9", ["-ar 16:9"]),
    ("a cat -steps 30 -seed 42", ["-steps 30", "-seed 42"]),
    ("a cat -ar 3:2 -v 6 -s 250", ["-ar 3:2", "-v 6", "-s 250"]),
    ("a cat --AR 16:9 --Niji", ["--AR 16:9", "--Niji"]),
    ("a cat --negative_prompt ugly, blurry", ["--negative_prompt ugly, blurry"]),
    (
        "a cat --n ugly --w 512 --h 768 --d 42 --l 7.5 --s 28",
        ["--n ugly", "--w 512", "--h 768", "--d 42", "--l 7.5", "--s 28"],
    ),
    (
        'a cat --sampler_name "DPM++ 2M" --lora ink:0.8',
        ['--sampler_name "DPM++ 2M"', "--lora ink:0.8"],
    ),
    ("a cat -s50 -W512 -H512 -C7.5", ["-s50 -W512 -H512 -C7.5"]),
    ('"a cat --chaos 20"', ["--chaos 20"]),
    ("a pet python --ar 16:9", ["--ar 16:9"]),
    ("cat --seed 5", ["--seed 5"]),
]


@pytest.mark.parametrize(("text", "where"), FLAGS)
def test_parameters_of_other_programs_are_found_with_what_belongs_to_them(
    text: str, where: list[str]
) -> None:
    assert kinds(text) == [("flag", flag) for flag in where]


def test_a_weight_that_loses_the_picture_is_named_also_in_a_parameter() -> None:
    assert kinds("a cat --no (fog:nan)") == [
        ("flag", "--no (fog:nan)"),
        ("not_finite", "(fog:nan)"),
    ]


PLAIN = [
    'type "rm --force" into the terminal, rm --force',
    "git commit --no-verify, docker run --rm -v 5",
    "a screen that reads: npm test --fast",
    "python train.py --steps 30 --seed 4",
    'a sign that says "--ar 16:9" and “--no parking”',
    "a man —no one else— walks; the --size of it, a --model in Paris",
    "Red -v 5 was the score, one -s 5 more, -c",
    "A sampler called DPM++ 2M, or DPM++ SDE.",
    "Disney+, Canal+, and a Google+ logo.",
    "I like it :) ¯\\_(ツ)_/¯",
    "1) a cat, 2) a dog, a) a fox",
    "THE CAT SAT AND THE DOG RAN",
    "A photo（film）in a model that reads no weights.",
    "Lora: a girl who smiles. Embeddings: a diagram.",
    "a portrait of Hatsune Miku \\(vocaloid\\)",
    "the variable foo_(x) on a blackboard",
    "a poster of (blade runner 2049:1), (1990:1.2)",
    "they won \\(1:2\\), and 1:2 away",
    "they won （1：2） at home",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    weights = "reads no weights" not in text
    family = "sd1" if weights else "qwen_image"
    assert [(f.kind, text[f.start : f.end]) for f in findings(text, family, weights)] == []


SAID = [
    # a number behind the brackets, and words that have a weight already
    ("(red, blue):1.3 dress", ":1.3", "the words have weight 1.1.", "Write (red, blue:1.3)."),
    (
        "(red:1.2, blue:1.3)",
        ":1.2",
        "the words have weight 1.3.",
        "brackets of its own: (red:1.2), (blue:1.3).",
    ),
    ("(a hat)1.3, fog", "1.3", "the words have weight 1.1.", "Write (a hat:1.3)."),
    ("(a hat)++, fog", "++", "the words have weight 1.1.", "Write (a hat:1.2)."),
    ("1.5::red eyes::, fog", "1.5::red eyes::", "keep weight 1.", "Write (red eyes:1.5)."),
    # an unclosed bracket whose number the host reads all the same
    ("((red:1.2)", "(", "the weight 1.2 belongs to “(red”.", "where a bracket is meant."),
    ("(a, (b:1.2)", "(", "the weight 1.2 belongs to “a, (b”.", "where a bracket is meant."),
    ("a (red:1.2 hat", "(", "no weight is applied.", "Write (red:1.2)."),
    ("(16:9) valley", "(16:9)", "as a weight of “16”", "Write \\(16:9\\)."),
    ("won (1:2)", "(1:2)", "“:2” as a weight of “1”: the number vanishes.", "Write \\(1:2\\)."),
    ("a hat, (ugly:-1)", "(ugly:-1)", "no negative prompt.", "where this model takes one."),
]


def _item(text: str, where: str) -> Finding:
    return next(f for f in findings(text) if text[f.start : f.end] == where)


@pytest.mark.parametrize(("text", "where", "effect", "remedy"), SAID)
def test_what_is_said_is_true_of_the_weights(
    text: str, where: str, effect: str, remedy: str
) -> None:
    item = _item(text, where)
    assert effect in item.effect and item.remedy.endswith(remedy)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("((red:1.2)", {"(red": 1.2}),
        ("(a, (b:1.2)", {"a, (b": 1.2}),
        ("(red:1.2, blue:1.3)", {"red:1.2, blue": 1.3}),
        ("(red, blue):1.3", {"red, blue": 1.1, ":1.3": 1.0}),
        ("(16:9)", {"16": 9.0}),
        ("(1:02:30)", {"1:02": 30.0}),
        ("won (1:2)", {"won ": 1.0, "1": 2.0}),
        ("won \\(1:2\\)", {"won (1:2)": 1.0}),
    ],
)
def test_the_weights_that_the_sentences_rest_on(text: str, weights: dict[str, float]) -> None:
    read: dict[float, str] = {}
    for part in parse(text).segments:
        read[part.weight] = read.get(part.weight, "") + part.text
    assert {text: weight for weight, text in read.items()} == weights


MENDED = [
    ("(red, blue):1.3 dress", "(red, blue:1.3) dress"),
    ("(a hat)1.3, fog", "(a hat:1.3), fog"),
    ("1.5::red eyes::, fog", "(red eyes:1.5), fog"),
    ("{{red eyes}}, fog", "(red eyes:1.1), fog"),
    ("they won (1:2) at home", "they won \\(1:2\\) at home"),
    ("a tower, (16:9)", "a tower, \\(16:9\\)"),
    ("ganyu_(genshin_impact), fog", "ganyu_\\(genshin_impact\\), fog"),
    ("(blue hat：1.2), fog", "(blue hat:1.2), fog"),
    ("(blue hat:1.2）, fog", "(blue hat:1.2), fog"),
    ("(red::1.2) dress", "(red:1.2) dress"),
    ("a hat, (ugly:-1)", "a hat, (ugly:-1)"),
]


@pytest.mark.parametrize(("text", "better"), MENDED)
def test_the_remedy_works(text: str, better: str) -> None:
    assert mended(text, toy_lint)[0] == better


LITERAL = [
    "[old] tower",
    "night:1.2, fog",
    "sunset++, fog",
    "（蓝:1.2）",
    "wet street, a, wet street",
]


@pytest.mark.parametrize("text", LITERAL)
def test_no_weight_is_advised_where_weights_are_read_as_text(text: str) -> None:
    items = findings(text, "qwen_image", weights=False)
    assert items and not any(
        item.remedy.startswith(("Write (", "Keep the first")) for item in items
    )


@pytest.mark.parametrize("text", ["(cat:1.3)", "(fog:0.5)", "(red, blue:1.3)", "(cat:nan)"])
def test_a_weight_in_words_fits_the_weight(text: str) -> None:
    (item,) = findings(text, "qwen_image", weights=False)
    assert item.remedy == "Say it in words, and delete brackets and number."


def test_pasted_parameters_are_one_finding() -> None:
    text = "a cat\nSteps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Model: foo:1.2"
    assert [kind for kind, _ in kinds(text)] == ["generation_parameters"]


def test_names_of_textual_inversions_however_they_are_written() -> None:
    names = ["SDXL/unaesthetic_xl", "easynegative"]
    text = "SDXL/unaesthetic_xl, emb:easynegative, <ti:easynegative>, embeddings:easynegative"
    items = findings(text, embedding_names=names)
    assert [(f.kind, text[f.start : f.end], f.remedy) for f in items] == [
        ("bare_embedding", "SDXL/unaesthetic_xl", "Write embedding:SDXL/unaesthetic_xl."),
        ("bare_embedding", "emb:easynegative", "Write embedding:easynegative."),
        ("swarm_tag", "<ti:easynegative>", "Write embedding:easynegative."),
        ("embedding_case", "embeddings:easynegative", "Write embedding:easynegative."),
    ]
