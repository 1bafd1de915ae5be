from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.host import PythonLayer, TorchLayer, allow_modules, modules
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net


class Times(PythonLayer):
    def setup(self, bottom: Any, top: Any) -> None:
        self.factor = float(self.param_str)

    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].data[...] = self.factor * bottom[0].data

    def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
        if propagate_down[0]:
            bottom[0].diff[...] = self.factor * top[0].diff


class Euclid(PythonLayer):
    """Half the mean squared distance, as in the Caffe example."""

    def reshape(self, bottom: Any, top: Any) -> None:
        self.difference = np.zeros_like(bottom[0].data)
        top[0].reshape(1)

    def forward(self, bottom: Any, top: Any) -> None:
        self.difference[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = np.sum(self.difference**2) / bottom[0].num / 2.0

    def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
        for i, sign in enumerate((1, -1)):
            if propagate_down[i]:
                bottom[i].diff[...] = sign * self.difference / bottom[i].num


class Gain(PythonLayer):
    setups = 0

    def setup(self, bottom: Any, top: Any) -> None:
        type(self).setups += 1
        self.blobs.add_blob(1)
        self.blobs[0].data[0] = 3
        self.kept = self.blobs[0].data

    def reshape(self, bottom: Any, top: Any) -> None:
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].data[...] = self.blobs[0].data[0] * bottom[0].data

    def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
        self.blobs[0].diff[0] += (top[0].diff * bottom[0].data).sum()
        bottom[0].diff[...] = self.blobs[0].data[0] * top[0].diff


class Cube(PythonLayer):
    """Array layer that uses torch and autograd inside."""

    def reshape(self, bottom: Any, top: Any) -> None:
        self.x = torch.from_numpy(bottom[0].data).requires_grad_()
        self.y = self.x**3
        top[0].reshape(*self.y.shape)

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].data[...] = self.y.detach().numpy()

    def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
        self.y.backward(torch.from_numpy(top[0].diff))
        bottom[0].diff[...] = self.x.grad


class Count(PythonLayer):
    """Data layer whose batch size grows on each pass."""

    def setup(self, bottom: Any, top: Any) -> None:
        self.size = 0

    def reshape(self, bottom: Any, top: Any) -> None:
        self.size += 1
        top[0].reshape(self.size, 2)

    def forward(self, bottom: Any, top: Any) -> None:
        top[0].data[...] = self.size


class Bad(PythonLayer):
    def setup(self, bottom: Any, top: Any) -> None:
        raise RuntimeError("no luck")


class Gate(TorchLayer):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(x)


