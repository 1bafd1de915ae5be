"""A net as a pure function of its params and inputs."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import grad, hessian, jacrev, vmap

from layerzoo.errors import UsageError
from layerzoo.loader import load_net, parse_net
from layerzoo.net import Net
from tests.shipped import small

INPUT = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
"""
LINEAR = """layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 2 weight_filler { type: "gaussian" std: 1 } } }
"""
LOSS = """layer { name: "t" type: "Input" top: "t" input_param { shape { dim: 2 dim: 2 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" loss_weight: 3 }
"""
WARNINGS = pytest.mark.filterwarnings(
    "ignore:.torch.jit.script. is deprecated:DeprecationWarning", "ignore:There is a performance drop"
)


def net(text: str, **given: object) -> Net:
    return Net(parse_net(text), **given)  # type: ignore[arg-type]


def state(one: Net) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in one.state_dict().items()}


SHIPPED = [
    "lenet_train_test.yaml",
    "autoencoder_train_test.yaml",
    "char_lstm_train_test.yaml",
    "char_transformer_train_test.yaml",
    "courses/vae.yaml",
    "courses/quadratic.yaml",
    "mlp_train_test.yaml",
    "resnet18_train_val.yaml",
    "unet_shapes_train_test.yaml",
]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_outputs_and_loss_of_shipped_nets_are_those_of_the_net_and_nothing_changes(
    name: str, phase: Literal["TRAIN", "TEST"]
) -> None:
    changes = small(name) if name.startswith("resnet") else []
    one = Net(load_net(f"configs/{name}", changes), phase, seed=3)
    params, function = one.functional()
    before, batch = state(one), one.clock.batch
    inputs = function.read()
    assert inputs.keys() == function.inputs.keys()
    first, loss = function(params, inputs), function.loss(params, inputs)
    again = function(params)
    assert one.clock.batch == batch
    assert all(torch.equal(value, before[key]) for key, value in one.state_dict().items())
    expected = one()
    assert list(first) == list(expected) == one.outputs
    for key, value in expected.items():
        torch.testing.assert_close(first[key], value, equal_nan=True)  # BatchNorm without statistics
        torch.testing.assert_close(again[key], first[key], atol=0, rtol=0, equal_nan=True)
    torch.testing.assert_close(loss, one.loss(), equal_nan=True)


@WARNINGS
@pytest.mark.parametrize("name", ["lenet_train_test.yaml", "courses/vae.yaml", "mlp_train_test.yaml"])
def test_gradient_of_shipped_nets_is_autograds(name: str) -> None:
    one = Net(load_net(f"configs/{name}"), "TRAIN")
    params, function = one.functional()
    gradients = grad(function.loss)(params, function.read())
    one()
    one.loss().backward()
    for key, param in one.named_parameters():
        if param.requires_grad:
            torch.testing.assert_close(gradients[key], param.grad, atol=1e-6, rtol=1e-4)
    assert torch.isfinite(one.loss()), "what a pass keeps is usable after a transform"


@WARNINGS
def test_jacobian_of_a_linear_net_is_its_weight() -> None:
    one = net(INPUT + LINEAR)
    params, function = one.functional()
    assert list(params) == ["layers.ip.weight", "layers.ip.bias"]
    assert function.inputs == {"x": (2, 3)}
    found = jacrev(lambda x: function(params, {"x": x[None]})["y"][0])(torch.ones(3))
    torch.testing.assert_close(found, params["layers.ip.weight"].view(2, 3))
    by_bias = jacrev(lambda p: function(p, {"x": torch.ones(1, 3)})["y"][0])(params)["layers.ip.bias"]
    assert by_bias.view(2, 2).tolist() == [[1, 0], [0, 1]]


@WARNINGS
def test_hessian_of_least_squares_is_that_of_the_formula() -> None:
    one = net(INPUT + LINEAR + LOSS)
    params, function = one.functional()
    x, t = torch.tensor([[1.0, 2, 3], [0, -1, 4]]), torch.zeros(2, 2)
    found = hessian(function.loss)(params, {"x": x, "t": t})["layers.ip.weight"]["layers.ip.weight"]
    expected = 3 / 2 * np.einsum("ij,km->ikjm", np.eye(2), x.numpy().T @ x.numpy())  # weight / N of the loss
    np.testing.assert_allclose(found.view(2, 3, 2, 3).numpy(), expected, rtol=1e-5)


@WARNINGS
def test_vmap_gives_the_gradient_of_each_sample() -> None:
    one = net(INPUT + LINEAR + LOSS)
    params, function = one.functional()
    x, t = torch.randn(4, 3), torch.randn(4, 2)
    each = vmap(lambda a, b: grad(function.loss)(params, {"x": a[None], "t": b[None]}))(x, t)
    error = x @ params["layers.ip.weight"].view(2, 3).T + params["layers.ip.bias"].view(2) - t
    torch.testing.assert_close(each["layers.ip.weight"].view(4, 2, 3), 3 * error[:, :, None] * x[:, None])


@WARNINGS
def test_vmap_over_params_runs_an_ensemble() -> None:
    one = net(INPUT + LINEAR)
    params, function = one.functional()
    two = {name: torch.stack([value, 2 * value]) for name, value in params.items()}
    found = vmap(lambda p: function(p, {"x": torch.ones(1, 3)})["y"])(two)
    torch.testing.assert_close(found[1], 2 * found[0])


