from __future__ import annotations

import math

import pytest
import torch

from layerzoo.functional.selu import selu, selu_source

X = torch.tensor([-2.0, 0, 3])


def test_values_and_a_gradient_that_is_finite_for_large_values():
    assert selu(X, 2, 3).tolist() == pytest.approx([6 * (math.exp(-2) - 1), 0, 9])
    x = torch.tensor([1000.0], requires_grad=True)
    selu(x, 2, 3).sum().backward()
    assert x.grad.tolist() == [3]


def test_source_computes_the_same():
    assert torch.equal(eval(selu_source("x", 2, 3), {"torch": torch, "x": X}), selu(X, 2, 3))
