from __future__ import annotations

import torch
from torch.autograd import gradcheck, gradgradcheck

from layerzoo.functional.unit_vectors import euclidean_norm, scaled_unit_vectors, unit_rows


def test_euclidean_norm_keeps_the_axes() -> None:
    norm = euclidean_norm(torch.tensor([[3.0, 4.0], [0.0, 5.0]]), (1,), 11.0)
    assert norm.tolist() == [[6.0], [6.0]]


def test_scaled_unit_vectors_have_the_derivative_where_all_scales_are_equal() -> None:
    x = torch.randn(2, 3, 2, dtype=torch.double, requires_grad=True)
    scale = torch.full((3,), 2.0, dtype=torch.double)
    assert gradcheck(lambda x: scaled_unit_vectors(x, scale, (1,), 0.1), (x,))


def test_scaled_unit_vectors_multiply_the_gradient_by_the_scale_last() -> None:
    x = torch.randn(2, 3, 2, dtype=torch.double, requires_grad=True)
    scale = torch.tensor([1.0, -2.0, 30.0], dtype=torch.double, requires_grad=True)
    arrived = torch.randn(2, 3, 2, dtype=torch.double)
    y = scaled_unit_vectors(x, scale, (1, 2), 0.1)
    unit = x / euclidean_norm(x, (1, 2), 0.1)
    torch.testing.assert_close(y, unit * scale[:, None])
    down, of_scale = torch.autograd.grad(y, (x, scale), arrived)
    (plain,) = torch.autograd.grad(unit, x, arrived, retain_graph=True)
    torch.testing.assert_close(down, plain * scale[:, None])
    torch.testing.assert_close(of_scale, (unit * arrived).sum((0, 2)))
    assert gradgradcheck(lambda x, scale: scaled_unit_vectors(x, scale, (1, 2), 0.1), (x, scale))


def test_unit_rows_divide_parts_of_the_memory_and_leave_unit_rows_alone() -> None:
    weight = torch.tensor([[3.0, 4.0], [0.0, 0.0], [0.0, 2.0]])
    rows = unit_rows(weight, 2)
    torch.testing.assert_close(rows, torch.tensor([[0.6, 0.8], [0.0, 0.0], [0.0, 1.0]]))
    assert torch.equal(unit_rows(rows, 2), rows)