class Affine(TorchLayer):
    def setup(self, bottom_shapes: Any) -> None:
        self.slope = nn.Parameter(torch.full((1,), float(self.param_str)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.slope * x


class Normed(TorchLayer):
    def setup(self, bottom_shapes: Any) -> None:
        self.fc = nn.Linear(bottom_shapes[0][-1], 2)
        self.bn = nn.BatchNorm1d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        normed: torch.Tensor = self.bn(self.fc(x))
        return normed


def example(folder: Path) -> str:
    name = "layers_of_the_contract"
    sys.modules[name] = ModuleType(name)
    sys.modules[name].Gate = Gate  # type: ignore[attr-defined]  # a module built by the test
    allow_modules([name])
    return (INPUT + _python("Gate", "x", "y")).replace("layers_of_a_user", name)


@pytest.fixture(autouse=True)
def module() -> Iterator[str]:
    name = "layers_of_a_user"
    made = ModuleType(name)
    for cls in (Times, Euclid, Gain, Cube, Count, Bad, Affine, Normed):
        setattr(made, cls.__name__, cls)
    sys.modules[name] = made
    allow_modules([name])
    yield name
    modules._allowed.discard(name)
    del sys.modules[name]


def _python(cls: str, bottom: str, top: str, more: str = "") -> str:
    bottoms = " ".join(f'bottom: "{name}"' for name in bottom.split())
    return (
        f'layer {{ name: "{cls.lower()}" type: "Python" {bottoms} top: "{top}" {more} '
        f'python_param {{ module: "layers_of_a_user" layer: "{cls}" param_str: "2" }} }}'
    )


INPUT = (
    'force_backward: true layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
)


def test_values_and_gradient_by_hand() -> None:
    net = Net(parse_net(INPUT + _python("Times", "x", "y")))
    x = torch.tensor([[1.0, 2, 3], [4, 5, 6]], requires_grad=True)
    y = net(x=x)["y"]
    assert y.tolist() == [[2, 4, 6], [8, 10, 12]]
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[2, 2, 2], [2, 2, 2]]


def test_gradient_agrees_with_autograd() -> None:
    text = 'layer { name: "in" type: "Input" top: "x" top: "t" input_param { shape { dim: 2 dim: 3 } } }'
    net = Net(parse_net("force_backward: true " + text + _python("Euclid", "x t", "loss", "loss_weight: 1")))
    x, t = torch.randn(2, 2, 3, requires_grad=True).unbind()
    x.retain_grad()
    net(x=x, t=t)
    net.loss().sum().backward()
    z = x.detach().requires_grad_()
    (((z - t.detach()) ** 2).sum() / 4).backward()
    assert x.grad is not None
    assert z.grad is not None
    torch.testing.assert_close(x.grad, z.grad)


def test_array_layer_raises_for_second_derivatives() -> None:
    net = Net(parse_net(INPUT + _python("Cube", "x", "y")))
    x = torch.full((2, 3), 2.0, requires_grad=True)
    (slope,) = torch.autograd.grad(net(x=x)["y"].sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="layer 'cube' has no second derivative"):
        slope.sum().backward()


def test_array_layer_may_use_autograd_inside() -> None:
    net = Net(parse_net(INPUT + _python("Cube", "x", "y")))
    x = torch.full((2, 3), 2.0, requires_grad=True)
    net(x=x)["y"].sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[12] * 3] * 2
    with torch.inference_mode():
        assert net(x=torch.ones(2, 3))["y"].sum() == 6


def test_earlier_result_is_unchanged_by_next_pass() -> None:
    net = Net(parse_net(INPUT + _python("Times", "x", "y")))
    first = net(x=torch.ones(2, 3))["y"]
    net(x=torch.zeros(2, 3))
    assert first.tolist() == [[2] * 3] * 2


def test_own_blobs_learn_and_setup_runs_once() -> None:
    Gain.setups = 0
    net = Net(parse_net(INPUT + _python("Gain", "x", "y")))
    assert Gain.setups == 1
    (gain,) = net.params["gain"]
    user = net.layer("gain").user
    assert gain.tolist() == [3]
    for _ in range(2):
        net(x=torch.ones(2, 3))["y"].sum().backward()
    assert gain.grad is not None
    assert gain.grad.tolist() == [12]  # gradients accumulate: 2 passes of 6 ones
    with torch.no_grad():
        gain.fill_(5)
    assert user.kept[0] == 5  # a view stored by setup


def test_tops_may_be_reshaped_on_each_pass() -> None:
    net = Net(parse_net(_python("Count", "", "n")))
    sizes = [tuple(net()["n"].shape) for _ in range(2)]
    assert sizes == [(2, 2), (3, 2)]


def test_in_place_layer_leaves_the_input_unchanged() -> None:
    net = Net(parse_net(INPUT + _python("Times", "x", "x")))
    x = torch.ones(2, 3)
    assert net(x=x)["x"].sum() == 12
    assert x.sum() == 6


def test_torch_layer_gets_gradients_by_autograd() -> None:
    net = Net(parse_net(INPUT + _python("Affine", "x", "y")))
    net(x=torch.ones(2, 3))["y"].sum().backward()
    (slope,) = net.params["affine"]
    assert slope.tolist() == [2]
    assert slope.grad is not None
    assert slope.grad.tolist() == [6]


def test_torch_layer_uses_shared_params() -> None:
    net = Net(parse_net(INPUT + _python("Affine", "x", "y")))
    other = Net(parse_net(INPUT + _python("Affine", "x", "y")), share=net)
    net.params["affine"][0].data.fill_(7)
    assert other(x=torch.ones(2, 3))["y"].sum() == 42


