"""What keeps iterations from being recorded."""

from __future__ import annotations

import pytest
import torch

from layerzoo.engine.capture.obstacles import TOGETHER, iterations_together, obstacle
from layerzoo.engine.observers.guard import Guard
from layerzoo.engine.observers.observer import Observer
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.loader import load_net, parse_net
from layerzoo.net import Net
from layerzoo.schema import GradientNoiseParameter, LossScaleParameter, NonFiniteParameter
from tests.engine.capture.test_launches import TEXT, engine
from tests.shipped import FOLDER

FILTER = """
layer { name: "f" type: "Filter" bottom: "x" bottom: "t" top: "f" }
layer { name: "g" type: "Silence" bottom: "f" }
"""
CHOICE = """
layer { name: "sum" type: "Reduction" bottom: "x" top: "sum" }
layer { name: "choice" type: "If" bottom: "sum" bottom: "x" top: "z" subnet_param { body {
  layer { name: "x" type: "Input" top: "x" }
  layer { name: "norm" type: "%s" bottom: "x" top: "y" } } } }
layer { name: "g" type: "Silence" bottom: "z" }
"""
WRITING = (
    'layer { name: "o" type: "HDF5Output" bottom: "i" bottom: "t" hdf5_output_param { file_name: "a" } }'
)


def test_nothing_is_in_the_way_of_usual_nets() -> None:
    assert obstacle(engine()) is None
    assert obstacle(engine(iter_size=2)) is None


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (FILTER, "the shapes that layer 'f' (Filter) gives depend on values"),
        (WRITING, "layer 'o' runs code outside torch"),
        (
            CHOICE % "BatchNorm",
            "layer 'choice' (If) reads values, and layer 'choice/then/norm' keeps statistics of the runs",
        ),
        (CHOICE % "TanH", None),
    ],
)
def test_layers_that_are_in_the_way_are_named(more: str, reason: str | None) -> None:
    assert obstacle(engine(text=TEXT + more)) == reason


def test_training_that_needs_the_host_is_explained() -> None:
    made = engine(gradient_noise_param=GradientNoiseParameter(eta=0.1))
    assert obstacle(made) == "gradient_noise_param draws from a generator"
    made = engine()
    made.observers.append(Observer())
    assert obstacle(made) == "debug_info or watch looks at blobs"
    made = engine()
    made.scale = LossScale(LossScaleParameter())
    assert obstacle(made) == "the loss scale of FP16 follows each gradient"
    frozen = TEXT.replace('bottom: "x" top: "c"', 'bottom: "x" top: "c" param { lr_mult: 0 }')
    assert obstacle(engine(text=frozen)) is None, "other params learn"


def test_deterministic_runs_are_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "are_deterministic_algorithms_enabled", lambda: True)
    reason = obstacle(engine())
    assert reason == "deterministic algorithms are asked for, and a resumed run would differ by rounding"


@pytest.mark.parametrize(("deferred", "reason"), [(True, None), (False, "non_finite_param checks each")])
def test_guard_has_to_wait(deferred: bool, reason: str | None) -> None:
    made = engine()

    def ends(iteration: int) -> None:
        raise AssertionError(iteration)

    made.guard = Guard(made.net, NonFiniteParameter(), None, ends, 10, deferred)  # type: ignore[arg-type]
    found = obstacle(made)
    assert found is None if reason is None else found is not None and found.startswith(reason)


@pytest.mark.parametrize(("name", "count"), [("lenet_train_test", TOGETHER), ("googlenet_train_val", 1)])
def test_small_nets_make_several_iterations_at_once(name: str, count: int) -> None:
    net = Net(load_net(FOLDER / f"{name}.yaml"), phase="TRAIN", device="meta")
    assert iterations_together(net.graph, 1) == count


def test_several_passes_of_an_iteration_count() -> None:
    net = Net(parse_net(TEXT), phase="TRAIN")
    assert iterations_together(net.graph, 1) == TOGETHER
    assert iterations_together(net.graph, 10**6) == 1
