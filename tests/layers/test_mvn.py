from __future__ import annotations

import pytest
import torch

# Mean and variance: 3 and 5 in channel 0, 5 and 5 in channel 1, 4 and 6 over both.
X = torch.tensor([[[[0.0, 2.0, 4.0, 6.0]], [[2.0, 4.0, 6.0, 8.0]]]])


def test_channels_are_normalised_separately(make):
    y = make("MVN", (1, 2, 1, 4))(X)
    expected = [v / 5**0.5 for v in (-3, -1, 1, 3)]
    assert y[0, 0, 0].tolist() == pytest.approx(expected)
    assert y[0, 1, 0].tolist() == pytest.approx(expected)


def test_across_channels_normalises_each_item(make):
    y = make("MVN", (1, 2, 1, 4), mvn_param={"across_channels": True})(X)
    assert y[0, 0, 0].tolist() == pytest.approx([v / 6**0.5 for v in (-4, -2, 0, 2)])


def test_normalize_variance_false_subtracts_mean_only(make):
    y = make("MVN", (1, 2, 1, 4), mvn_param={"normalize_variance": False})(X)
    assert y[0].tolist() == [[[-3, -1, 1, 3]], [[-3, -1, 1, 3]]]


def test_eps_is_added_to_standard_deviation(make):
    y = make("MVN", (1, 2, 1, 4), mvn_param={"eps": 5**0.5})(X)
    assert y[0, 0, 0].tolist() == pytest.approx([v / 20**0.5 for v in (-3, -1, 1, 3)])


def test_samples_are_normalised_separately(make):
    layer = make("MVN", (2, 2, 1, 4), mvn_param={"across_channels": True})
    y = layer(torch.cat([X, 10 * X + 3]))
    assert y[1].flatten().tolist() == pytest.approx(y[0].flatten().tolist(), abs=1e-6)


def test_single_values_become_zero(make):
    assert make("MVN", (2, 3))(torch.randn(2, 3)).flatten().tolist() == [0] * 6


def test_top_has_at_least_four_axes(make, shapes):
    y = make("MVN", (1, 4), mvn_param={"across_channels": True, "normalize_variance": False})
    assert y(torch.tensor([[0.0, 2.0, 4.0, 6.0]])).tolist() == [[[[-3]], [[-1]], [[1]], [[3]]]]
    assert shapes("MVN", (2, 3, 4)) == [(2, 3, 4, 1)]
    assert shapes("MVN", (5,)) == [(5, 1, 1, 1)]
    assert shapes("MVN", (2, 3, 4, 5, 6)) == [(2, 3, 4, 5, 6)]


def test_constant_rows_have_a_finite_gradient(make):
    x = torch.full((1, 1, 3), 2.0, requires_grad=True)
    y = make("MVN", (1, 1, 3))(x)
    y[0, 0, 0, 0].backward()
    assert y.flatten().tolist() == [0, 0, 0]
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("variance", [False, True])
def test_gradcheck(make, across, variance):
    layer = make("MVN", (2, 3, 4), mvn_param={"across_channels": across, "normalize_variance": variance})
    x = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, x)
    assert torch.autograd.gradgradcheck(layer, x)


def test_constant_rows_have_a_finite_second_derivative(make):
    layer = make("MVN", (1, 1, 3), mvn_param={"eps": 0.5})
    x = torch.full((1, 1, 3), 2.0, dtype=torch.float64)
    slope, *_ = torch.autograd.grad(layer(x.requires_grad_())[0, 0, 0, 0], x, create_graph=True)
    assert slope.flatten().tolist() == pytest.approx([4 / 3, -2 / 3, -2 / 3])  # (1 - 1/3, -1/3, -1/3) / eps
    assert torch.autograd.grad(slope.square().sum(), x)[0].flatten().tolist() == [0, 0, 0]


@pytest.mark.parametrize("eps", [1e-9, 0.5])
def test_gradient_in_transform_equals_autograd(make, eps):
    layer = make("MVN", (2, 3, 4), mvn_param={"eps": eps})
    x = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def scalar(x):
        return layer(x).sin().sum()

    leaf = x.clone().requires_grad_()
    outside = torch.autograd.grad(scalar(leaf), leaf, create_graph=True)[0]
    torch.testing.assert_close(torch.func.grad(scalar)(x), outside)
    second = torch.autograd.grad(outside.square().sum(), leaf)[0]
    torch.testing.assert_close(
        torch.func.grad(lambda x: torch.func.grad(scalar)(x).square().sum())(x), second
    )
