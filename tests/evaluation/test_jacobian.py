"""Jacobians of blobs, and gradients of layers."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pytest
import torch

from layerzoo.errors import NonFiniteError, OutOfMemoryError, UsageError
from layerzoo.evaluation import jacobian as module
from layerzoo.evaluation.jacobian import jacobian, layer_gradients
from layerzoo.loader import load_net, parse_net
from layerzoo.net import Net

INPUT = """layer { name: "in" type: "Input" top: "x" top: "t" input_param { shape { dim: 1 dim: 3 }
  shape { dim: 1 dim: 2 } } }
"""
LINEAR = """layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 2 weight_filler { type: "values" values: [1, 2, 2, 0, 3, -4] } } }
"""
LOSS = 'layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" loss_weight: 2 }'
WEIGHT = np.array([[1.0, 2, 2], [0, 3, -4]])
X = {"x": torch.tensor([[1.0, 1, 1]])}


def net(text: str) -> Net:
    return Net(parse_net(text))


def test_jacobian_of_a_linear_net_is_its_weight() -> None:
    found = jacobian(net(INPUT + LINEAR), X, "y", "x")
    np.testing.assert_array_equal(found.matrix.numpy(), WEIGHT)
    assert (found.of_shape, found.wrt_shape) == ((1, 2), (1, 3))
    assert found.values.shape == (1, 2, 1, 3)
    assert found.singular_values is not None
    singular = np.linalg.svd(WEIGHT, compute_uv=False)
    np.testing.assert_allclose(found.singular_values.numpy(), singular, rtol=1e-6)
    assert found.condition == pytest.approx(singular[0] / singular[1], rel=1e-6)
    assert found.norm == pytest.approx(np.sqrt(34), rel=1e-6)
    assert found.rank == 2


def test_rank_that_is_not_full_has_an_infinite_condition_number() -> None:
    found = jacobian(net(INPUT + LINEAR.replace("0, 3, -4", "2, 4, 4")), X, "y", "x")
    assert (found.rank, found.condition) == (1, inf)


@pytest.mark.parametrize("wrt", ["data", "conv1", "pool2"])
def test_jacobian_of_lenet_agrees_with_finite_differences(wrt: str) -> None:
    one = Net(load_net("configs/lenet_train_test.yaml"), seed=5).double()
    generator = torch.Generator().manual_seed(
        2
    )  # on digits MAX pooling meets equal values, where it has a kink
    inputs = {"data": torch.randn(1, 1, 28, 28, dtype=torch.float64, generator=generator)}
    found = jacobian(one, inputs, "ip2", wrt)
    params, function = one.functional(["ip2"])
    start = inputs[wrt] if wrt in inputs else one.functional([wrt])[1](params, inputs)[wrt].detach()
    assert found.wrt_shape == tuple(start.shape)
    direction = torch.randn(start.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    ends = [function(params, {**inputs, wrt: start + step * direction})["ip2"] for step in (1e-6, -1e-6)]
    difference = (ends[0] - ends[1]).flatten() / 2e-6
    torch.testing.assert_close(found.matrix @ direction.flatten(), difference, rtol=1e-5, atol=1e-8)
    assert found.singular_values is not None
    assert len(found.singular_values) == 10


def test_jacobian_by_a_blob_inside_follows_all_ways_from_it() -> None:
    two = """layer { name: "p" type: "Power" bottom: "x" top: "p" power_param { scale: 3 } }
    layer { name: "q" type: "Power" bottom: "p" top: "q" power_param { power: 2 } }
    layer { name: "s" type: "Eltwise" bottom: "p" bottom: "q" bottom: "x" top: "s" }"""
    found = jacobian(net(INPUT + two), X, "s", "p")
    np.testing.assert_allclose(found.matrix.numpy(), np.diag([7.0, 7, 7]), rtol=1e-6)  # 1 + 2 p, x is fixed


def test_rows_in_parts_and_one_by_one_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Net(load_net("configs/mlp_train_test.yaml"))
    inputs = {name: value[:2] for name, value in one.functional(["ip3"])[1].read().items()}
    whole = jacobian(one, inputs, "ip3", "data").matrix
    asked: list[int] = []
    grad = torch.autograd.grad

    def counted(y: Any, x: Any, given: Any, **how: Any) -> Any:
        asked.append(len(given))
        return grad(y, x, given, **how)

    monkeypatch.setattr(torch.autograd, "grad", counted)
    monkeypatch.setattr(module, "_MOST_ROWS", 7)
    torch.testing.assert_close(jacobian(one, inputs, "ip3", "data").matrix, whole)
    assert asked == [7, 7, 6]

    def refuses(y: Any, x: Any, given: Any, is_grads_batched: bool = False, **how: Any) -> Any:
        if is_grads_batched:
            raise RuntimeError("no batching rule")
        return grad(y, x, given, **how)

    monkeypatch.setattr(torch.autograd, "grad", refuses)
    torch.testing.assert_close(jacobian(one, inputs, "ip3", "data").matrix, whole)


def test_jacobian_that_does_not_fit_is_refused_before_it_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "available_memory", lambda device: 100)
    message = (
        r"the Jacobian of y \(1 x 2\) by x \(1 x 3\) is 2 x 3: it takes 0.0 GiB, of 0.0 GiB available; "
        "choose smaller blobs by -of and -wrt, or fewer -samples"
    )
    with pytest.raises(OutOfMemoryError, match=message):
        jacobian(net(INPUT + LINEAR), X, "y", "x")
    monkeypatch.setattr(module, "available_memory", lambda device: 6 * (4 + 16) / 0.8 + 1)
    assert jacobian(net(INPUT + LINEAR), X, "y", "x").rank == 2


def test_singular_values_of_a_large_matrix_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DECOMPOSED", 1)
    found = jacobian(net(INPUT + LINEAR), X, "y", "x")
    assert (found.singular_values, found.rank, found.condition) == (None, None, None)
    assert found.norm == pytest.approx(np.sqrt(34), rel=1e-6)


def test_blobs_without_derivatives_are_errors() -> None:
    one = net(INPUT + LINEAR + 'layer { name: "m" type: "ArgMax" bottom: "y" top: "m" }')
    with pytest.raises(UsageError, match="no derivative leads from x to m"):
        jacobian(one, X, "m", "x")
    with pytest.raises(UsageError, match="no derivative leads from t to y"):
        jacobian(one, {**X, "t": torch.zeros(1, 2)}, "y", "t")
    with pytest.raises(UsageError, match="-wrt x: a blob of integers"):
        jacobian(one, {"x": torch.ones(1, 3, dtype=torch.int64)}, "y", "x")
    with pytest.raises(UsageError, match="no blob 'z'"):
        jacobian(one, X, "z", "x")


def test_values_that_are_not_finite_are_errors() -> None:
    root = 'layer { name: "p" type: "Power" bottom: "x" top: "p" power_param { power: 0.5 } }'
    with pytest.raises(NonFiniteError, match="derivatives of p by x are NaN or infinite"):
        jacobian(net(INPUT + root), {"x": torch.zeros(1, 3)}, "p", "x")
    with pytest.raises(NonFiniteError, match="values of p are NaN"):
        jacobian(net(INPUT + root), {"x": -torch.ones(1, 3)}, "p", "x")


def test_gradients_of_layers_are_those_of_the_formula() -> None:
    one = net(INPUT + LINEAR + LOSS)
    loss, (only,) = layer_gradients(one, {**X, "t": torch.zeros(1, 2)})
    y = WEIGHT.sum(1)  # 5, -1
    assert loss == pytest.approx(26)  # weight 2, times half of 25 + 1
    assert (only.layer, only.count) == ("ip", 8)
    assert only.weight == pytest.approx(np.sqrt(34))
    by_weight = 2 * np.outer(y, np.ones(3))
    assert only.gradient == pytest.approx(np.sqrt((by_weight**2).sum() + (4 * y**2).sum()))
    assert all(param.grad is None for param in one.parameters())


def test_gradients_of_lenet_are_autograds() -> None:
    one = Net(load_net("configs/lenet_train_test.yaml"), "TRAIN")
    loss, found = layer_gradients(one, one.functional()[1].read())
    one()
    one.loss().backward()
    assert loss == pytest.approx(one.loss().item())
    assert [each.layer for each in found] == ["conv1", "conv2", "ip1", "ip2"]
    for each in found:
        expected = sum(
            float(param.grad.square().sum()) for param in one.params[each.layer] if param.grad is not None
        )
        assert each.gradient == pytest.approx(expected**0.5, rel=1e-4)


def test_shared_and_frozen_params_are_in_each_layer_and_in_none() -> None:
    tied = """layer { name: "NAME" type: "InnerProduct" bottom: "BOTTOM" top: "NAME" param { name: "w" }
      inner_product_param { num_output: 3 bias_term: false weight_filler { type: "gaussian" } } }
    """
    first = tied.replace("NAME", "a").replace("BOTTOM", "x")
    frozen = LINEAR.replace('bottom: "x"', 'bottom: "b" param { lr_mult: 0 } param { lr_mult: 0 }')
    one = net(INPUT + first + tied.replace("NAME", "b").replace("BOTTOM", "a") + frozen + LOSS)
    _, found = layer_gradients(one, {**X, "t": torch.zeros(1, 2)})
    assert [(each.layer, each.count) for each in found] == [("a", 9), ("b", 9)]
    assert found[0].gradient == found[1].gradient > 0
    with pytest.raises(UsageError, match="no loss layer"):
        layer_gradients(net(INPUT + LINEAR), X)
