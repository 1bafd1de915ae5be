from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ({}, [[2, 1], [4, 3]]),
        ({"flip_width": False, "flip_height": True}, [[3, 4], [1, 2]]),
        ({"flip_height": True}, [[4, 3], [2, 1]]),
        ({"flip_width": False}, [[1, 2], [3, 4]]),
    ],
)
def test_width_and_height_are_mirrored(make, param, expected):
    x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]], requires_grad=True)
    y = make("Flip", (1, 1, 2, 2), flip_param=param)(x)
    assert y[0, 0].tolist() == expected
    (y * torch.arange(4.0).reshape(2, 2)).sum().backward()
    flipped = torch.tensor(expected).float() - 1
    order = torch.empty(4)
    order[flipped.flatten().long()] = torch.arange(4.0)
    assert x.grad.flatten().tolist() == order.tolist()


def test_axes_that_are_missing_are_not_mirrored(make, shapes):
    x = torch.arange(6.0).reshape(2, 3)
    assert torch.equal(make("Flip", (2, 3))(x), x)
    with pytest.raises(LayerFault, match="at most 4 axes"):
        shapes("Flip", (1, 1, 1, 1, 1))
