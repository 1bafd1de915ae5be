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


def test_samples_of_another_shape_are_skipped_without_others_beside_them() -> None:
    orders = ([[4], [4, 6], [5]], [[5], [4, 5], [4], [4, 6]])
    for order in orders:
        source = Skipping(Damaged({0}, frozenset({4, 6})), 5, "data")
        seen = {tuple(batch): read(source, *batch) for batch in order}
        assert (seen[4,], seen[4, 6], seen[5,]) == ([5], [5, 7], [5])
        assert set(source.skipped) == {0, 4, 6}


def test_the_first_readable_sample_is_the_same_after_others_are_skipped() -> None:
    source = Skipping(Damaged({0}, frozenset({1})), 9, "data")
    source.add_skipped({0: "0.jpg: damaged", 2: "2.jpg: shapes"})
    assert read(source, 2, 3) == [1, 1], "only the first readable one is wide, so no other fits to it"
    assert set(source.skipped) == {0, *range(2, 10)}


def test_samples_of_any_size_are_read_alone() -> None:
    source = Skipping(Damaged({3}, frozenset({4, 6})), 5, "data", any_size=True)
    assert [read(source, index) for index in (3, 4, 5, 6)] == [[4], [4], [5], [6]]
    assert set(source.skipped) == {3}


class Padded(Damaged):
    """Sample k has k + 1 steps; a batch is as long as its longest one."""

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        super().read(indices, numbers, key)
        steps = max(indices.tolist()) + 1
        return np.repeat(indices[:, None].astype(np.float32), steps, 1), numbers


def test_samples_that_are_padded_to_one_length_fit() -> None:
    source = Skipping(Padded({3}), 5, "data")
    assert [read(source, *batch) for batch in ([0, 1], [7, 8], [3, 9])] == [[0, 1], [7, 8], [4, 9]]
    assert set(source.skipped) == {3}


class Many(Damaged):
    def __len__(self) -> int:
        return 20_000


def test_thousands_of_unreadable_samples_in_a_row_are_skipped() -> None:
    many = Many(set(range(1, 5_001)))
    source = Skipping(many, 10_000, "data")
    assert read(source, 1, 0, 17) == [5_001, 0, 5_001]
    assert len(source.skipped) == 5_000
    before = many.reads
    assert read(source, 1, 2, 5_001) == [5_001] * 3
    assert many.reads == before + 1
    assert source.name(2) == "5001.jpg", "the name of the sample that is read"


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
    source.add_skipped({3: "3.jpg: damaged"})
    source.add_skipped({3: "3.jpg: damaged"})
    assert [record.getMessage() for record in caplog.records] == [
        "layer 'data' skips a sample: 3.jpg: damaged"
    ]
    with pytest.raises(DataError, match=r"4\.jpg: damaged; 2 of 10 samples"):
        source.add_skipped({4: "4.jpg: damaged"})


def test_a_quiet_one_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    source = Skipping(Damaged({3}), 1, "data")
    source.quiet = True
    read(source, 3)
    source.close()
    assert not caplog.records
