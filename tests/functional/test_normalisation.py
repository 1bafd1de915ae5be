from __future__ import annotations

import pytest
import torch

from layerzoo.functional.normalisation import batch_statistics, by_statistics, normalised, replaced

X = torch.tensor([[1.0, 10], [3, 30]])


def test_batch_statistics_are_mean_and_biased_variance():
    y, mean, variance = batch_statistics(X, torch.tensor([1.0, 2]), torch.tensor([0.0, 1]), 0)
    assert y.flatten().tolist() == pytest.approx([-1, -1, 1, 3])
    assert (mean.tolist(), variance.tolist()) == ([2, 20], [1, 100])


def test_one_value_per_channel_becomes_the_bias():
    y, mean, variance = batch_statistics(X[:1], torch.ones(2), torch.tensor([5.0, 6]), 0.1)
    assert (y.tolist(), mean.tolist(), variance.tolist()) == ([[5, 6]], [1, 10], [0, 0])


def test_normalised_by_given_numbers():
    y = normalised(X, torch.tensor([1.0, 0]), torch.tensor([2.0, 0.1]), torch.tensor([3.0, 1]), torch.ones(2))
    assert y.flatten().tolist() == pytest.approx([1, 2, 13, 4])


class ChosenRows(torch.nn.Module):
    """Normalises the rows that are above 0, of which a trace doesn't know the number."""

    def __init__(self, affine):
        super().__init__()
        self.affine = affine

    def forward(self, x):
        chosen = x[x[:, 0] > 0]
        mean, variance = torch.tensor([1.0, 20]), torch.tensor([4.0, 100])
        return by_statistics(chosen, mean, variance, *self.affine, 0.5)


@pytest.mark.parametrize("affine", [(None, None), (torch.tensor([3.0, 1]), torch.tensor([1.0, 2]))])
def test_by_statistics_is_traced_for_any_number_of_rows(affine):
    net = ChosenRows(affine)
    program = torch.export.export(net, (X,)).module()
    expected = (X - torch.tensor([1.0, 20])) / torch.tensor([4.5, 100.5]).sqrt()
    if affine[0] is not None:
        expected = expected * affine[0] + affine[1]
    for x, rows in ((X, expected), (-X, expected[:0]), (X * torch.tensor([[1.0], [-1]]), expected[:1])):
        torch.testing.assert_close(net(x), rows)
        torch.testing.assert_close(program(x), rows)


def test_replaced_stores_the_value_and_keeps_the_gradient():
    param = torch.nn.Parameter(torch.tensor([1.0, 5]))
    (replaced(param, param.clamp(max=2)) * torch.tensor([10.0, 20])).sum().backward()
    assert param.tolist() == [1, 2]
    assert param.grad.tolist() == [10, 20]