def test_modules_are_imported_only_if_allowed() -> None:
    text = (INPUT + _python("Times", "x", "y")).replace("layers_of_a_user", "antigravity")
    with pytest.raises(ConfigError, match="-allow_python antigravity"):
        Net(parse_net(text))
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"Times"', '"Tmes"', "has no class 'Tmes'"),
        ('"layers_of_a_user"', '"layers_of_nobody"', "no module 'layers_of_nobody'"),
        ('module: "layers_of_a_user"', "", "needs a module"),
    ],
)
def test_missing_names_are_reported(old: str, new: str, said: str) -> None:
    allow_modules(["layers_of_nobody"])
    with pytest.raises(ConfigError, match=said):
        Net(parse_net((INPUT + _python("Times", "x", "y")).replace(old, new)))


def test_exceptions_of_user_code_propagate() -> None:
    with pytest.raises(RuntimeError, match="no luck"):
        Net(parse_net(INPUT + _python("Bad", "x", "y")))


def test_torch_layer_params_follow_seed_and_buffers_are_saved(tmp_path: Path) -> None:
    text = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } } '
    document = parse_net(text + _python("Normed", "x", "y"))
    torch.manual_seed(1)
    first, again = Net(document, "TRAIN", seed=5), Net(document, seed=5)
    assert first.params["normed"][0].shape == (2, 3)
    assert torch.equal(first.params["normed"][0], again.params["normed"][0])
    assert not torch.equal(first.params["normed"][0], Net(document, seed=6).params["normed"][0])
    first(x=torch.ones(4, 3) * torch.arange(4.0)[:, None])
    first.save_weights(tmp_path / "w.safetensors")
    again.load_weights(tmp_path / "w.safetensors", strict=True)
    buffers = ["bn.running_mean", "bn.running_var", "bn.num_batches_tracked"]
    assert first.weights["normed"].names[-3:] == buffers
    mean = again.weights["normed"][-3]
    assert mean.abs().sum() > 0
    assert torch.equal(mean, first.weights["normed"][-3])


FASTER = """
layer { name: "s" type: "Input" top: "s" input_param { shape { dim: 1 dim: 6 dim: 3 dim: 4 } } }
layer { name: "b" type: "Input" top: "b" input_param { shape { dim: 1 dim: 12 dim: 3 dim: 4 } } }
layer { name: "i" type: "Input" top: "i" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "p" type: "Python" bottom: "s" bottom: "b" bottom: "i" top: "r"
  python_param { module: "rpn.proposal_layer" layer: "ProposalLayer"
                 param_str: "{'feat_stride': 16, 'scales': [2]}" } }
"""


def test_layer_of_py_faster_rcnn_is_replaced_with_a_note() -> None:
    net = Net(parse_net(FASTER), phase="TEST")
    layer = net.graph.layers[3]
    assert (layer.kind.type_name, layer.param.type) == ("Proposal", "Proposal")
    (warning,) = net.graph.warnings
    assert "Layerzoo's Proposal takes the place of Python code that is not allowed" in str(warning)
    net(s=torch.rand(1, 6, 3, 4), b=torch.zeros(1, 12, 3, 4), i=torch.tensor([[48.0, 64, 1]]))
    assert net.blobs["r"].shape[1] == 5


def test_module_that_the_user_allows_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    param = parse_net(FASTER).message.layer[3]
    kind = LAYERS["Python"]
    assert kind.replacement(param) == "Proposal"
    monkeypatch.setattr(modules, "_allowed", {"rpn.proposal_layer"})
    assert kind.replacement(param) is None
    monkeypatch.setattr(modules, "_allowed", {modules.ANY})
    assert kind.replacement(param) == "Proposal"  # all are allowed, but there is none of that name
    param.python_param.layer = "OtherLayer"
    monkeypatch.setattr(modules, "_allowed", set())
    assert kind.replacement(param) is None
