"""What encoders are asked, and that a run which was stopped goes on where it was."""

# ruff: noqa: E402 (without torch these tests are skipped, not broken)
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from encoderscope.conditioning.benchmark import dataset as datasets
from encoderscope.conditioning.benchmark import drawn_sets, saved_results, scoring
from encoderscope.conditioning.benchmark.saved_results import PairCosines
from encoderscope.conditioning.errors import EncoderScopeError
from encoderscope.conditioning.image_text import loading as image_text_loading
from encoderscope.tests.binding import kit
from encoderscope.tests.image_text import kit as dual_kit


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("clip")
    dual_kit.save(root, "clip", positions=40)
    return image_text_loading.load(root)


@dataclass
class Toy:
    """Wins every pair by a hundredth of its number; counts what it was asked; may be stopped after
    so many pairs.
    """

    title: str = "toy"
    question: str = scoring.IMAGE
    asked: list[int] = field(default_factory=list)
    stop_after: int | None = None

    def fingerprint(self) -> str:
        return f"print-{self.title}"

    def problems(
        self, dataset: datasets.Dataset, pairs: Sequence[datasets.CaptionPair]
    ) -> list[str]:
        return []

    def score(
        self, dataset: datasets.Dataset, pairs: Sequence[datasets.CaptionPair]
    ) -> list[PairCosines]:
        if self.stop_after is not None and len(self.asked) >= self.stop_after:
            raise InterruptedError
        self.asked += [pair.number for pair in pairs]
        return [PairCosines(0.5 + pair.number / 1000, 0.5) for pair in pairs]


def test_an_image_judge_tells_the_encoders_own_cosines(clip: Any) -> None:
    data = drawn_sets.drawn("drawn-20")
    [run] = scoring.run([scoring.ImagePairScorer(clip, "clip")], data)
    every = torch.cat(list(data.pictures(data.pairs)))
    own, rival = (
        clip.logits(every, [getattr(pair, name) for pair in data.pairs]).diagonal() / clip.scale
        for name in ("caption", "swap")
    )
    assert [fit.own for fit in run.cosines] == pytest.approx(own.tolist(), abs=1e-5)
    assert [fit.rival for fit in run.cosines] == pytest.approx(rival.tolist(), abs=1e-5)
    assert run.question == "image" and len(set(own.tolist())) == 20


def test_a_text_judge_compares_with_the_paraphrase(clip: Any) -> None:
    data = drawn_sets.drawn("drawn-20")
    encoder = kit.Causal()
    [run] = scoring.run([scoring.TextPairScorer(encoder, "text")], data)
    pair = data.pairs[4]
    output = [
        encoder.states(encoder.tokenize([text]))[0].pooled.double()
        for text in (pair.paraphrase, pair.caption, pair.swap)
    ]
    true, own, rival = (vector / vector.norm() for vector in output)
    assert run.cosines[4] == pytest.approx((float(true @ own), float(true @ rival)), abs=1e-6)
    assert run.question == "text"


def test_without_a_pooled_vector_the_mean_of_the_tokens_is_read() -> None:
    data = drawn_sets.drawn("drawn-20")
    encoder = kit.Causal(pooled=False)
    [run] = scoring.run([scoring.TextPairScorer(encoder, "text")], data)
    rows = encoder.tokenize([data.pairs[0].paraphrase, data.pairs[0].caption])
    a, b = (states.sequence.double().mean(0) for states in encoder.states(rows))
    assert run.cosines[0].own == pytest.approx(
        float(torch.cosine_similarity(a, b, dim=0)), abs=1e-6
    )


def test_an_encoder_that_ignores_order_ties_and_wins_nothing() -> None:
    data = drawn_sets.drawn("drawn-20")
    [run] = scoring.run([scoring.TextPairScorer(kit.BagOfWords(), "bag")], data)
    assert all(map(scoring.is_tie, run.cosines)) and not any(map(scoring.is_win, run.cosines))


def test_a_tie_is_neither_won_nor_lost() -> None:
    assert scoring.is_tie(PairCosines(0.3, 0.3 - 5e-7)) and not scoring.is_win(
        PairCosines(0.3, 0.3 - 5e-7)
    )
    assert (
        scoring.is_win(PairCosines(0.3, 0.29))
        and not scoring.is_tie(PairCosines(0.3, 0.29))
        and not scoring.is_win(PairCosines(0.29, 0.3))
    )


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    data = drawn_sets.drawn("drawn-200")
    first = Toy(stop_after=90)
    with pytest.raises(InterruptedError):
        scoring.run([first], data, tmp_path)
    second = Toy()
    [run] = scoring.run([second], data, tmp_path)
    assert len(first.asked) == 96 and second.asked == [pair.number for pair in data.pairs[96:]]
    [whole] = scoring.run([Toy()], data)
    assert run.cosines == whole.cosines
    third = Toy()
    scoring.run([third], data, tmp_path)
    assert third.asked == []


