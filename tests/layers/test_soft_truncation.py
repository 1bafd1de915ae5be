from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault


def test_values_and_gradient(make):
    x = torch.tensor([0.0, 3.0], requires_grad=True)
    y = make("SoftTruncation", (2,), soft_truncation_param={"c": 1.5})(x)
    y.sum().backward()
    assert y.tolist() == pytest.approx([0, 1 - math.exp(-2)])
    assert x.grad.tolist() == pytest.approx([1 / 1.5, math.exp(-2) / 1.5])


def test_c_of_0_is_an_error(shapes):
    with pytest.raises(LayerFault, match="c is 0"):
        shapes("SoftTruncation", (2,), soft_truncation_param={"c": 0})
