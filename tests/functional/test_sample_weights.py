from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.sample_weights import check_sample_weights, normalised_sum, spread_weights
from layerzoo.schema import LossParameter

LOSSES = torch.tensor([[1.0, 2, 4], [8, 16, 32]])


@pytest.mark.parametrize("shape", [(2,), (2, 1), (2, 3), (6,)])
def test_check_takes_a_weight_for_each_sample_or_position(shape):
    check_sample_weights(shape, (2, 3), 1)


@pytest.mark.parametrize("shape", [(3,), (), (2, 2)])
def test_check_refuses_other_numbers_of_weights(shape):
    with pytest.raises(
        LayerFault, match=r"of shape \(2, 3\), or one for each sample, of shape \(2,\)"
    ) as caught:
        check_sample_weights(shape, (2, 3), 1)
    assert caught.value.bottom == 1


def test_spread_weights_repeats_those_of_samples():
    assert spread_weights(torch.tensor([1.0, 5]), (2, 3)).tolist() == [[1] * 3, [5] * 3]
    assert spread_weights(torch.arange(6.0), (2, 3)).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("mode", "divisor"), [("FULL", 6), ("VALID", 9), ("BATCH_SIZE", 2), ("NONE", 1), ("PRE_FIXED", 5)]
)
def test_normalised_sum_divides_by_what_the_mode_says(mode, divisor):
    mode = LossParameter.NormalizationMode.Value(mode)
    value = normalised_sum(LOSSES, mode, torch.tensor([1.0, 2]), fixed=5)
    assert value.item() == pytest.approx((7 + 2 * 56) / divisor)


def test_normalised_sum_leaves_out_what_is_not_counted():
    counted = torch.tensor([[True, False, True], [True, True, False]])
    assert normalised_sum(LOSSES, LossParameter.VALID, None, counted).item() == 29 / 4
    weights = torch.tensor([[2.0, 9, 1], [1, 0, 9]])
    assert normalised_sum(LOSSES, LossParameter.VALID, weights, counted).item() == (2 + 4 + 8) / 4


def test_normalised_sum_of_small_weights_is_divided_by_one():
    assert normalised_sum(LOSSES, LossParameter.VALID, torch.tensor([0.1, 0.0])).item() == pytest.approx(0.7)


def test_normalised_sum_of_weight_zero_ignores_infinite_losses():
    losses = torch.tensor([1.0, float("inf")], requires_grad=True)
    value = normalised_sum(losses, LossParameter.VALID, torch.tensor([1.0, 0]))
    value.backward()
    assert value.item() == 1
    assert losses.grad.tolist() == [1, 0]


def test_normalised_sum_asks_for_the_count_of_all_processes():
    value = normalised_sum(LOSSES, LossParameter.VALID, torch.tensor([1.0, 2]), None, lambda total: total * 2)
    assert value.item() == pytest.approx((7 + 2 * 56) / 18)
