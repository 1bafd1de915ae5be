"""Statistics of a tensor's elements, with values computed by hand."""

from __future__ import annotations

from math import inf, isnan, nan, sqrt

import pytest
import torch

from layerzoo.engine.statistics import Statistics


def test_statistics_leave_out_what_is_not_finite() -> None:
    found = Statistics.of(torch.tensor([[1.0, 3.0, nan], [5.0, inf, -1.0]]))
    assert found.shape == (2, 3)
    assert (found.low, found.mean, found.high) == (-1.0, 2.0, 5.0)
    assert found.deviation == pytest.approx(sqrt(5))  # (1 + 1 + 9 + 9) / 4
    assert (found.nan, found.infinite, found.is_finite) == (1, 1, False)
    assert str(found) == "(2 3) min -1, mean 2, max 5, std 2.23607, 2 non-finite"
    assert found.describe() == "2x3, 1 NaN, 1 infinite, the others -1 to 5, mean 2"


def test_statistics_of_a_scalar() -> None:
    found = Statistics.of(torch.tensor(3))
    assert found.is_finite
    assert str(found) == "() min 3, mean 3, max 3, std 0, 0 non-finite"
    assert found.describe() == "scalar, 3 to 3, mean 3"


def test_statistics_of_nothing_finite() -> None:
    found = Statistics.of(torch.full((2,), nan))
    assert all(map(isnan, (found.low, found.mean, found.high, found.deviation)))
    assert str(found) == "(2) nothing is finite, 2 non-finite"
    assert found.describe() == "2, 2 NaN"


def test_statistics_of_an_empty_tensor() -> None:
    found = Statistics.of(torch.empty(0, 3))
    assert (found.shape, found.nan, found.infinite, found.is_finite) == ((0, 3), 0, 0, True)
    assert str(found) == "(0 3) nothing is finite, 0 non-finite"


def test_statistics_leave_the_tensor_alone() -> None:
    tensor = torch.tensor([1.0], requires_grad=True)
    Statistics.of(tensor)
    assert tensor.grad is None
    assert tensor.requires_grad
