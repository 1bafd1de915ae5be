from __future__ import annotations

import pytest
import torch

from layerzoo.functional.surrogate import (
    with_fixed_gradient,
    with_gradient_field,
    with_gradient_of,
    with_scaled_gradient,
)


def test_with_gradient_of_has_the_value_of_one_and_the_gradient_of_the_other() -> None:
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    y = with_gradient_of(x.square(), 5 * x**3)
    assert y.tolist() == [1, 4]
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    assert first.tolist() == [15, 60]
    assert torch.autograd.grad(first.sum(), x)[0].tolist() == [30, -60]


def test_with_scaled_gradient_multiplies_what_arrives() -> None:
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    for scale in (-3.0, 0.0, 1.0):
        y = with_scaled_gradient(x, scale)
        assert y.tolist() == [1, -2]
        (first,) = torch.autograd.grad((y**2).sum(), x)
        assert first.tolist() == [2 * scale, -4 * scale]
    assert with_scaled_gradient(x.detach(), 2.0).tolist() == [1, -2]


def test_with_fixed_gradient_ignores_what_arrives() -> None:
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    y = 100 * with_fixed_gradient(x, x**2)
    assert y.tolist() == [100, -200]
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    assert first.tolist() == [1, 4]
    assert torch.autograd.grad(first.sum(), x)[0].tolist() == [2, -4]
    mapped = torch.func.vmap(torch.func.grad(lambda v: with_fixed_gradient(v, v**2).sum()))
    assert mapped(torch.tensor([[3.0], [4.0]])).tolist() == [[9], [16]]


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # by torch.func
def test_with_gradient_field_scales_and_has_second_derivatives() -> None:
    """The field (x y, y) is the derivative of nothing: its Jacobian isn't symmetric."""

    def number(x: torch.Tensor) -> torch.Tensor:
        return with_gradient_field(x.sum(), x, torch.stack([x[0] * x[1], x[1]]))

    x = torch.tensor([2.0, 3.0], requires_grad=True)
    y = 10 * number(x)
    assert y.item() == 50
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    assert first.tolist() == [60, 30]
    rows = [torch.autograd.grad(part, x, retain_graph=True)[0].tolist() for part in first]
    assert rows == [[30, 20], [0, 10]]
    batch = torch.tensor([[2.0, 3.0], [1.0, 5.0]])
    assert torch.func.vmap(torch.func.grad(number))(batch).tolist() == [[6, 3], [5, 5]]
    value, slope = torch.func.jvp(number, (batch[0],), (torch.tensor([1.0, 2.0]),))
    assert (value.item(), slope.item()) == (5, 12)
