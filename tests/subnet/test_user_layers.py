"""Layers of the user's own in subnets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from layerzoo.engine.capture.obstacles import _of_layers
from layerzoo.errors import ConfigError
from layerzoo.host import PythonLayer, TorchLayer, allow_modules, modules
from layerzoo.loader import parse_solver
from layerzoo.solver import Solver
from tests.subnet.layers import inputs, net_of, values


class Leak(TorchLayer):
    """A sum that leaks: slope * s + x."""

    def setup(self, bottom_shapes: Any) -> None:
        self.slope = nn.Parameter(torch.full((1,), float(self.param_str)))

    def forward(self, x: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        return self.slope * s + x


class Normed(TorchLayer):
    """A step with statistics."""

    def setup(self, bottom_shapes: Any) -> None:
        self.bn = nn.BatchNorm1d(3)

    def forward(self, x: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        normed: torch.Tensor = self.bn(x + s)
        return normed


class Add(PythonLayer):
    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].data[...] = bottom[0].data + bottom[1].data


@pytest.fixture(autouse=True)
def _module() -> Iterator[None]:
    made = ModuleType("steps_of_a_user")
    vars(made).update(Leak=Leak, Normed=Normed, Add=Add)
    sys.modules["steps_of_a_user"] = made
    allow_modules(["steps_of_a_user"])
    yield
    modules._allowed.discard("steps_of_a_user")
    del sys.modules["steps_of_a_user"]


def body(layer: str) -> str:
    return f"""body {{
  layer {{ name: "x" type: "Input" top: "x" }}
  layer {{ name: "s" type: "Input" top: "s" input_param {{ shape {{ dim: -1 dim: 3 }} }} }}
  layer {{ name: "own" type: "Python" bottom: "x" bottom: "s" top: "s1"
    python_param {{ module: "steps_of_a_user" layer: "{layer}" param_str: "0.5" }} }} }}"""


def recurrent(layer: str = "Leak") -> str:
    return f"""layer {{ name: "r" type: "Recurrent" bottom: "x" top: "y" subnet_param {{
  carry {{ blob: "s1" input: "s" }} {body(layer)} }} }}"""


def test_torch_layer_runs_at_each_step_and_learns() -> None:
    net = net_of(inputs(x=(4, 2, 3)) + recurrent())
    (slope,) = net.params["r/own"]
    assert slope.tolist() == [0.5]
    x = values(4, 2, 3)
    y = net(x=x)["y"]
    sums = [torch.zeros(2, 3)]
    for row in x:
        sums.append(0.5 * sums[-1] + row)
    assert torch.allclose(y, torch.stack(sums[1:]))
    y.sum().backward()
    slopes = [torch.zeros(2, 3)]  # of the sums, by the slope
    for before in sums[:-1]:
        slopes.append(0.5 * slopes[-1] + before)
    assert slope.grad is not None
    assert torch.allclose(slope.grad, torch.stack(slopes).sum()[None])


def test_torch_layer_has_params_for_each_run_of_a_loop() -> None:
    loop = f"""layer {{ name: "l" type: "Loop" bottom: "x" bottom: "x" top: "y" subnet_param {{
      times: 3 carry {{ blob: "s1" input: "s" }} {body("Leak")} }} }}"""
    net = net_of(inputs(x=(2, 3)) + loop)
    assert sorted(net.params) == ["l/0/own", "l/1/own", "l/2/own"]
    for slope, value in zip(net.params.values(), (1.0, 2.0, 3.0), strict=True):
        slope[0].data.fill_(value)
    x = values(2, 3)
    assert torch.allclose(net(x=x)["y"], 3 * (2 * (1 * x + x) + x) + x)


def test_params_and_statistics_are_saved_and_loaded(tmp_path: Path) -> None:
    text = inputs(x=(4, 2, 3)) + recurrent("Normed")
    net, other = net_of(text), net_of(text)
    net(x=values(4, 2, 3))
    net.params["r/own"][0].data.fill_(3)
    net.save_weights(tmp_path / "w.safetensors")
    other.load_weights(tmp_path / "w.safetensors")
    theirs = other.state_dict()
    assert any("running_mean" in name for name in theirs)
    for name, value in net.state_dict().items():
        assert torch.equal(value, theirs[name]), name


def test_layer_on_blobs_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        net_of(inputs(x=(4, 2, 3)) + recurrent("Add"))
    (fault,) = caught.value.faults
    assert "a layer of type 'Python' has one set of blobs for all runs" in fault.message
    assert (fault.layer, fault.hint) == ("r/own", "derive its class from TorchLayer, not from caffe.Layer")


def test_module_that_is_not_allowed_is_refused() -> None:
    modules._allowed.discard("steps_of_a_user")
    with pytest.raises(ConfigError, match="-allow_python steps_of_a_user"):
        net_of(inputs(x=(4, 2, 3)) + recurrent())


def test_layer_that_runs_code_of_the_user_says_so() -> None:
    """No pass over it is recorded, compiled or repeated unasked."""
    net = net_of(inputs(x=(4, 2, 3)) + recurrent())
    assert net.layers["r"].has_effects
    plain = recurrent().replace('"Python"', '"Eltwise"').partition("python_param")[0] + "} } } }"
    assert not net_of(inputs(x=(4, 2, 3)) + plain).layers["r"].has_effects


def test_gpu_records_no_pass_with_it(tmp_path: Path) -> None:
    data = (
        'layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: 4 dim: 2 dim: 3 } } }'
    )
    loss = 'layer { name: "l" type: "Reduction" bottom: "y" top: "l" loss_weight: 1 }'
    text = f"""net_param {{ {data} {recurrent()} {loss} }}
      base_lr: 0.1 lr_policy: "fixed" max_iter: 1 snapshot_prefix: "{tmp_path / "s"}" """
    solver = Solver(parse_solver(text), device="cpu")
    assert "layer 'r' runs code outside torch" in list(_of_layers(solver.engine))