def test_a_torn_last_line_is_measured_again_and_harms_no_other(tmp_path: Path) -> None:
    data = drawn_sets.drawn("drawn-200")
    scoring.run([Toy()], data, tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-15])
    again = Toy()
    [run] = scoring.run([again], data, tmp_path)
    assert again.asked == [200] and run.cosines[199] == PairCosines(0.7, 0.5)
    last = Toy()
    scoring.run([last], data, tmp_path)
    assert last.asked == [], "the new line did not grow together with the torn one"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b"\xff",
        b'{"format": "encoderscope.bench", "pair": 1, "own": "x", "rival": 0}',
        b'{"format": "encoderscope.bench", "pair": 1, "own": NaN, "rival": 0}',
        b'{"format": "encoderscope.bench", "pair": 1, "own": 3, "rival": 0}',
        b'{"format": "encoderscope.bench", "pair": "1", "own": 0.5, "rival": 0}',
        b'{"format": "other", "pair": 1, "own": 0.5, "rival": 0}',
    ],
)
def test_lines_that_nobody_wrote_are_passed_over(tmp_path: Path, line: bytes) -> None:
    results = saved_results.SavedResults(tmp_path, "e", "d")
    results.add({2: PairCosines(0.25, 0.125)})
    assert results.file is not None
    results.file.write_bytes(line + b"\n" + results.file.read_bytes())
    assert results.read() == {2: PairCosines(0.25, 0.125)}


def test_numbers_come_back_exactly_and_nothing_is_kept_without_a_folder(tmp_path: Path) -> None:
    fits = {k: PairCosines(1 / (k + 3), -1 / (k + 7)) for k in range(50)}
    saved_results.SavedResults(tmp_path / "deep" / "er", "e", "d").add(fits)
    assert saved_results.SavedResults(tmp_path / "deep" / "er", "e", "d").read() == fits
    saved_results.SavedResults(None, "e", "d").add(fits)
    assert saved_results.SavedResults(None, "e", "d").read() == {}
    (tmp_path / "file").write_text("")
    saved_results.SavedResults(tmp_path / "file", "e", "d").add(
        fits
    )  # cannot be written: no reason to stop


