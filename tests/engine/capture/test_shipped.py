"""Whole iterations of every shipped config, as a CUDA graph would record them.

A recorded iteration, passes and update, reads nothing on the host, copies nothing between devices, draws from
no generator, and leaves what it computes where it was. Detectors that can't be recorded say why.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from layerzoo.engine import Engine
from layerzoo.engine.capture.launches import Launches
from layerzoo.engine.capture.obstacles import obstacle
from layerzoo.engine.observers.guard import carried_tensors
from layerzoo.loader import load_net
from layerzoo.net import Feed, Net
from layerzoo.net.rewriting.choices import choose_layout, lay_out_params
from layerzoo.net.rewriting.training import training_plan
from layerzoo.optimizer import make_rule
from layerzoo.plan import Plan
from layerzoo.schema import EngineParameter, SolverParameter
from layerzoo.solver.make_engine import update_params
from tests.engine.capture.tape import TapeRecorder
from tests.host_reads import Watch
from tests.net.test_fullgraph import DETECTORS, SLOW, made, params
from tests.shipped import FOLDER, small

DETECTING = [
    path.name
    for path in sorted(FOLDER.iterdir())
    if path.stem.startswith(DETECTORS) and "solver" not in path.stem and path.suffix == ".yaml"
]
BY_REGIONS = ("faster_rcnn", "rfcn")


def engine_of(net: Net, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that runs a net as `layerzoo train` does, always on one batch."""
    plain = Plan(net.graph, net.ordered_layers(), net.outputs_only.kept)
    last = choose_layout(net.ordered_layers(), net.device, EngineParameter.AUTO).channels_last
    lay_out_params(net.ordered_layers(), last)
    net.outputs_only = training_plan(plain, True, last)
    monkeypatch.setattr(net, "fetch", lambda number=None: feed)
    solver = SolverParameter(type="SGD", momentum=0.9, weight_decay=0.0005)
    return Engine(net, make_rule(solver, update_params(net), 2))


def addresses(engine: Engine, loss: Tensor) -> list[int]:
    net = engine.net
    held = [*net.learnable, *engine.rule.history, *engine.sync.gradients(), *engine.outputs, loss]
    return [tensor.data_ptr() for tensor in [*held, *carried_tensors(net)]]


class Watching(TapeRecorder):
    """Watches the iteration that is to be recorded, in place of recording it."""

    def __init__(self) -> None:
        super().__init__()
        self.watch = Watch()

    def record(self, action):  # type: ignore[no-untyped-def]
        def watched() -> None:
            with self.watch:
                action()

        return watched


def assert_recordable(net: Net, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, recorder = engine_of(net, feed, monkeypatch), Watching()
    assert obstacle(engine) is None
    engine.launches = Launches(engine, recorder, window=1, together=1)
    with monkeypatch.context() as patched:
        patched.setattr("layerzoo.engine.capture.launches._WARM_UPS", 1)
        engine.train_step(0, 1e-5)
        patched.setattr(torch, "Generator", no_generator)
        before = addresses(engine, engine.train_step(1, 1e-5))
        after = addresses(engine, engine.train_step(2, 1e-5))
    assert not recorder.watch.found
    assert before == after
    assert engine.launches is not None


def no_generator(*_: object) -> None:
    raise AssertionError("an iteration makes a generator")


@pytest.mark.parametrize("name", params(slow=(*SLOW, "pspnet", "segnet")))
def test_iteration_can_be_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_recordable(*made(name), monkeypatch)


def detectors() -> list[Any]:
    found = []
    for name in DETECTING:
        slow = "shapes" not in name or name.startswith(SLOW)
        found.append(pytest.param(name, marks=[pytest.mark.slow] if slow else []))
    return found


def test_detectors_are_complete() -> None:
    assert len(DETECTING) == 8


@pytest.mark.parametrize("name", detectors())
def test_iteration_of_a_detector_can_be_recorded_or_says_why(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Net(load_net(FOLDER / name, small(name)), phase="TRAIN", seed=3)
    if not name.startswith(BY_REGIONS):
        assert_recordable(net, net.fetch(0), monkeypatch)
        return
    reason = obstacle(engine_of(net, Feed(), monkeypatch))
    assert reason in (
        "the shapes that layer 'proposal' (Proposal) gives depend on values",
        "the shapes that layer 'roi-data' (ProposalTarget) gives depend on values",
    )
