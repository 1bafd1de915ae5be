"""DrawnData: samples of a task, drawn by a generator."""

from __future__ import annotations

import re

import numpy as np
import pytest

from layerzoo.catalogue.explain import explain
from layerzoo.data.drawn_task import TASKS
from layerzoo.errors import ConfigError, LayerzooError
from layerzoo.layers.drawn_data import DrawnData
from layerzoo.loader import parse_net
from layerzoo.net import Net, graph_of
from layerzoo.schema import TRAIN, NetState
from tests.data.test_same_sequence import assert_one_sequence, opened
from tests.numbers import changed, of_layer
from tests.test_numbers import run

TOPS = {task: [f"{task}_{top.name}" for top in TASKS[task].tops] for task in TASKS}


def layer(task: str, fields: str = "", tops: list[str] | None = None) -> str:
    named = " ".join(f'top: "{top}"' for top in (TOPS[task] if tops is None else tops))
    inside = f'drawn_data_param {{ task: "{task}" batch_size: 4 {fields} }}'
    return f'layer {{ name: "{task}" type: "DrawnData" {named} {inside} }}'


EXAMPLE = "".join(layer(task) for task in TASKS)


def net(text: str, phase: str = "TEST") -> Net:
    return Net(parse_net(text, format="prototxt").message, phase=phase, seed=1)


def batches(text: str, phase: str, numbers: range) -> list[list[np.ndarray]]:
    """The tops of some batches of a net with one layer."""
    built = net(text, phase)
    (one,) = built.data_layers
    try:
        read = []
        for one.clock.batch in numbers:
            read.append([top.numpy().copy() for top in one()])
        return read
    finally:
        one.close()


@pytest.mark.parametrize("task", list(TASKS))
def test_shapes_by_arithmetic_are_those_of_batches(task: str) -> None:
    for fields in ("", "time_first: true") if any(top.steps for top in TASKS[task].tops) else ("",):
        text = layer(task, fields)
        (batch,) = batches(text, "TEST", range(1))
        shapes = DrawnData.top_shapes(parse_net(text, format="prototxt").message.layer[0], [])
        assert [top.shape for top in batch] == shapes
        assert all(top.dtype == np.float32 for top in batch)


def test_training_without_count_is_without_end_and_starts_anywhere() -> None:
    text = layer("adding")
    epoch = 10_000 // 4
    whole = batches(text, "TRAIN", range(epoch - 1, epoch + 2))
    resumed = batches(text, "TRAIN", range(epoch + 1, epoch + 2))
    np.testing.assert_array_equal(whole[-1][0], resumed[0][0])
    first = batches(text, "TRAIN", range(2))
    assert not any(np.array_equal(one[0], other[0]) for one in first for other in whole)


def test_count_gives_each_sample_once_an_epoch() -> None:
    read = batches(layer("adding", "count: 8"), "TRAIN", range(4))
    sums = [np.concatenate([batch[1][:, 0] for batch in read[n : n + 2]]).tolist() for n in (0, 2)]
    assert sums[0] != sums[1]
    assert sorted(sums[0]) == sorted(sums[1])
    assert len(set(sums[0])) == 8


def test_test_pass_covers_count_in_order() -> None:
    built = net(layer("adding", "count: 6"))
    (one,) = built.data_layers
    one.whole_pass = True
    assert (one.epoch_size, one.batches_per_pass) == (6, 2)
    passes = []
    for one.clock.batch in range(4):
        passes.append(one()[1][:, 0].tolist())
    assert [len(batch) for batch in passes] == [4, 2, 4, 2]
    assert passes[:2] == passes[2:]


@pytest.mark.parametrize("fields", ["count: 5", "length: 3", "seed: 4 part: VAL"])
def test_sequence_is_one_with_any_number_of_processes(fields: str) -> None:
    assert_one_sequence(parse_net(layer("reverse", fields), format="prototxt").message.layer[0])


def test_steps_before_samples_are_one_sequence_over_processes() -> None:
    param = parse_net(layer("adding", "time_first: true length: 3"), format="prototxt").message.layer[0]
    shares = []
    for rank in range(2):
        with opened(param, 4, workers=rank * 2) as one:
            one.clock.rank, one.clock.ranks = rank, 2
            shares.append(one()[0].numpy().copy())
    with opened(param, 8, 0) as alone:
        whole = alone()[0].numpy()
    np.testing.assert_array_equal(np.stack(shares, 2).reshape(3, 8, 2), whole)


def test_fewer_tops_take_the_first_ones() -> None:
    (one,) = net(layer("reverse", tops=["s", "g"])).data_layers
    try:
        assert [tuple(top.shape) for top in one()] == [(4, 10), (4, 11)]
    finally:
        one.close()


@pytest.mark.parametrize("reading", ["cache: MEMORY", "cache: DEVICE", "limit: 3", "sampler: BALANCED"])
def test_switches_work_with_count(reading: str) -> None:
    text = layer("points", "count: 12").replace("} }", f"}} reading_param {{ {reading} }} }}")
    batch = batches(text, "TRAIN", range(7))[-1]
    assert [top.shape for top in batch] == [(4, 3, 128), (4,)]


@pytest.mark.parametrize(
    ("reading", "fault"),
    [
        ("cache: MEMORY", "cache has no effect"),
        ("cache: DEVICE", "cache: DEVICE keeps batches as they are, but each epoch draws new samples"),
        ("sampler: BALANCED", "sampler BALANCED needs labels"),
        ("split: VAL", "split has no effect: each epoch draws new samples"),
    ],
)
def test_switches_that_need_an_end_are_refused_without_count(reading: str, fault: str) -> None:
    text = layer("points").replace("} }", f"}} reading_param {{ {reading} }} }}")
    with pytest.raises(LayerzooError, match=re.escape(fault)):
        batches(text, "TRAIN", range(1))


def test_mistake_names_its_line_and_field() -> None:
    text = layer("adding").replace(" batch_size", "\n length: 1\n batch_size")
    with pytest.raises(ConfigError, match="length is 1; task 'adding' takes 2 to 100000") as caught:
        graph_of(parse_net(text, format="prototxt"), NetState(phase=TRAIN))
    (fault,) = caught.value.faults
    assert fault.origin is not None
    assert fault.origin.source.position(fault.origin.offset)[0] == 2


def test_too_many_tops_are_refused() -> None:
    with pytest.raises(ConfigError, match="3 tops; task 'adding' has 2: sequence, target"):
        net(layer("adding", tops=["a", "b", "c"]))


def test_any_number_is_taken_or_refused_at_its_place() -> None:
    paths = [path for path in of_layer("DrawnData") if path[0] == "drawn_data_param"]
    assert len(paths) >= 5
    results = [(path, value, run(text)) for path in paths for value, text in changed("DrawnData", path)]
    assert [result for result in results if result[-1] == "no position"] == []
    assert {result[-1] for result in results} == {"taken", "refused"}


def test_class_names_are_those_of_the_task() -> None:
    for task, names in (("points", list(TASKS["points"].classes)), ("adding", None)):
        assert DrawnData.class_names(parse_net(layer(task), format="prototxt").message.layer[0]) == names


def test_explanation_lists_the_tasks() -> None:
    assert re.search(r"tasks +adding, .*copy", explain("DrawnData"))
    told = explain("adding")
    assert "adding: task" in told
    assert "sequence (batch_size, length, 2): a number and its marker at each step" in told
    assert 'drawn_data_param { task: "adding" }' in told
