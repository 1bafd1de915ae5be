from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "in" type: "Input" top: "m" top: "v" top: "M" top: "V" top: "w"
        input_param { shape { dim: 3 dim: 4 } shape { dim: 3 dim: 4 } shape { dim: 3 dim: 4 }
                      shape { dim: 3 dim: 4 } shape { dim: 3 } } }
layer { name: "a" type: "GaussianKLLoss" bottom: "m" bottom: "v" top: "a" }
layer { name: "b" type: "GaussianKLLoss" bottom: "m" bottom: "v" bottom: "M" bottom: "V" top: "b" }
layer { name: "c" type: "GaussianKLLoss" bottom: "m" bottom: "v" top: "c"
        gaussian_kl_loss_param { free_bits: 0.01 } }
layer { name: "sign" type: "AbsVal" bottom: "w" top: "u" }
layer { name: "d" type: "GaussianKLLoss" bottom: "m" bottom: "v" bottom: "u" top: "d" }
"""
M = torch.tensor([[0.0, 1], [2, -1]])
V = torch.tensor([[0.0, math.log(4)], [-1, 0.5]])
EACH = kl_divergence(Normal(M, (V / 2).exp()), Normal(0.0, 1.0))


def loss(make, text, *blobs):
    return make(f'type: "GaussianKLLoss" {text}', *[tuple(b.shape) for b in blobs])(*blobs)


def test_divergence_by_hand(make):
    mean, log_var = torch.tensor([[1.0, 0]]), torch.tensor([[0.0, math.log(4)]])
    assert loss(make, "", mean, log_var).item() == pytest.approx(0.5 + 0.5 * (4 - 1 - math.log(4)))


def test_divergence_is_summed_over_dimensions_and_averaged_over_samples(make):
    torch.testing.assert_close(loss(make, "", M, V), EACH.sum() / 2)
    total = loss(make, "loss_param { normalization: NONE }", M, V)
    torch.testing.assert_close(total, EACH.sum())


def test_divergence_from_a_prior(make):
    mean, log_var = torch.tensor([[0.5, 0.5], [1, 2]]), torch.tensor([[1.0, 0], [-1, 0.3]])
    expected = kl_divergence(Normal(M, (V / 2).exp()), Normal(mean, (log_var / 2).exp())).sum() / 2
    torch.testing.assert_close(loss(make, "", M, V, mean, log_var), expected)
    assert loss(make, "", M, V, M, V).item() == 0


def test_small_divergences_are_not_rounded_away(make):
    tiny = torch.full((1, 1), 1e-4)
    assert loss(make, "", torch.zeros(1, 1), tiny).item() == pytest.approx(0.25e-8, rel=1e-3)


def test_weights_of_samples(make):
    value = loss(make, "", M, V, torch.tensor([3.0, 1]))
    torch.testing.assert_close(value, (3 * EACH[0].sum() + EACH[1].sum()) / 4)
    value = loss(make, "", M, V, torch.zeros(2, 2), torch.zeros(2, 2), torch.tensor([0.0, 2]))
    torch.testing.assert_close(value, EACH[1].sum())


def test_axis_makes_positions_of_the_axes_before_it(make):
    m, v, w = torch.randn(2, 3, 4), torch.randn(2, 3, 4), torch.rand(2, 3) + 1
    each = kl_divergence(Normal(m, (v / 2).exp()), Normal(0.0, 1.0)).sum(2)
    text = "gaussian_kl_loss_param { axis: -1 }"
    torch.testing.assert_close(loss(make, text, m, v), each.mean())
    torch.testing.assert_close(loss(make, text, m, v, w), (each * w).sum() / w.sum())


def test_free_bits_bound_the_mean_of_each_dimension(make):
    """The dimensions cost 1.13 and 1.41 on average."""
    means = EACH.mean(0)
    free = (means.sum() / 2).item()
    mean = M.clone().requires_grad_()
    value = loss(make, f"gaussian_kl_loss_param {{ free_bits: {free} }}", mean, V)
    low = int(means.argmin())
    assert value.item() == pytest.approx(free + means.max().item())
    value.backward()
    assert not mean.grad[:, low].any()
    torch.testing.assert_close(mean.grad[:, 1 - low], M[:, 1 - low] / 2)
    weighted = loss(make, f"gaussian_kl_loss_param {{ free_bits: {free} }}", M, V, torch.tensor([0.0, 5]))
    torch.testing.assert_close(weighted, EACH[1].clamp(min=free).sum())


def test_wrong_settings_are_faults(shapes):
    with pytest.raises(LayerFault, match=r"shapes \(2, 3\) and \(2, 4\); all must be equal"):
        shapes("GaussianKLLoss", (2, 3), (2, 4))
    with pytest.raises(LayerFault, match="free_bits -1 is below 0") as caught:
        shapes('type: "GaussianKLLoss" gaussian_kl_loss_param { free_bits: -1 }', (2, 3), (2, 3))
    assert caught.value.field == "gaussian_kl_loss_param.free_bits"
    with pytest.raises(LayerFault, match="axis 0 is the samples'"):
        shapes('type: "GaussianKLLoss" gaussian_kl_loss_param { axis: 0 }', (2, 3), (2, 3))
    with pytest.raises(LayerFault, match="3 weights") as caught:
        shapes("GaussianKLLoss", (2, 3), (2, 3), (3,))
    assert caught.value.bottom == 2