NORM = """layer { name: "bn" type: "BatchNorm" bottom: "x" top: "n" }
layer { name: "ip" type: "InnerProduct" bottom: "n" top: "y" inner_product_param { num_output: 2
  weight_filler { type: "constant" value: 1 } } }
layer { name: "drop" type: "Dropout" bottom: "y" top: "y" }
"""


def test_statistics_and_random_numbers_stay_in_training() -> None:
    one = net(INPUT + NORM, phase="TRAIN")
    params, function = one.functional()
    assert "layers.bn.mean" not in params
    x = torch.randn(64, 3) + 5
    before = state(one)
    first = function(params, {"x": x})["y"]
    one.clock.batch = 7
    assert torch.equal(function(params, {"x": x})["y"], first)
    assert one.clock.batch == 7
    assert (first == 0).any()
    assert all(torch.equal(value, before[name]) for name, value in one.state_dict().items())
    given = {"layers.bn.mean": torch.zeros(3)}
    function({**params, **given}, {"x": x})
    assert given["layers.bn.mean"].tolist() == [0, 0, 0], "statistics that are given aren't written to either"
    one.eval()
    assert not torch.equal(function(params, {"x": x})["y"], first)


def test_blob_inside_the_net_can_be_given_and_returned() -> None:
    one = net(
        INPUT + LINEAR + 'layer { name: "p" type: "Power" bottom: "y" top: "z" power_param { power: 2 } }'
    )
    params, function = one.functional(["z", "y"])
    y = torch.tensor([[3.0, -1.0]])
    found = function(params, {"y": y})
    assert found["z"].tolist() == [[9, 1]]
    assert found["y"] is y
    assert list(found) == ["z", "y"]


def test_blob_that_is_changed_in_place_is_given_as_the_source_has_it() -> None:
    one = net(INPUT + 'layer { name: "p" type: "Power" bottom: "x" top: "x" power_param { shift: 1 } }')
    assert one.functional()[1]({}, {"x": torch.zeros(1, 3)})["x"].tolist() == [[1, 1, 1]]


DATA = """layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 2 dim: 3 } shape { dim: 2 dim: 2 } data_filler { type: "gaussian" } } }
"""


def test_inputs_take_the_place_of_data() -> None:
    one = net(DATA + LINEAR + LOSS[LOSS.index('layer { name: "loss"') :], phase="TRAIN")
    params, function = one.functional()
    assert function.inputs == {"x": (2, 3), "t": (2, 2)}
    read = function.read()
    assert torch.equal(function.loss(params), function.loss(params, read)), "a function reads the same batch"
    weight, bias = params["layers.ip.weight"].view(2, 3), params["layers.ip.bias"].view(2)
    x, t = torch.randn(5, 3), torch.randn(5, 2)
    expected = 3 * (x @ weight.T + bias - t).square().sum() / 10
    torch.testing.assert_close(function.loss(params, {"x": x, "t": t}), expected)
    with pytest.raises(UsageError, match=r"'t' is missing: of layer 'd' only x is given"):
        function.loss(params, {"x": x})
    assert one.functional(["y"])[1](params, {"x": x})["y"].shape == (5, 2)


def test_layer_that_is_replaced_is_used() -> None:
    one = net(INPUT + LINEAR)
    function = one.functional()[1]
    one.layers["ip"] = torch.nn.Linear(3, 5)
    assert function({}, {"x": torch.ones(1, 3)})["y"].shape == (1, 5)


def test_shared_params_are_one() -> None:
    tied = """layer { name: "NAME" type: "InnerProduct" bottom: "BOTTOM" top: "NAME" param { name: "w" }
      inner_product_param { num_output: 3 bias_term: false weight_filler { type: "gaussian" } } }
    """
    first = tied.replace("NAME", "a").replace("BOTTOM", "x")
    one = net(INPUT + first + tied.replace("NAME", "b").replace("BOTTOM", "a"))
    params, function = one.functional()
    assert list(params) == ["layers.a.weight"]
    found = function({"layers.a.weight": 2 * torch.eye(3)}, {"x": torch.ones(1, 3)})
    assert found["b"].tolist() == [[4, 4, 4]]


def test_double_net_takes_numbers_of_32_bits() -> None:
    one = net(INPUT + LINEAR).double()
    params, function = one.functional()
    assert function(params, {"x": torch.ones(1, 3)})["y"].dtype == torch.float64


def test_mistakes_are_errors() -> None:
    one = net(INPUT + LINEAR)
    params, function = one.functional()
    x = torch.ones(1, 3)
    with pytest.raises(
        UsageError, match=r"no param 'layers.ip.weigth' in net ''; did you mean 'layers.ip.weight'"
    ):
        function({"layers.ip.weigth": x}, {"x": x})
    with pytest.raises(UsageError, match=r"no blob 'yy' in net ''; did you mean 'y'"):
        one.functional(["yy"])
    with pytest.raises(UsageError, match="no blob 'z'"):
        function(params, {"x": x, "z": x})
    with pytest.raises(UsageError, match="input 'x' of net '' is missing"):
        function(params)
    with pytest.raises(UsageError, match=r"blob 'x' has 1 axes \(3,\); the net takes \(2, 3\); inside vmap"):
        function(params, {"x": x[0]})
    with pytest.raises(UsageError, match="has no loss layer"):
        function.loss(params, {"x": x})
