from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN

# Two channels. Channel 0 has mean 3, variance 5 and unbiased variance 20 / 3.
X = torch.tensor([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0], [6.0, 1.0]])


def test_train_phase_normalises_by_batch_statistics(make):
    y = make("BatchNorm", (4, 2), batch_norm_param={"eps": 4})(X)
    assert y[:, 0].tolist() == pytest.approx([-1, -1 / 3, 1 / 3, 1])
    assert y[:, 1].tolist() == [0, 0, 0, 0]


def test_train_phase_updates_running_sums(make):
    layer = make("BatchNorm", (4, 2), batch_norm_param={"moving_average_fraction": 0.5})
    layer(X)
    assert layer.mean.tolist() == pytest.approx([3, 1])
    assert layer.variance.tolist() == pytest.approx([20 / 3, 0])
    assert layer.scale_factor.tolist() == [1]
    layer(2 * X)
    assert layer.mean.tolist() == pytest.approx([1.5 + 6, 0.5 + 2])
    assert layer.variance.tolist() == pytest.approx([10 / 3 + 80 / 3, 0])
    assert layer.scale_factor.tolist() == [1.5]


@pytest.mark.parametrize(("phase", "param"), [(TEST, {}), (0, {"use_global_stats": True})])
def test_global_statistics_are_sums_divided_by_scale_factor(make, phase, param):
    layer = make("BatchNorm", (4, 2), phase=phase, batch_norm_param={**param, "eps": 1})
    layer.mean.data.copy_(torch.tensor([2.0, 4.0]))
    layer.variance.data.copy_(torch.tensor([6.0, 30.0]))
    layer.scale_factor.data.fill_(2)
    y = layer(X)
    assert y[:, 0].tolist() == pytest.approx([-0.5, 0.5, 1.5, 2.5])
    assert y[:, 1].tolist() == pytest.approx([-0.25] * 4)
    assert layer.mean.tolist() == [2, 4]
    assert layer.scale_factor.tolist() == [2]


def test_scale_factor_of_zero_gives_zero_statistics(make):
    y = make("BatchNorm", (4, 2), phase=TEST, batch_norm_param={"eps": 4})(X)
    assert y.tolist() == (X / 2).tolist()


def test_use_global_stats_false_uses_batch_statistics_in_test_phase(make):
    layer = make("BatchNorm", (4, 2), phase=TEST, batch_norm_param={"use_global_stats": False})
    assert layer(X).mean(0).tolist() == pytest.approx([0, 0], abs=1e-6)


def test_train_and_eval_modes_select_statistics(make):
    layer = make("BatchNorm", (4, 2))
    layer.eval()(X)
    assert layer.scale_factor.item() == 0
    layer.train()(X)
    assert layer.scale_factor.item() == 1


def test_one_axis_is_one_channel(make):
    layer = make("BatchNorm", (4,), batch_norm_param={"eps": 4})
    assert layer(X[:, 0]).tolist() == pytest.approx([-1, -1 / 3, 1 / 3, 1])
    assert layer.variance.tolist() == pytest.approx([20 / 3])


def test_single_value_per_channel_becomes_zero(make):
    layer = make("BatchNorm", (1, 2))
    x = torch.tensor([[3.0, -4.0]], requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert y.tolist() == [[0, 0]]
    assert x.grad.tolist() == [[0, 0]]
    assert layer.mean.tolist() == [3, -4]
    assert layer.variance.tolist() == [0, 0]


def test_spatial_axes_count_as_samples(make):
    layer = make("BatchNorm", (2, 1, 2, 1), batch_norm_param={"eps": 4})
    y = layer(X[:, 0].reshape(2, 1, 2, 1))
    assert y.flatten().tolist() == pytest.approx([-1, -1 / 3, 1 / 3, 1])


def test_blobs_are_updated_in_place_without_gradient(make):
    layer = make("BatchNorm", (4, 2))
    before = [blob.data_ptr() for blob in layer.blobs]
    layer(X)
    assert not any(blob.requires_grad for blob in layer.blobs)
    assert [blob.data_ptr() for blob in layer.blobs] == before


@pytest.mark.parametrize("use_global", [False, True])
@pytest.mark.parametrize("shape", [(5,), (5, 3), (2, 3, 2, 2)])
def test_gradcheck(make, shape, use_global):
    layer = make("BatchNorm", shape, batch_norm_param={"use_global_stats": use_global}).double()
    layer.variance.data.fill_(2)
    layer.scale_factor.data.fill_(1)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, x)


def test_backward_pass_after_two_forward_passes(make):
    layer = make("BatchNorm", (4, 2))
    x = X.clone().requires_grad_()
    (layer(x).square().sum() + layer(2 * x).square().sum()).backward()
    assert math.isfinite(x.grad.sum().item())
    assert layer.scale_factor.item() == pytest.approx(1.999)


@pytest.mark.parametrize(("shape", "param"), [((), {}), ((2, 3), {"eps": -1e-6})])
def test_bottom_without_axes_and_negative_eps_are_errors(make, shape, param):
    with pytest.raises(LayerFault, match=r"expected|is below 0"):
        make("BatchNorm", shape, batch_norm_param=param)


@pytest.mark.parametrize(
    ("phase", "first"),
    [(TRAIN, [-2, 0, 2, 4]), (TEST, [1, 4, 7, 10])],
)
def test_scale_bias_applies_weight_and_bias_after_normalising(make, phase, first):
    layer = make("BatchNorm", (4, 2), phase=phase, batch_norm_param={"eps": 4, "scale_bias": True})
    layer.fill_params(0)
    assert [blob.tolist() for blob in layer.blobs] == [[0, 0], [0, 0], [0], [1, 1], [0, 0]]
    layer.weight.data.copy_(torch.tensor([3.0, 5.0]))
    layer.bias.data.copy_(torch.tensor([1.0, -1.0]))
    assert layer(X)[:, 0].tolist() == pytest.approx(first, abs=1e-6)


def test_scale_bias_of_a_single_value(make):
    layer = make("BatchNorm", (1, 2), batch_norm_param={"scale_bias": True})
    layer.bias.data.copy_(torch.tensor([1.0, -1.0]))
    assert layer(X[:1]).tolist() == [[1, -1]]


def test_eps_of_zero_is_accepted(make):
    y = make("BatchNorm", (2, 1), batch_norm_param={"eps": 0})(torch.tensor([[1.0], [5.0]]))
    assert y.tolist() == [[-1], [1]]
    layer = make("BatchNorm", (2, 1), phase=TEST, batch_norm_param={"eps": 0})
    for blob, value in zip(layer.blobs, (1, 4, 1), strict=True):
        blob.data.fill_(value)
    assert layer(torch.tensor([[5.0]])).tolist() == [[2]]
