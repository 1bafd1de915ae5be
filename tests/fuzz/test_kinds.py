"""The kinds of fuzzed inputs: each is generated from its seed and number alone, and some are accepted."""

from __future__ import annotations

import pytest

from tests.fuzz.kinds import kind, kinds

TEXTS = (
    "blocks prototxt yaml old-text set net layer solver training list windows manifest zoo-net index "
    "zoo-settings preprocessing log metrics coco table text vocabulary voc folder boxes new-rows"
)
BINARIES = (
    "old-binary caffemodel safetensors solverstate mean npy snapshot snapshot-file h5-weights h5-state "
    "h5-data datum lmdb image http mask named-set recording hugging-face"
)


def test_kinds_name_every_reader() -> None:
    assert {name for name, one in kinds().items() if one.is_text} == set(TEXTS.split())
    assert {name for name, one in kinds().items() if not one.is_text} == set(BINARIES.split())


@pytest.mark.parametrize("name", [*TEXTS.split(), *BINARIES.split()])
def test_input_is_a_function_of_seed_and_number(name: str) -> None:
    inputs = [kinds()[name].input(3, number) for number in range(12)]
    assert inputs == [kinds()[name].input(3, number) for number in range(12)]
    assert len(set(inputs)) > 6
    assert inputs != [kinds()[name].input(4, number) for number in range(12)]


def test_kind_refuses_a_name_twice() -> None:
    with pytest.raises(AssertionError, match="two kinds are named yaml"):
        kind("yaml", lambda random: b"")(lambda data, folder: None)
