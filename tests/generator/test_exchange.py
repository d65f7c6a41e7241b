"""Tokens exchanged one for one, and rows found again in a conditioning."""

from __future__ import annotations

import pytest
import torch
from encoderscope.conditioning.generator import conditionings as cond
from encoderscope.conditioning.generator import exchange
from encoderscope.conditioning.tokens.prompt_map import map_tokens
from encoderscope.conditioning.tokens.recording import Embedding
from encoderscope.tests.tokens import toy

TEXT = "a red car next to a blue house"


def placements(text: str = TEXT, **options: object):
    return map_tokens(text, [toy.stream("l", text, **options)], None).placements


def slots(text: str, span: tuple[int, int], **options: object):
    return exchange.slots_of(placements(text, **options), text, span).slots["l"]


def test_a_phrase_has_its_tokens_and_no_others() -> None:
    assert slots(TEXT, (2, 9)) == ((0, 2), (0, 3))
    assert slots(TEXT, (20, 24)) == ((0, 7),)
    assert slots(TEXT, (1, 2)) == ()


def test_a_word_of_several_tokens_has_them_all() -> None:
    events = [toy.piece(TEXT, split=("red",))]
    assert slots(TEXT, (2, 5), events=events) == ((0, 2), (0, 3), (0, 4))


def test_phrases_over_the_edge_of_a_window_have_tokens_in_both() -> None:
    assert slots(TEXT, (2, 9), capacity=2) == ((0, 2), (1, 1))


def test_tokens_that_the_host_dropped_have_no_slot() -> None:
    assert slots(TEXT, (20, 30), capacity=4, kept=1) == ()


def test_a_textual_inversion_is_exchanged_as_the_vectors_that_it_is() -> None:
    text = "a embedding:style car"
    events = [toy.piece("a "), Embedding("style", "", 2, 8, 8), toy.piece(" car")]
    assert slots(text, (2, 17), events=events) == ((0, 2), (0, 3))


def test_exchange_keeps_weights_windows_and_every_other_slot() -> None:
    vector = torch.ones(4)
    windows = [[(1, 1.0), (7, 1.0), (vector, 1.3), (8, 1.3, 5), (2, 1.0)], [(1, 1.0), (9, 1.0)]]
    out = exchange.exchanged(windows, ((0, 2), (0, 3), (1, 1)), [100, 200])
    assert out == [
        [(1, 1.0), (7, 1.0), (100, 1.3), (200, 1.3, 5), (2, 1.0)],
        [(1, 1.0), (100, 1.0)],
    ]
    assert windows[0][2][0] is vector, "the host's own answer is not touched"


def test_a_phrase_that_is_the_filler_itself_gets_the_next_one() -> None:
    windows = [[(1, 1.0), (100, 1.0), (7, 1.0), (2, 1.0)]]
    [window] = exchange.exchanged(windows, [(0, 1)], [100, 200])
    assert [token for token, _ in window] == [1, 200, 7, 2], "the becomes of"
    [window] = exchange.exchanged(windows, [(0, 1), (0, 2)], [100, 200])
    assert [token for token, _ in window] == [1, 100, 200, 2], "the car becomes the of"


def test_fillers_are_words_of_one_token_that_the_vocabulary_has() -> None:
    text = exchange.FILLER_TEXT
    [placement] = placements(text)
    the, of = (toy.number(word) for word in ("the", "of"))
    assert exchange.filler_ids([placement], ("the", "of")) == {"l": [the, of]}
    split = placements(text, events=[toy.piece(text, split=("the",))])
    assert exchange.filler_ids(split, ("the", "of")) == {"l": [of]}
    unknown = placements(text, events=[toy.piece(text, unknown=("of",))])
    assert exchange.filler_ids(unknown, ("the", "of")) == {"l": [the]}


def test_rows_of_windows_that_follow_each_other() -> None:
    windows = [[0] * 5, [0] * 7]
    assert exchange.joined_rows(windows, ((0, 2), (1, 0), (1, 6))) == [2, 5, 11]


# --- rows
# --------------------------------------------------------------------------------------------------


def rows(count: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("before", "left"), [(0, 0), (77, 0), (0, 48), (3, 16)])
def test_a_streams_rows_are_found_wherever_the_host_put_them(before: int, left: int) -> None:
    stream = rows(10, 32)
    sequence = rows(before + 12, 96, seed=1)
    sequence[before : before + 10, left : left + 32] = stream
    assert cond.located(stream, sequence, [2, 3]) == [before + 2, before + 3]


def test_rows_behind_a_dropped_template_are_moved_and_those_in_it_left_out() -> None:
    stream = rows(10, 32)
    assert cond.located(stream, stream[4:], [5, 6]) == [1, 2]


def test_rows_that_were_changed_are_not_claimed() -> None:
    stream = rows(10, 32)
    changed = stream.clone()
    changed[6] += 1e-3
    assert cond.located(stream, changed, [5, 6]) is None


def test_rows_of_zeros_have_no_place() -> None:
    stream = rows(10, 32)
    stream[5:] = 0
    assert cond.located(stream, stream, [6, 7]) == []
    assert cond.located(stream, stream, [4, 7]) == [4]


def entry(seed: int) -> list:
    return [rows(6, 32, seed)[None], {"pooled_output": rows(1, 32, seed + 50), "guidance": 3.5}]


def test_own_rows_and_pooled_are_taken_alone() -> None:
    own, other = [entry(1)], [entry(2)]
    [[mixed, keys]] = cond.with_rows(own, other, [2, 4])
    assert torch.equal(mixed[:, [2, 4]], other[0][0][:, [2, 4]])
    assert torch.equal(mixed[:, [0, 1, 3, 5]], own[0][0][:, [0, 1, 3, 5]])
    assert keys["pooled_output"] is own[0][1]["pooled_output"]
    [[sequence, keys]] = cond.with_pooled(own, other)
    assert sequence is own[0][0] and keys["pooled_output"] is other[0][1]["pooled_output"]
    assert keys["guidance"] == 3.5


def test_differences_name_what_changed() -> None:
    own = [entry(1)]
    assert cond.differences(own, [entry(1)]) == set()
    assert cond.differences(own, [entry(2)]) == {"sequence", "pooled_output"}
    assert cond.differences(own, cond.with_pooled(own, [entry(2)])) == {"pooled_output"}


def test_binding_is_taken_out_of_every_row_and_nothing_else() -> None:
    cells = [[entry(seed)] for seed in (1, 2, 3, 4)]
    blind = cond.without_binding(cells)
    sequences = [each[0][0] for each in blind]
    binding = sequences[0] - sequences[1] + sequences[2] - sequences[3]
    assert float(binding.abs().max()) < 1e-5
    for weights in ((1, 1, -1, -1), (1, -1, -1, 1), (1, 1, 1, 1)):
        before, after = (
            sum(weight * each[0][0] for weight, each in zip(weights, some, strict=True))
            for some in (cells, blind)
        )
        torch.testing.assert_close(before, after, atol=1e-5, rtol=1e-5)
    assert blind[0][0][1]["guidance"] == 3.5
    assert cond.same_build(cells) and not cond.same_build([cells[0], [entry(1), entry(2)]])
