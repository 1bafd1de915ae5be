"""The layers' own tests compare whole layers with loops: test_correlation.py and test_correlation_1d.py."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.correlation import check_correlation, check_fit, correlations
from layerzoo.schema import CorrelationParameter

ONE = torch.tensor([1.0, 2.0, 4.0]).reshape(1, 1, 1, 3)
TWO = torch.tensor([[3.0, 5.0, 7.0], [10.0, 20.0, 30.0]]).reshape(1, 1, 2, 3)


def test_correlations_are_products_with_displaced_pixels() -> None:
    p = CorrelationParameter(kernel_size=1, max_displacement=1)
    one = torch.cat([ONE, ONE], 2)
    values = correlations(p, one, TWO, (0, 1), (1, 1), range(0, 2), range(-1, 2))
    assert values.flatten().tolist() == [2 * 3, 2 * 5, 2 * 7, 2 * 10, 2 * 20, 2 * 30]


def test_correlations_step_through_displacements() -> None:
    p = CorrelationParameter(
        kernel_size=1, max_displacement=1, correlation_type=CorrelationParameter.SUBTRACT
    )
    values = correlations(p, torch.cat([ONE, ONE], 2), TWO, (0, 0), (1, 1), range(1), range(0, 3, 2))
    assert values.flatten().tolist() == [2, 6]


def test_check_correlation_names_the_field() -> None:
    with pytest.raises(LayerFault, match="kernel_size must be set"):
        check_correlation(CorrelationParameter(max_displacement=1), [(1, 1, 2, 2)] * 2)


def test_check_fit_accepts_one_patch_and_refuses_none() -> None:
    p = CorrelationParameter(kernel_size=1, max_displacement=1)
    check_fit(p, (1, 1, 3, 3), (1, 1))
    with pytest.raises(LayerFault, match="don't fit"):
        check_fit(p, (1, 1, 3, 3), (1, 0))
