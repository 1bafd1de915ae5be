"""LSTM and GRU by torch's own kernels."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from layerzoo.functional.gru import gru
from layerzoo.functional.layout import has_onednn
from layerzoo.functional.recurrence import lstm
from layerzoo.functional.unbroken import runs_unbroken, unbroken_gru, unbroken_lstm


@pytest.mark.parametrize("begins", [0.0, 1.0])
def test_unbroken_is_the_loop_over_time(begins: float) -> None:
    torch.manual_seed(1)
    x, h, c = torch.randn(5, 3, 4), torch.randn(3, 2), torch.randn(3, 2)
    params = [torch.randn(8, 4), torch.randn(8), torch.randn(8, 2)]
    cont = torch.ones(5, 3)
    cont[0] = begins
    found = []
    for fast in (False, True):
        given = [tensor.clone().requires_grad_() for tensor in (x, *params, h, c)]
        inputs, weight_x, bias, weight_h, h0, c0 = given
        if fast:
            hs, last, cell = unbroken_lstm(inputs, cont, weight_x, bias, weight_h, h0, c0)
        else:
            hs, cells = lstm(F.linear(inputs, weight_x, bias), cont, weight_h, h0, c0)
            last, cell = hs[-1], cells[-1]
        (hs * torch.arange(5.0).view(5, 1, 1)).sum().backward()
        found.append([hs, last, cell, *(tensor.grad for tensor in given)])
    for one, two in zip(*found, strict=True):
        assert one is not None
        assert two is not None
        assert torch.allclose(one, two, atol=1e-5)


def test_runs_unbroken_where_no_sequence_begins_after_the_first_step() -> None:
    x, cont = torch.zeros(3, 2, 4), torch.ones(3, 2)
    cont[0] = 0
    assert runs_unbroken(x, cont) is has_onednn()
    cont[2, 1] = 0
    assert not runs_unbroken(x, cont)
    assert not runs_unbroken(x.double(), torch.ones(3, 2))


@pytest.mark.parametrize("begins", [0.0, 1.0, None])
def test_unbroken_gru_is_the_loop_over_time(begins: float | None) -> None:
    torch.manual_seed(1)
    x, h = torch.randn(5, 3, 4), torch.randn(3, 2)
    params = [torch.randn(6, 4), torch.randn(6), torch.randn(6, 2), torch.randn(6)]
    cont = None if begins is None else torch.cat([torch.full((1, 3), begins), torch.ones(4, 3)])
    given = [tensor.requires_grad_() for tensor in (x, *params, h)]
    hs, last = unbroken_gru(x, cont, *params, h)
    expected = gru(F.linear(x, params[0], params[1]), cont, params[2], params[3], h, reset_after=True)
    torch.testing.assert_close(hs, expected)
    torch.testing.assert_close(last, expected[-1])
    grads = [torch.autograd.grad(y.sin().sum(), given) for y in (hs, expected)]
    torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-5)


def test_without_cont_it_always_runs_unbroken() -> None:
    assert runs_unbroken(torch.zeros(3, 2, 4), None) == has_onednn()
    assert not runs_unbroken(torch.zeros(3, 2, 4, dtype=torch.float64), None)
