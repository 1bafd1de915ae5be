"""The task of stories: a simulator that reads the words answers every question."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.drawn.stories import PLACES, WORDS
from layerzoo.data.drawn_samples import task_of
from layerzoo.errors import LayerFault
from tests.data.drawn.drawing import drawn, message


def sentences(story: np.ndarray, facts: int) -> list[list[str]]:
    assert not story[facts:].any()
    return [[WORDS[int(number)] for number in fact if number] for fact in story[:facts]]


def simulate(facts: list[list[str]]) -> dict[str, tuple[str, set[int]]]:
    """Where each person and each thing is at the end, and the facts that this follows from."""
    where: dict[str, tuple[str, int]] = {}
    holder: dict[str, tuple[str, int]] = {}
    lying: dict[str, tuple[str, set[int]]] = {}
    for number, (who, verb, *rest) in enumerate(facts):
        if rest[0] == "to":
            assert verb in {"moved", "went", "travelled", "journeyed"}
            assert who not in where or where[who][0] != rest[2]  # nobody goes where they are
            where[who] = (rest[2], number)
        elif verb in {"took", "grabbed"}:
            thing = rest[1]
            assert thing not in holder
            assert thing not in lying or lying[thing][0] == where[who][0]
            lying.pop(thing, None)
            holder[thing] = (who, number)
        else:
            assert verb in {"dropped", "left"}
            thing = rest[1]
            assert holder.pop(thing)[0] == who
            lying[thing] = (where[who][0], {number, where[who][1]})
    said = {who: (place, {number}) for who, (place, number) in where.items()}
    said |= lying
    for thing, (who, number) in holder.items():
        said[thing] = (where[who][0], {number, where[who][1]})
    return said


@pytest.mark.parametrize("supporting", [1, 2])
@pytest.mark.parametrize("length", [2, 5, 20])
def test_answers_and_supports_are_those_of_a_simulator(supporting: int, length: int) -> None:
    fields = f"length: {length} supporting: {supporting}"
    story, question, answer, support, counts = drawn("stories", fields, count=500)
    assert story.shape == (500, length, 5)
    assert support.shape == (500, length)
    for told, asked, place, facts, count in zip(
        story, question, answer.astype(int), support, counts.astype(int), strict=True
    ):
        words = [WORDS[int(number)] for number in asked if number]
        assert words[:2] == ["where", "is"]
        assert (words[2] == "the") == (supporting == 2)
        assert len(words) == 2 + supporting
        wanted, because = simulate(sentences(told, count))[words[-1]]
        assert PLACES[place] == wanted
        assert set(np.flatnonzero(facts)) == because
        assert len(because) == supporting


def test_lengths_answers_and_questions_are_spread() -> None:
    _, question, answer, support, counts = drawn("stories", "length: 6 supporting: 2", count=2000)
    assert (abs(np.bincount(counts.astype(int))[2:] - 400) < 80).all()
    assert (abs(np.bincount(answer.astype(int)) - 333) < 90).all()
    assert len(set(question[:, 3])) == 3
    assert (support.sum(0) > 100).all()


def test_answer_of_two_facts_needs_two_facts() -> None:
    with pytest.raises(LayerFault, match="min_length is 1; the answer follows from two facts"):
        task_of(message("stories", "supporting: 2 min_length: 1").drawn_data_param)
    assert task_of(message("stories", "min_length: 1").drawn_data_param)
