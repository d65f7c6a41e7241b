"""What a finding of the lint is, and the constructs it knows: one table for the lint, its help
pages and "Coming from another program".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ...translation import translatable, translate


class Finding(NamedTuple):
    """Something in a prompt that is not what it seems. It never changes the fate of a word."""

    kind: str
    start: int
    end: int
    intent: str
    """What the writer probably meant."""
    effect: str
    """What this host and family do instead."""
    remedy: str
    """The remedy."""
    certain: bool
    """Whether the construct can hardly mean anything else."""


@dataclass(frozen=True)
class Construct:
    """A kind of finding. The three sentences may hold ``{text}``, the construct as typed, and what
    the detector names beside it.
    """

    kind: str
    title: str
    example: str
    source: str
    """The program whose grammar it is, or what it is."""
    intent: str
    effect: str
    remedy: str


CONCAT = (
    "Encode the parts with a CLIP Text Encode each and join them with Conditioning (Concat); "
    "or use a node pack that reads this grammar, such as prompt-control."
)
ONE_PIECE = translatable("Delete it: the whole text is read in one piece by {reader}.")
COMBINE = (
    "Encode the parts with a CLIP Text Encode each and join them with Conditioning (Combine); "
    "or use a node pack that reads this grammar, such as prompt-control."
)

NEGATIVE_NODE = translatable(
    "Move it into the node of the negative prompt, where this model takes one."
)
NO_WEIGHTS = translatable("Say it in words and delete the signs: this model reads weights as text.")

_ALL = (
    # The picture is lost.
    Construct(
        "not_finite", "weight without a number", "(owl:inf)", "a mistake",
        "A weight.",
        "ComfyUI multiplies by {weight}: these tokens have no numbers any more, and the picture is "
        "lost.",
        "Write a number between 0 and 2.",
    ),
    # Grammar of other programs.
    Construct(
        "break", "BREAK", "red dress BREAK blue suit", "A1111, Forge, Regional Prompter",
        "Begin a new window of 75 tokens here.",
        "ComfyUI has no BREAK: “break” is read as a word, and no window begins.",
        CONCAT,
    ),
    Construct(
        "and", "AND", "a cat AND a dog", "A1111",
        "Draw two prompts at once (composable diffusion).",
        "ComfyUI has no AND: it is read as the word “and”, in one and the same prompt.",
        COMBINE,
    ),
    Construct(
        "schedule", "prompt editing", "[night:dawn:0.4]", "A1111",
        "Change the words at that step of the sampling.",
        "ComfyUI has no prompt editing: brackets, colons and number are read as text, and all "
        "words hold from the first step to the last.",
        "Encode both texts and give each its part with Conditioning (Set Timestep Range), joined "
        "by Conditioning (Combine); or use prompt-control.",
    ),
    Construct(
        "alternation", "alternating words", "[red|blue] car", "A1111",
        "Take turns between these words, step by step.",
        "ComfyUI does not alternate: brackets and bars are read as text, and all words hold at "
        "once.",
        "Choose one of them, or use prompt-control.",
    ),
    Construct(
        "deemphasis", "square brackets", "[blurry]", "A1111",
        "Weigh these words less (divided by 1.1 for each bracket).",
        "ComfyUI reads square brackets as text: the words keep their full weight.",
        "Write {lighter}.",
    ),
    Construct(
        "tag", "a tag of extra networks", "<lora:detail:0.8>", "A1111, Forge, SD.Next",
        "Load this LoRA.",
        "ComfyUI loads nothing for it: the tag is read as {tokens}.",
        "Delete it and put a {node} node between the loader and this one.",
    ),
    Construct(
        "swarm_tag", "a tag of SwarmUI", "<random:red, blue>", "SwarmUI",
        "{purpose}",
        "ComfyUI knows no such tag: it is read as {tokens}.",
        "{remedy}",
    ),
    Construct(
        "region", "words for a part of the picture",
        "a cat ADDCOL a dog", "Regional Prompter, prompt-control",
        "Give each part of the picture words of its own.",
        "ComfyUI reads “{text}” as text, and all words hold for the whole picture.",
        "Encode the parts with a CLIP Text Encode each, give each its place with Conditioning (Set "
        "Area) or (Set Mask), and join them with Conditioning (Combine).",
    ),
    Construct(
        "function", "a function of prompt-control", "STYLE(A1111) a cat", "prompt-control",
        "Set something of prompt-control.",
        "ComfyUI reads “{text}” as words.",
        "Delete it, or use a node of prompt-control.",
    ),
    Construct(
        "wildcard", "a wildcard", "__hair__, {day|dusk}", "Dynamic Prompts, Impact Pack",
        "Put one of several texts here.",
        "Nobody has replaced it on its way here: the name and its underscores are read as text.",
        "{remedy}",
    ),
    Construct(
        "comment", "a comment", "// remove the fog", "ComfyUI's own text boxes",
        "A note that is not part of the prompt.",
        "{comment}",
        "{comment_remedy}",
    ),
    Construct(
        "glued_weight", "a weight without brackets", "night city :1.2", "A1111's AND, habit",
        "Weigh the words before it by {weight}.",
        "A weight counts inside round brackets only: here “{text}” is read as text, and the words "
        "keep weight 1.",
        "Write ({words}:{weight}).",
    ),
    Construct(
        "foreign_weight", "a weight of another program",
        "sunset++, hot::2 dog", "compel (InvokeAI, diffusers), Midjourney, NovelAI",
        "Weigh these words otherwise.",
        "ComfyUI reads “{text}” as text, and the words keep weight 1.",
        "Write (words:1.2) in round brackets.",
    ),
    Construct(
        "flag", "a parameter", "--ar 16:9", "Midjourney",
        "{purpose}",
        "ComfyUI reads “{text}” as words.",
        "{remedy}",
    ),
    Construct(
        "negative_prompt", "a negative prompt inside the positive",
        "a cat\nNegative prompt: blurry", "A1111's parameters",
        "Keep these things out of the picture.",
        "ComfyUI reads all of it as the prompt: these words are asked for.",
        "Move what follows into the node of the negative prompt, where this model takes one.",
    ),
    Construct(
        "generation_parameters", "generation parameters",
        "Steps: 20, Sampler: Euler a", "A1111's parameters",
        "Set the sampler.",
        "ComfyUI reads them as words.",
        "Delete them here and set them on the sampler's node.",
    ),
    # Weights that are not what they look like.
    Construct(
        "unbalanced", "a bracket without its partner", "a cat) and (dog:1.3)", "a mistake",
        "A weight.",
        "ComfyUI reads this bracket as text.",
        "Add the missing bracket, or delete this one; write \\{bracket} where a bracket is meant.",
    ),
    Construct(
        "tag_brackets", "brackets in the name of a tag", "ganyu_(genshin_impact)", "booru tags",
        "A name with brackets in it.",
        "ComfyUI reads the brackets as a weight: they vanish, and “{words}” gets {weight}.",
        "Write {escaped}.",
    ),
    Construct(
        "full_width", "full-width brackets",
        "（blue hat：1.2）", "a keyboard for Chinese or Japanese",
        "Weigh the words inside.",
        "Full-width brackets are no weight syntax: they are read as text.",
        "Write {ascii} with the brackets and colon of ASCII.",
    ),
    Construct(
        "decimal_comma", "a comma for the decimal point", "(cat:1,5)", "habit",
        "Weigh the words by {weight}.",
        "That is no number to ComfyUI: “{text}” is read as text, and the words get 1.1 for their "
        "brackets.",
        "Write {fixed}.",
    ),
    Construct(
        "unreadable_weight", "a weight that is no number", "(cat:1.2x)", "a mistake",
        "Weigh the words.",
        "That is no number to ComfyUI: “{text}” is read as text, and the words get 1.1 for their "
        "brackets.",
        "Write a plain number behind the last colon, such as (words:1.2).",
    ),
    Construct(
        "empty_weight", "a weight of nothing", "(:1.3)", "a mistake",
        "A weight.",
        "There are no words to weigh: the colon and the number are read as text, at weight 1.1.",
        "Write (words:1.3), or delete it.",
    ),
    Construct(
        "nested_weight", "weights inside weights",
        "((brass:0.5) kettle:2.0)", "A1111, where they multiply",
        "Weigh “{words}” by both: {product}.",
        "In ComfyUI the inner number wins: “{words}” has weight {weight}.",
        "Write {flat} in place of the outer brackets and all in them.",
    ),
    Construct(
        "extreme_weight", "a weight far from 1", "(cat:5)", "habit",
        "{extreme_meant}",
        "{extreme}",
        "Stay between 0.5 and 1.5; say it in more words where that is not enough.",
    ),
    Construct(
        "ratio", "a ratio, a score or a time in brackets", "they won (1:2)", "habit",
        "A ratio, a score or a time.",
        "ComfyUI reads “:{weight}” as a weight of “{words}”: the number vanishes.",
        "Write {escaped}.",
    ),
    Construct(
        "contradicting_weights", "one phrase with two weights",
        "(fog:1.3), sun, (fog:0.7)", "a mistake",
        "One weight.",
        "“{words}” stands here {times}, with weights {weights}: each place has its own.",
        "Keep one of them.",
    ),
    Construct(
        "literal_weight", "a weight in a model that reads it as text", "(cat:1.3)", "habit",
        "Weigh the words by {weight}.",
        "The brackets and the number reach {reader} as text: no weight is applied.",
        "Say it in words, and delete brackets and number.",
    ),
    Construct(
        "implicit_weight", "brackets in a model that reads them as text",
        "((street fighter))", "habit",
        "Weigh the words by {weight}.",
        "The brackets reach {reader} as text: no weight is applied.",
        "Delete the brackets, or leave them where they are meant as brackets.",
    ),
    # Textual inversions.
    Construct(
        "bare_embedding", "the name of a textual inversion",
        "easynegative", "A1111, where the name alone is enough",
        "Use the textual inversion of this name.",
        "ComfyUI reads the name as {tokens}: the file is not used.",
        "Write embedding:{name}.",
    ),
    Construct(
        "glued_embedding", "a glued textual inversion", "masterpiece,embedding:lazyneg", "habit",
        "Use the textual inversion {name}.",
        "{glued}",
        "Put a space before “embedding:”.",
    ),
    Construct(
        "embedding_case", "EMBEDDING in other letters", "EMBEDDING:lazyneg", "habit",
        "Use the textual inversion {name}.",
        "ComfyUI knows “embedding:” in small letters only: this is read as words.",
        "Write embedding:{name}.",
    ),
    Construct(
        "embedding_weight", "a textual inversion's weight without brackets",
        "embedding:lazyneg:1.2", "habit",
        "Use the textual inversion {name} at weight {weight}.",
        "ComfyUI looks for a file called “{raw}”, finds none, and the name vanishes.",
        "Write (embedding:{name}:{weight}).",
    ),
    Construct(
        "unread_embedding", "a textual inversion in a model that reads none",
        "embedding:lazyneg", "SD 1.5, SDXL",
        "Use the textual inversion {name}.",
        "ComfyUI reads no textual inversions for {reader}: the name is read as {tokens}.",
        "Delete it, and say in words what it stands for.",
    ),
    Construct(
        "embedding_width", "a textual inversion for another encoder",
        "embedding:made_for_sdxl", "a file of another model",
        "Use the textual inversion {name}.",
        "Ignored by {reader}: its vectors are {width} wide, {expected} wide is wanted.",
        "Use a textual inversion made for this model.",
    ),
    # What came along with copied text.
    Construct(
        "escape", "a sign as web pages and code write it", "a cat &amp; a dog", "copied text",
        "The sign “{sign}”.",
        "ComfyUI reads “{text}” as it stands: it takes {tokens}.",
        "Write {sign} in its place.",
    ),
    # Text the encoder hardly knows.
    Construct(
        "language", "a prompt in another language",
        "ein rotes Auto auf einem Berg", "a model that reads this language",
        "A prompt in {language}.",
        "{reader} learned from English texts, in which few words of {language} stand.",
        "Translate the prompt into English.",
    ),
    Construct(
        "unknown_pieces", "characters without a piece", "½", "a character of another script",
        "A word for the encoder to read.",
        "There is no piece for “{text}” in {reader}: it becomes “unknown” there.",
        "{remedy}{other}",
    ),
    Construct(
        "byte_pieces", "a word in single bytes",
        "红色", "a script the vocabulary was not made for",
        "A word for the encoder to read.",
        "In {reader} “{text}” is {pieces}: single characters or parts of them, not words.",
        "{remedy}{other}",
    ),
    Construct(
        "invisible", "an invisible character", "blue\u200bbird", "copied text",
        "Nothing: it came along when the text was copied.",
        "{invisible}",
        "Delete it (a plain-text editor shows it).",
    ),
    # What was written twice.
    Construct(
        "repeated", "a repeated phrase", "wet street, neon, wet street", "habit",
        "Say it louder.",
        "“{words}” stands here {times}: it takes {tokens} each time, and its weight stays 1.",
        "Keep the first and give it a weight: ({words}:1.2).",
    ),
    Construct(
        "boilerplate", "quality tags before the subject",
        "masterpiece, best quality, 8k, and so on", "habit",
        "Make the picture better.",
        "{tokens} of quality tags fill the beginning, and {lost} of what follows no longer fit the "
        "first window.",
        "Say the subject first and the quality tags last, or fewer of them.",
    ),
)  # fmt: skip

LONGEST_QUOTE = 160
"""Characters."""
_SENTENCES = frozenset(
    (
        *("meant", "does", "instead", "remedy", "purpose", "comment", "comment_remedy", "other"),
        *("extreme_meant", "extreme", "glued", "invisible"),
    )
)
"""Facts in words of our own, which stay whole."""
CONSTRUCTS = {construct.kind: construct for construct in _ALL}
"""Kind -> construct, the gravest first."""
GRAVITY = {kind: rank for rank, kind in enumerate(CONSTRUCTS)}


def finding(
    kind: str, text: str, span: tuple[int, int], /, *, certain: bool = True, **facts: object
) -> Finding:
    """A finding of ``kind`` at ``text[span]``, worded by its construct.

    ``facts`` fill the places of the construct's sentences; ``meant``, ``does`` and ``instead`` take
    their places, in English. ``text`` is the prompt, and facts are what stands in it, or words of
    our own in the language of the report: see :data:`_SENTENCES`.
    """
    construct = CONSTRUCTS[kind]
    start, end = span
    values: dict[str, object] = {
        "text": " ".join(text[start:end].split()),
        "meant": construct.intent,
        "does": construct.effect,
        "instead": construct.remedy,
        **facts,
    }
    for name, value in values.items():
        if isinstance(value, str) and name not in _SENTENCES:
            values[name] = shortened(value)
    return Finding(
        kind,
        start,
        end,
        translate(str(values["meant"]), **values),
        translate(str(values["does"]), **values),
        translate(str(values["instead"]), **values),
        certain,
    )


def shortened(text: str, most: int = LONGEST_QUOTE) -> str:
    """A text of the prompt that fits into a sentence: a sentence stands on each of its words."""
    return text if len(text) <= most else text[: most - 1] + "…"
