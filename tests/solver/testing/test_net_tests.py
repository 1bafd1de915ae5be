"""The tests of a run: when they are due, their scores, interruption."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.optimizer import WeightAverage
from layerzoo.ranks import Ranks
from layerzoo.schema import EMAParameter, SolverParameter
from layerzoo.solver.actions import Action, Actions
from layerzoo.solver.testing import tester
from layerzoo.solver.testing.net_tests import NetTests
from layerzoo.solver.testing.pooled import Scores

NET = """
layer { name: "in" type: "DummyData" top: "x" dummy_data_param { shape { dim: 1 } data_filler { value: 3 } } }
layer { name: "s" type: "Scale" bottom: "x" top: "y" scale_param { axis: 0 filler { value: 1 } } }
"""


def make(count: int = 1, **fields: int) -> NetTests:
    testers = [tester.Tester(Net(parse_net(NET)), 2) for _ in range(count)]
    return NetTests(SolverParameter(**fields), testers, _step, None, Ranks())


def _step(net: Net, batch: int) -> list[Tensor]:
    return [torch.tensor([float(batch)])]


def ignore(index: int, scores: Scores) -> None:
    pass


@pytest.mark.parametrize(
    ("iteration", "tested_at", "due"),
    [(0, None, True), (5, None, False), (10, None, True), (10, 10, False), (10, 0, True)],
)
def test_is_due_at_the_interval_once(iteration: int, tested_at: int | None, due: bool) -> None:
    assert make(test_interval=10).is_due(iteration, tested_at) is due


def test_is_due_never_without_interval_or_nets() -> None:
    assert not make().is_due(0, None)
    assert not make(count=0, test_interval=10).is_due(0, None)


def test_run_averages_batches_and_tells_each_net() -> None:
    told: list[tuple[int, float]] = []
    t = make(count=2)
    for _ in range(2):
        t.run(0, lambda index, scores: told.append((index, scores.values["y"][0])))
    assert told == [(0, 0.5), (1, 0.5), (0, 2.5), (1, 2.5)], "batches 0 and 1, then 2 and 3"
    assert [scores.values["y"] for scores in t.scores if scores] == [[2.5], [2.5]]


def test_state_dict_holds_the_next_batch_of_each_net() -> None:
    t = make(count=2)
    t.run(0, ignore)
    assert t.state_dict() == {"test0": 2, "test1": 2}
    t.load_state_dict({"test0": 7})
    assert t.state_dict() == {"test0": 7, "test1": 0}


def test_run_unless_stopped_begins_again_at_the_same_place() -> None:
    t, actions = make(count=2), Actions()
    t.run(0, ignore)
    actions.ask(Action.STOP)
    assert t.run_unless_stopped(0, ignore, actions) is None
    assert t.state_dict() == {"test0": 2, "test1": 2}
    actions.take(Ranks())
    assert t.run_unless_stopped(0, ignore, actions) is not None
    assert t.state_dict() == {"test0": 4, "test1": 4}


def test_run_unless_stopped_in_the_second_net_begins_again_with_the_first() -> None:
    t, actions = make(count=2), Actions()

    def stop(index: int, scores: Scores) -> None:
        actions.ask(Action.STOP)

    assert t.run_unless_stopped(0, stop, actions) is None
    assert t.state_dict() == {"test0": 0, "test1": 0}


@pytest.mark.parametrize(("wanted", "seen"), [(True, 5.0), (False, 1.0)])
def test_run_uses_averaged_params_if_asked(wanted: bool, seen: float) -> None:
    net = Net(parse_net(NET))
    average = WeightAverage(EMAParameter(), net.learnable)
    average.means[0].fill_(5.0)
    param = SolverParameter(ema_param=EMAParameter(test=wanted))
    values: list[float] = []

    def step(net: Net, batch: int) -> list[Tensor]:
        values.append(net.params["s"][0].item())
        return [torch.zeros(1)]

    NetTests(param, [tester.Tester(net, 1)], step, average, Ranks()).run(0, ignore)
    assert values == [seen]
    assert net.params["s"][0].item() == 1.0, "the params are back"
