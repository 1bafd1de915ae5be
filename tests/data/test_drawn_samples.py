"""Samples that are drawn as they are read."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.drawn_samples import blob_shapes, samples_of, task_of
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN
from tests.data.drawn.drawing import message


def sums(fields: str, phase: int = TEST, indices: tuple[int, ...] = (0, 1, 2), first: int = 0) -> list[float]:
    """The targets of samples of the task ``adding``."""
    samples = samples_of(message("adding", fields, phase))
    numbers = np.arange(first, first + len(indices))
    return [float(value) for value in samples.read(np.array(indices), numbers, 17)[1][:, 0]]


def test_sample_depends_on_seed_part_and_index_alone() -> None:
    plain = sums("count: 9")
    assert sums("count: 9", first=40) == plain
    assert sums("count: 500") == plain
    assert sums("count: 9", indices=(2, 0, 1)) == [plain[2], plain[0], plain[1]]
    assert sums("count: 9 seed: 0 part: TEST", TRAIN) == plain
    others = [sums("count: 9 seed: 1"), sums("count: 9", TRAIN), sums("count: 9 part: VAL")]
    assert len({value for values in (plain, *others) for value in values}) == 12


def test_samples_without_count_have_no_end_in_training() -> None:
    first = sums("", TRAIN)
    assert sums("", TRAIN, first=10_000) != first
    assert sums("", TRAIN, indices=(7, 8, 9)) == first  # the number in the sequence decides, not the place
    assert sums("count: 3", TRAIN) == first
    assert [len(samples_of(message("adding", "", phase))) for phase in (TRAIN, TEST)] == [10_000, 1_000]


def test_labels_are_the_classes_of_the_samples() -> None:
    samples = samples_of(message("points", "count: 30"))
    everything = np.arange(30)
    assert samples.labels().tolist() == samples.read(everything, everything, 0)[1].tolist()
    assert samples_of(message("points", "", TRAIN)).labels() is None
    assert samples_of(message("adding")).labels() is None


def test_axis_of_steps_comes_first_where_asked() -> None:
    numbers = np.arange(3)
    plain, timed = (
        samples_of(message("reverse", f"length: 4 {more}")).read(numbers, numbers, 0)
        for more in ("", "time_first: true")
    )
    for one, other in zip(plain[:3], timed[:3], strict=True):
        np.testing.assert_array_equal(one.T, other)
        assert other.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(plain[3], timed[3])
    assert blob_shapes(message("adding", "time_first: true length: 7").drawn_data_param, 5) == [
        (7, 5, 2),
        (5, 1),
    ]


def test_names_tell_parts_apart() -> None:
    names = [samples_of(message("adding", "count: 9", phase)).name(3) for phase in (TRAIN, TEST)]
    assert names == ["sample 3 (TRAIN)", "sample 3 (TEST)"]
    assert samples_of(message("adding", "", TRAIN)).name(3) == "sample 3 of an epoch (TRAIN)"


@pytest.mark.parametrize(
    ("task", "fields", "field", "fault"),
    [
        ("", "", "task", "task is missing"),
        ("ading", "", "task", "unknown task 'ading'"),
        ("adding", "noise: 1", "noise", "task 'adding' has no noise"),
        ("points", "time_first: true", "time_first", "task 'points' has no time_first"),
        ("adding", "count: 0", "count", "count is 0; it has to be from 1 to 100,000,000"),
        ("adding", "count: 4000000000", "count", "count is 4000000000; it has to be from 1"),
        ("adding", "length: 1", "length", "length is 1; task 'adding' takes 2 to 100000"),
        ("points", "noise: nan", "noise", "noise is nan; task 'points' takes 0 to 10"),
        ("copy", "length: 3 min_length: 4", "min_length", "min_length is 4, but length 3"),
    ],
)
def test_mistake_is_a_fault_of_its_field(task: str, fields: str, field: str, fault: str) -> None:
    with pytest.raises(LayerFault, match=fault) as caught:
        task_of(message(task, fields).drawn_data_param)
    assert caught.value.field == f"drawn_data_param.{field}"


def test_unknown_task_is_answered_with_near_and_known_ones() -> None:
    with pytest.raises(LayerFault) as caught:
        task_of(message("ading").drawn_data_param)
    near, known = caught.value.hint.split("? known are ")
    assert near.startswith("did you mean 'adding'")
    assert {"adding", "copy", "parity"} <= set(known.split(", "))


def test_field_of_other_tasks_is_answered_with_those_of_the_task() -> None:
    with pytest.raises(LayerFault) as caught:
        task_of(message("adding", "noise: 1").drawn_data_param)
    assert caught.value.hint == "it reads length, time_first"


def test_batch_of_too_many_numbers_is_refused() -> None:
    with pytest.raises(LayerFault, match="numbers in a batch; at most 2,147,483,648"):
        blob_shapes(message("adding", "length: 100000").drawn_data_param, 20_000)
