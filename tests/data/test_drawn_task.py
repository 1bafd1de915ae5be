"""The base class of drawn tasks, and what holds for each of them."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.drawn_samples import blob_shapes, samples_of, task_of
from layerzoo.data.drawn_task import TASKS, DrawnTask, Setting, Top
from layerzoo.errors import LayerFault
from layerzoo.schema import DrawnDataParameter, fields
from tests.data.drawn.drawing import message

OF_ALL = {"task", "batch_size", "count", "part", "seed", "time_first"}
each_task = pytest.mark.parametrize("task", list(TASKS))


@each_task
def test_task_draws_the_shapes_that_it_says(task: str) -> None:
    own = task_of(message(task).drawn_data_param)
    shapes = own.shapes()
    assert len(shapes) == len(own.tops) <= 6
    for number in range(20):
        sample = own.draw(np.random.default_rng(number))
        assert [np.shape(value) for value in sample] == shapes
        assert all(np.isfinite(np.asarray(value, np.float32)).all() for value in sample)


@each_task
def test_task_is_the_same_for_each_of_its_objects(task: str) -> None:
    one, other = (task_of(message(task).drawn_data_param) for _ in range(2))
    for number in (3, 1):
        samples = [own.draw(np.random.default_rng(number)) for own in (one, other)]
        for left, right in zip(*samples, strict=True):
            np.testing.assert_array_equal(left, right)
        one.draw(np.random.default_rng(9))  # what was drawn before changes nothing


@each_task
def test_task_takes_each_field_at_its_bounds(task: str) -> None:
    cls = TASKS[task]
    for name, (default, low, high) in cls.fields.items():
        assert low <= default <= high
        value = low if name != "length" or "min_length" not in cls.fields else cls.fields["min_length"].low
        own = task_of(message(task, f"{name}: {value:.10g}").drawn_data_param)
        assert [np.shape(v) for v in own.draw(np.random.default_rng(0))] == own.shapes()
        others = f"length: {cls.fields['length'].high}" if name == "min_length" else ""
        blob_shapes(message(task, f"{name}: {high:.10g} {others}").drawn_data_param, 1)
        for outside in (low - 1, high * 2 + 1):
            if outside >= 0 or fields(DrawnDataParameter)[name].kind == "float":
                with pytest.raises(LayerFault, match=rf"{name} is .*; task '{task}' takes {low:.10g} to"):
                    task_of(message(task, f"{name}: {outside:.10g}").drawn_data_param)


@each_task
def test_class_of_a_task_is_among_its_names(task: str) -> None:
    cls = TASKS[task]
    if cls.label is not None:
        labels = samples_of(message(task, "count: 300")).labels()
        assert labels is not None
        assert 0 <= labels.min() < labels.max()
        if cls.classes:
            assert set(labels) == set(range(len(cls.classes)))


def test_fields_of_the_message_are_each_read_by_a_task() -> None:
    read = {name for task in TASKS for name in TASKS[task].fields}
    assert read == set(fields(DrawnDataParameter)) - OF_ALL


class HalfAWord(DrawnTask):
    """A task.

    More of it.
    """

    tops = (Top("x", "length", "numbers", steps=True), Top("y", "", "a class"))
    fields = {"length": Setting(5, 1, 9), "min_length": Setting(1, 1, 9)}  # noqa: RUF012
    classes = ("a", "b")

    def shapes(self):
        return [(self.integer("length"),), ()]

    def draw(self, rng):
        return np.zeros(self.integer("length")), self.drawn_length(rng)


def test_name_in_configs_has_the_words_of_the_class() -> None:
    assert HalfAWord.name_in_configs() == "half_a_word"


def test_description_has_tops_classes_and_fields() -> None:
    assert HalfAWord.described() == (
        "A task.\n\nMore of it.\n\nTops:\n  x (batch_size, length): numbers\n  y (batch_size): a class\n\n"
        "With time_first the axis of steps comes before that of samples in x.\n\nClasses: a, b.\n\nFields:\n"
        "  length: 1 to 9, default 5\n  min_length: 1 to 9, default 1"
    )


def test_lengths_are_evenly_distributed_between_their_bounds() -> None:
    own, rng = HalfAWord({"length": 5, "min_length": 3}, 0), np.random.default_rng(0)
    counts = np.bincount([own.drawn_length(rng) for _ in range(3000)], minlength=6)
    assert counts[:3].sum() == 0
    assert (abs(counts[3:] - 1000) < 100).all()


def test_least_length_above_the_length_is_refused() -> None:
    with pytest.raises(LayerFault, match="min_length is 3, but length 2"):
        HalfAWord({"length": 2, "min_length": 3}, 0)


def test_what_samples_share_depends_on_the_seed_alone() -> None:
    settings = {"length": 5, "min_length": 3}
    draws = [HalfAWord(settings, seed).shared_rng().random() for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
