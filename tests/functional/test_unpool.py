from __future__ import annotations

import torch

from layerzoo.functional.unpool import unpool


def test_values_move_and_the_last_of_several_stays():
    x = torch.tensor([1.0, 2, 3, 4]).view(1, 2, 1, 2).requires_grad_()
    index = torch.tensor([3, 0, 1, 1]).view(1, 2, 1, 2)
    y = unpool(x, index, (2, 2))
    assert y.tolist() == [[[[2, 0], [0, 1]], [[0, 4], [0, 0]]]]
    y.backward(torch.arange(8.0).view(1, 2, 2, 2))
    assert x.grad.flatten().tolist() == [3, 0, 5, 5]


def test_replaced_values_may_get_no_gradient():
    x = torch.tensor([1.0, 2, 3, 4]).view(1, 2, 1, 2).requires_grad_()
    index = torch.tensor([3, 0, 1, 1]).view(1, 2, 1, 2)
    unpool(x, index, (2, 2), to_replaced=False).backward(torch.arange(8.0).view(1, 2, 2, 2))
    assert x.grad.flatten().tolist() == [3, 0, 0, 5]


def test_values_without_a_place_are_lost():
    x = torch.tensor([[[1.0, 2, 3]]], requires_grad=True)
    y = unpool(x, torch.tensor([[[-1, 0, -1]]]), (4,), to_replaced=False)
    assert y.tolist() == [[[2, 0, 0, 0]]]
    y.sum().backward()
    assert x.grad.tolist() == [[[0, 1, 0]]]
