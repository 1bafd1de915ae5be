"""Samples that can't be read, and those that take their places."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.draws import Ints
from layerzoo.data.samples import Array, Samples
from layerzoo.data.skipping import Skipping
from layerzoo.errors import BatchError, DataError


class Damaged(Samples):
    """Ten samples; some can't be read, and some have another shape."""

    def __init__(self, bad: set[int], wide: frozenset[int] = frozenset()) -> None:
        self.bad, self.wide, self.reads = bad, wide, 0

    def __len__(self) -> int:
        return 10

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        self.reads += 1
        chosen = indices.tolist()
        for index in chosen:
            if index in self.bad:
                raise DataError(f"{self.name(index)}: damaged")
        widths = {3 if index in self.wide else 2 for index in chosen}
        if len(widths) > 1:
            raise BatchError("different sizes", "resize them")
        return np.array([[index] * widths.copy().pop() for index in chosen], np.float32), numbers

    def name(self, index: int) -> str:
        return f"{index}.jpg"


def read(source: Skipping, *indices: int) -> list[float]:
    values, numbers = source.read(np.array(indices), np.arange(len(indices)) + 100, 5)
    assert numbers.tolist() == [100 + place for place in range(len(indices))], "each keeps its number"
    return [float(value) for value in values[:, 0]]


def test_the_next_readable_sample_takes_the_place() -> None:
    source = Skipping(Damaged({3, 4, 9}), 5, "data")
    assert read(source, 2, 3, 4, 5) == [2, 5, 5, 5]
    assert read(source, 8, 9) == [8, 0]
    assert set(source.skipped) == {3, 4, 9}


def test_replacements_do_not_depend_on_what_was_read_before() -> None:
    orders = ([[3], [4], [2, 3]], [[4], [2, 3], [3]])
    seen = []
    for order in orders:
        source = Skipping(Damaged({3, 4}), 5, "data")
        seen.append({tuple(batch): read(source, *batch) for batch in order})
    assert seen[0] == seen[1]


def test_known_ones_cost_no_further_read() -> None:
    damaged = Damaged({3})
    source = Skipping(damaged, 5, "data")
    read(source, 2, 3)
    before = damaged.reads
    read(source, 2, 3)
    assert damaged.reads == before + 1


def test_samples_of_another_shape_than_the_first_are_skipped() -> None:
    source = Skipping(Damaged({0}, frozenset({4, 6})), 5, "data")
    assert read(source, 4, 5, 6, 7) == [5, 5, 7, 7]
    assert source.skipped[4] == "4.jpg: shapes [(1, 3), (1,)]; expected [(1, 2), (1,)]"


def test_more_than_allowed_is_an_error_that_names_the_last() -> None:
    with pytest.raises(
        DataError, match=r"3\.jpg: damaged; 3 of 10 samples can't be read, and max_skipped is 2"
    ):
        Skipping(Damaged({1, 2, 3}), 2, "data").read(np.array([1, 2, 3]), np.arange(3), 0)


def test_a_source_without_readable_samples_is_an_error() -> None:
    with pytest.raises(DataError, match="10 of 10 samples can't be read"):
        Skipping(Damaged(set(range(10))), 100, "data").read(np.array([0]), np.arange(1), 0)


def test_each_is_warned_of_once_and_summed_up_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    source = Skipping(Damaged({3, 8}), 5, "data")
    with caplog.at_level("WARNING", "layerzoo"):
        read(source, 3, 8)
        read(source, 3, 8)
        source.close()
        source.close()
    assert [record.getMessage() for record in caplog.records] == [
        "layer 'data' skips a sample: 3.jpg: damaged",
        "layer 'data' skips a sample: 8.jpg: damaged",
        "layer 'data': 2 of 10 samples could not be read, and others took their places: 3.jpg, 8.jpg",
    ]


def test_samples_of_other_processes_count(caplog: pytest.LogCaptureFixture) -> None:
    source = Skipping(Damaged(set()), 1, "data")
    source.learn({3: "3.jpg: damaged"})
    source.learn({3: "3.jpg: damaged"})
    assert [record.getMessage() for record in caplog.records] == [
        "layer 'data' skips a sample: 3.jpg: damaged"
    ]
    with pytest.raises(DataError, match=r"4\.jpg: damaged; 2 of 10 samples"):
        source.learn({4: "4.jpg: damaged"})


def test_a_quiet_one_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    source = Skipping(Damaged({3}), 1, "data")
    source.quiet = True
    read(source, 3)
    source.close()
    assert not caplog.records
