from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.smooth_l1 import (
    check_equal_shapes,
    item_shape,
    loss_of_weighted_differences,
    per_item,
    smooth_l1,
)


def test_smooth_l1_is_quadratic_then_linear() -> None:
    x = torch.tensor([0.0, -0.5, 1.0, -3.0])
    assert smooth_l1(x).tolist() == [0, 0.125, 0.5, 2.5]
    assert smooth_l1(torch.tensor([0.25, -0.2, 1.0]), 2.0).tolist() == pytest.approx([0.125, 0.08, 0.875])


def test_gradient_lacks_the_weights_unless_they_are_0_or_1() -> None:
    x, target = torch.tensor([2.0, 0.5, 3.0], requires_grad=True), torch.tensor([1.8, 0.0, 0.0])
    loss, terms = loss_of_weighted_differences(x, target, torch.tensor([3.0, 1.0, 0.0]), 2.0)
    # differences 0.6, 0.5 and 0
    assert terms.tolist() == pytest.approx([0.18, 0.125, 0])
    assert loss.item() == pytest.approx((0.18 + 0.125) / 2)
    (grad,) = torch.autograd.grad(loss, x)
    assert grad.tolist() == pytest.approx([0.3, 0.25, 0])


def test_gradient_without_weights_is_the_derivative() -> None:
    x, target = torch.randn(7, dtype=torch.float64, requires_grad=True), torch.zeros(7, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: loss_of_weighted_differences(x, target, None, 3.0)[0], (x,))


def test_items_are_summed_over_channels() -> None:
    assert item_shape((6, 8)) == (6, 1, 1, 1)
    assert item_shape((6, 8, 2, 3)) == (6, 1, 2, 3)
    assert per_item(torch.tensor([[1.0, 2], [3, 4]])).flatten().tolist() == [3, 7]
    assert per_item(torch.arange(8.0).reshape(1, 2, 2, 2)).tolist() == [[[[4, 6], [8, 10]]]]
    with pytest.raises(LayerFault, match="at most four axes"):
        item_shape((1, 2, 3, 4, 5))


def test_shapes_must_be_equal_but_for_trailing_ones() -> None:
    check_equal_shapes([(2, 3), (2, 3, 1, 1), (2, 3, 1)])
    with pytest.raises(LayerFault, match=r"bottoms of shapes \(2, 3\) and \(2, 4\)") as fault:
        check_equal_shapes([(2, 3), (2, 3), (2, 4)])
    assert fault.value.bottom == 2
    with pytest.raises(LayerFault, match="without axes"):
        check_equal_shapes([(), ()])
