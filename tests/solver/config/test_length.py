"""Length of training and test interval in epochs."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import SolverParameter
from layerzoo.solver.config.length import (
    RunLength,
    check_epochs,
    check_length,
    in_iterations,
    iterations_in_pass,
)

DATA = """
layer { name: "d" type: "Dataset" top: "x" dataset_param { name: "digits" split: "test" batch_size: 100 } }
"""
MEMORY = """
layer { name: "m" type: "MemoryData" top: "x" top: "t"
        memory_data_param { batch_size: 1 channels: 1 height: 1 width: 1 } }
"""


def net(text: str = DATA) -> Net:
    return Net(parse_net(text), "TRAIN")


def test_iterations_in_pass_of_360_samples() -> None:
    assert iterations_in_pass(SolverParameter(), net()) == 3.6
    assert iterations_in_pass(SolverParameter(iter_size=2), net()) == 1.8
    assert iterations_in_pass(SolverParameter(), net('layer { name: "i" type: "Input" top: "x" }')) == 0


def test_iterations_in_pass_of_several_processes() -> None:
    several = net()
    several.clock.ranks = 3
    assert iterations_in_pass(SolverParameter(), several) == pytest.approx(1.2)


def test_in_iterations_rounds_up_the_end_and_keeps_an_earlier_one() -> None:
    found = in_iterations(SolverParameter(max_epoch=2.5, test_epoch=0.01), net())
    assert (found.max_iter, found.test_interval) == (9, 1)
    assert in_iterations(SolverParameter(max_epoch=2.5, max_iter=4), net()).max_iter == 4
    assert in_iterations(SolverParameter(max_epoch=2.5, max_iter=40), net()).max_iter == 9


def test_max_epoch_counts_samples_that_were_read() -> None:
    """900 samples. After 4 iterations of 50 samples, 7 of 100 are left: 11; after 4 of 200, 1: 5."""
    length = RunLength(SolverParameter(max_epoch=2.5, iter_size=1), known := net())
    assert (length.param.max_iter, known.clock.passes) == (9, 9)
    layer = known.data_layers[0]
    for before, last in ((50, 11), (200, 5), (100, 9)):
        layer.offset = 4 * before - 4 * 100  # type: ignore[attr-defined]
        length.follow()
        assert (length.param.max_iter, known.clock.passes) == (last, last)
    layer.offset = 5000  # type: ignore[attr-defined]
    length.follow()
    assert length.param.max_iter == 0
    bounded = RunLength(SolverParameter(max_epoch=2.5, max_iter=6), known)
    layer.offset = -200  # type: ignore[attr-defined]
    bounded.follow()
    assert bounded.param.max_iter == 6, "max_iter is an end of its own"
    plain = RunLength(SolverParameter(max_iter=7), known)
    plain.follow()
    assert plain.param.max_iter == 7


def test_in_iterations_leaves_a_solver_without_epochs_as_it_is() -> None:
    param = SolverParameter(max_iter=7)
    assert in_iterations(param, net()) is param


def test_in_iterations_of_a_source_that_is_empty_yet() -> None:
    with pytest.raises(ConfigError, match="is still empty"):
        in_iterations(SolverParameter(max_epoch=1), net(MEMORY))


def test_check_length_refuses_negative_numbers() -> None:
    param = SolverParameter(max_epoch=-1, test_epoch=-0.5, max_time=-2)
    assert [fault.field for fault in check_length(param)] == ["max_epoch", "test_epoch", "max_time"]
    assert check_length(SolverParameter(max_epoch=0)) == []


def test_check_epochs_needs_a_source_with_a_size() -> None:
    param = SolverParameter(max_epoch=1, test_epoch=1)
    graph = net('layer { name: "i" type: "Input" top: "x" }').graph
    assert [(f.field, f.hint) for f in check_epochs(param, graph)] == [
        ("max_epoch", "give max_iter instead"),
        ("test_epoch", "give test_interval instead"),
    ]
    assert check_epochs(param, net().graph) == []
