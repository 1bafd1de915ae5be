from __future__ import annotations

import torch

from layerzoo.functional.recurrence import lstm, lstm_cell, rnn


def test_rnn_resets_where_cont_is_zero():
    ones = torch.ones(2, 1, 1)
    hs = rnn(0.5 * ones, torch.tensor([[1.0], [0.0]]), torch.eye(1), torch.ones(1, 1))
    torch.testing.assert_close(hs.flatten(), torch.tensor([1.5, 0.5]).tanh())


def test_lstm_is_its_cell_over_time():
    generator = torch.Generator().manual_seed(3)
    gates, weight = torch.randn(4, 2, 12, generator=generator), torch.randn(12, 3, generator=generator)
    h, c = torch.randn(2, 2, 3, generator=generator)
    cont = torch.tensor([[1.0, 0], [1, 1], [0, 1], [1, 1]])
    hs, cs = lstm(gates, cont, weight, h, c)
    for t in range(4):
        c, h = lstm_cell(gates[t] + (h * cont[t, :, None]) @ weight.t(), cont[t], c)
        torch.testing.assert_close(hs[t], h)
        torch.testing.assert_close(cs[t], c)


def test_lstm_gradient_agrees_with_autograd_through_its_cell():
    generator = torch.Generator().manual_seed(4)
    gates = torch.randn(5, 2, 12, generator=generator, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(12, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    h, c = torch.randn(2, 2, 3, generator=generator, dtype=torch.float64)
    cont = torch.tensor([[1.0, 0], [1, 1], [0, 1], [1, 1], [1, 0]], dtype=torch.float64)
    pull = torch.randn(5, 2, 3, generator=generator, dtype=torch.float64)
    gradients = torch.autograd.grad((lstm(gates, cont, weight, h, c)[0] * pull).sum(), (gates, weight))
    steps = []
    for t in range(5):
        c, h = lstm_cell(gates[t] + (h * cont[t, :, None]) @ weight.t(), cont[t], c)
        steps.append(h)
    expected = torch.autograd.grad((torch.stack(steps) * pull).sum(), (gates, weight))
    torch.testing.assert_close(gradients, expected)


def test_lstm_has_second_derivatives_for_all_inputs():
    generator = torch.Generator().manual_seed(5)

    def values(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)

    inputs = values(3, 2, 8), values(8, 2), values(2, 2), values(2, 2)
    cont = torch.tensor([[1.0, 0], [1, 1], [0, 1]], dtype=torch.float64)

    def run(gates, weight, h, c):
        return lstm(gates, cont, weight, h, c)

    assert torch.autograd.gradcheck(run, inputs)
    assert torch.autograd.gradgradcheck(run, inputs)
