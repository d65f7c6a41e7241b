"""mini-VQA as a judge: from its file, on the processor.

    judge = load()
    judge.answer(image, [AskedQuestion("Is the car red?")])

It answers questions of the forms that it was taught (:mod:`sentence_forms`) about pictures in the
manner of the drawn scenes (:mod:`manner`), and no others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch

from ....errors import EncoderScopeError
from ....translation import later
from ..protocol import NO, YES, AskedQuestion, JudgeAnswer, shared
from . import sentence_forms
from .manner import is_drawn
from .model import MiniVqa, Sizes, Things
from .sight import seen

NAME = "mini-VQA"
FILE = Path(__file__).resolve().parents[4] / "assets" / "judge" / f"{NAME}.safetensors"
METADATA = "mini-vqa"
_ORIGIN = later(
    "A small judge that comes with EncoderScope, trained by this project on drawn scenes."
)
_LIMITS = later(
    "It knows six things (car, house, tree, star, heart, ball), eight colours, three sizes, places "
    "and numbers up to five. Questions with other words, and pictures that are not drawn so, it "
    "leaves unanswered."
)


class MiniVqaJudge:
    """The network with its words."""

    title = NAME
    notes = (_ORIGIN, _LIMITS)

    def __init__(self, model: MiniVqa) -> None:
        self.model = model.eval().requires_grad_(False)
        self._last: tuple[torch.Tensor, Things | None] | None = None

    def answer(
        self, image: torch.Tensor, questions: Sequence[AskedQuestion]
    ) -> list[JudgeAnswer | None]:
        """None for a question or an answer that it was not taught, and for all questions about a
        picture in another manner.
        """
        things = self._things(image)
        read = [_read(question) for question in questions]
        encoded = [numbers for each in read if each is not None for numbers in each]
        if things is None or not encoded:
            return [None for _ in questions]
        shares = self.model.reader(things, torch.tensor([encoded]))[0].double().softmax(-1)
        rows = iter(shares.tolist())
        return [
            None if each is None else _answer(question, [next(rows) for _ in each])
            for question, each in zip(questions, read, strict=True)
        ]

    def _things(self, image: torch.Tensor) -> Things | None:
        """Of the last picture, which is asked about several times; None in another manner."""
        if self._last is None or not _same(self._last[0], image):
            picture = seen(image[None].cpu())
            things = None
            if bool(is_drawn(picture)):
                things = self.model.tower(picture)
            self._last = (image, things)
        return self._last[1]


def _read(question: AskedQuestion) -> list[tuple[int, ...]] | None:
    """What is asked as numbers; of a question for a colour, size, number or thing one for each
    answer, which is yes or no. None where a word is not known.
    """
    taught = sentence_forms.read(question.text)
    answers = [sentence_forms.SAME_AS.get(each.lower(), each.lower()) for each in question.answers]
    if taught is None or not answers:
        return None
    if taught.meaning not in sentence_forms.OPEN:
        return [taught.numbers()] if set(answers) <= {YES, NO} else None
    closed = [taught.closed(answer) for answer in answers]
    if None in closed:
        return None
    return [each.numbers() for each in closed if each is not None]


def _answer(question: AskedQuestion, rows: Sequence[Sequence[float]]) -> JudgeAnswer:
    """``rows``: shares of all answers, to each question that was asked."""
    spelt = [answer.lower() for answer in question.answers]
    if set(spelt) <= {YES, NO}:
        return shared([rows[0][sentence_forms.ANSWERS.index(each)] for each in spelt])
    answer = shared([row[sentence_forms.ANSWERS.index(YES)] for row in rows])
    return JudgeAnswer(answer.probabilities, min(1.0, answer.mass or 0.0))


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a is b or (a.shape == b.shape and bool(torch.equal(a, b)))


# --- its file
# --------------------------------------------------------------------------------------------------


def describe() -> dict[str, object]:
    """What a file's metadata says of the network that it fits."""
    return {
        "sizes": Sizes()._asdict(),
        "meanings": list(sentence_forms.FORMS),
        "words": list(sentence_forms.WORDS),
        "answers": list(sentence_forms.ANSWERS),
    }


def load(path: Path = FILE) -> MiniVqaJudge:
    """Raises :class:`EncoderScopeError` where the file is missing, broken, or of other words."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            described = json.loads(file.metadata()[METADATA])
            weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118  (not a dictionary)
        if described != json.loads(json.dumps(describe())):
            raise ValueError("it is of another version")
        model = MiniVqa(Sizes())
        model.load_state_dict({**_counters(model), **weights})
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise EncoderScopeError(
            "{name} cannot be read ({reason}).",
            "It was expected in {folder}.",
            "Install EncoderScope again.",
            name=path.name,
            reason=type(error).__name__,
            folder=path.parent,
        ) from error
    return MiniVqaJudge(model)


def to_store(model: MiniVqa) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """The weights in half precision, and the metadata of their file."""
    counters = _counters(model)
    weights = {
        name: weight.half().contiguous()
        for name, weight in model.state_dict().items()
        if name not in counters
    }
    return weights, {METADATA: json.dumps(describe())}


def _counters(model: MiniVqa) -> dict[str, torch.Tensor]:
    """What batch norm counts while it is trained; nothing depends on it."""
    return {
        name: buffer
        for name, buffer in model.state_dict().items()
        if name.endswith("num_batches_tracked")
    }