def test_another_encoder_dataset_or_question_has_results_of_its_own(tmp_path: Path) -> None:
    scoring.run(
        [Toy("a"), Toy("b"), Toy("a", scoring.TEXT)], drawn_sets.drawn("drawn-20"), tmp_path
    )
    scoring.run([Toy("a")], drawn_sets.drawn("drawn-21"), tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


def test_fingerprints_name_encoders_by_their_answers(clip: Any, tmp_path: Path) -> None:
    judge = scoring.ImagePairScorer(clip, "one name")
    assert judge.fingerprint() == scoring.ImagePairScorer(clip, "another").fingerprint()
    dual_kit.save(tmp_path, "clip", positions=40, projection=24)
    assert (
        scoring.ImagePairScorer(image_text_loading.load(tmp_path), "one name").fingerprint()
        != judge.fingerprint()
    )
    assert (
        scoring.ImagePairScorer(
            replace(clip, recipe=replace(clip.recipe, mode="bilinear")), ""
        ).fingerprint()
        != judge.fingerprint()
    )


def test_progress_counts_all_encoders_and_may_stop(tmp_path: Path) -> None:
    seen: list[float] = []
    scoring.run(
        [Toy("a"), Toy("b")],
        drawn_sets.drawn("drawn-200"),
        tmp_path,
        lambda done, total: seen.append(done / total),
    )
    assert seen == sorted(seen) and seen[0] == 0 and seen[-1] == 1 and 0.5 in seen

    def stop(done: int, total: int) -> None:
        if done / total > 0.5:
            raise InterruptedError

    toy = Toy("c")
    with pytest.raises(InterruptedError):
        scoring.run([toy], drawn_sets.drawn("drawn-200"), tmp_path, stop)
    assert 100 <= len(toy.asked) < 160


# What cannot be asked


def test_a_caption_that_is_too_long_is_told_with_its_line_before_anything_runs(
    clip: Any, folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = datasets.read_folder(folder({}, {"swap": "car " * 50 + "house"}, {}))
    toy = Toy()
    monkeypatch.setattr(type(clip), "image_features", lambda *_: torch.ones(2, clip.dim))
    with pytest.raises(
        EncoderScopeError, match=r"captions.jsonl, line 2: its swap has 53 tokens and 40 fit.*house"
    ):
        scoring.run([toy, scoring.ImagePairScorer(clip, "clip")], data)
    assert toy.asked == []


def test_a_missing_paraphrase_stops_encoders_of_text_alone_only(folder: Any) -> None:
    data = datasets.read_folder(folder({}, {"paraphrase": None}, {}))
    assert len(scoring.run([Toy()], data)[0].cosines) == 3
    with pytest.raises(
        EncoderScopeError,
        match=r"T5 cannot be asked .*captions.jsonl, line 2: there is no paraphrase",
    ):
        scoring.run([scoring.TextPairScorer(kit.Causal(), "T5")], data)


def test_many_problems_are_counted(folder: Any) -> None:
    data = datasets.read_folder(folder(*[{"paraphrase": None}] * 9))
    with pytest.raises(EncoderScopeError, match=r"line 5: there is no paraphrase. And 4 more"):
        scoring.run([scoring.TextPairScorer(kit.Causal(), "T5")], data)


def test_a_second_window_is_not_read_by_a_pooled_vector(folder: Any) -> None:
    data = datasets.read_folder(folder({"caption": "one two three four five six seven"}))
    encoder = kit.Causal(kit.Words(window=7))
    with pytest.raises(
        EncoderScopeError, match=r"line 1: its caption is too long, 'six seven' is not read"
    ):
        scoring.run(
            [scoring.TextPairScorer(encoder, "CLIP")],
            datasets.of_kinds(
                replace(data, pairs=(replace(data.pairs[0], swap="a b", paraphrase="c d"),)), []
            ),
        )
    wide = kit.Causal(kit.Words(window=40))
    assert len(scoring.run([scoring.TextPairScorer(wide, "CLIP")], data)[0].cosines) == 1


def test_an_encoder_that_cuts_without_a_word_is_caught(folder: Any, tmp_path: Path) -> None:
    """transformers' folders are read as pipelines read them: cut at the limit."""
    from encoderscope.conditioning.encoding import transformers_encoder

    dual_kit.save(tmp_path, "clip", positions=16, projection=512)
    encoder = transformers_encoder.load(tmp_path)
    data = datasets.read_folder(
        folder({"paraphrase": "house " * 14 + "car"}, {"paraphrase": "house " * 13 + "car"})
    )
    with pytest.raises(
        EncoderScopeError, match=r"line 1: its paraphrase is too long, 'car' is not read."
    ) as refused:
        scoring.run([scoring.TextPairScorer(encoder, "CLIP")], data)
    assert "line 2" not in str(refused.value), "16 tokens fit exactly"


@pytest.mark.parametrize(
    ("factor", "reason"),
    [(0.0, "without a direction"), (float("nan"), "values that are not numbers")],
)
def test_a_vector_that_is_no_direction_is_refused(factor: float, reason: str) -> None:
    class Broken(kit.Causal):
        def states(self, batch: Any) -> Any:
            return [state._replace(pooled=state.pooled * factor) for state in super().states(batch)]

    judge = scoring.TextPairScorer(Broken(), "broken")
    with pytest.raises(EncoderScopeError, match=reason):
        judge.score(drawn_sets.drawn("drawn-20"), drawn_sets.drawn("drawn-20").pairs[:2])


def test_ten_thousand_pictures_are_never_held_at_once(clip: Any) -> None:
    """As few tensors as one step needs are asked of the dataset at a time, and one is let go before
    the next.
    """
    import weakref

    data = replace(drawn_sets.drawn("drawn-200"))
    alive: list[Any] = []
    most = 0

    def pictures(pairs: Sequence[datasets.CaptionPair]) -> Any:
        nonlocal most
        for at in range(0, len(pairs), 8):
            tensor = torch.rand(len(pairs[at : at + 8]), 40, 40, 3)
            alive.append(weakref.ref(tensor))
            most = max(most, sum(item() is not None for item in alive))
            yield tensor
            del tensor

    scoring.run([scoring.ImagePairScorer(clip, "clip")], replace(data, pictures=pictures))
    assert len(alive) == 25 and most <= 2


def test_kept_lines_are_json_with_their_format(tmp_path: Path) -> None:
    scoring.run([Toy()], drawn_sets.drawn("drawn-20"), tmp_path)
    [file] = tmp_path.iterdir()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == 20 and set(lines[0]) == {"format", "pair", "own", "rival"}


class Heard:
    def __init__(self) -> None:
        self.sentences: list[str] = []

    def __call__(self, done: int, total: int) -> None:
        pass

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


def test_it_says_what_is_asked_and_that_answers_are_kept(tmp_path: Path) -> None:
    data = drawn_sets.drawn("drawn-20")
    first, rest, nothing = Heard(), Heard(), Heard()
    part = replace(data, pairs=data.pairs[:1])
    scoring.run([Toy()], part, tmp_path, first)
    assert first.sentences == ["toy is asked 1 pair of captions. Answers are kept."]
    scoring.run([Toy()], data, tmp_path, rest)
    assert rest.sentences == [
        "toy is asked 19 pairs of captions; 1 of 20 is known already. Answers are kept."
    ]
    scoring.run([Toy()], data, tmp_path, nothing)
    assert nothing.sentences == [], "all is known"
