from __future__ import annotations

import torch
from torch.nn import functional as F

from layerzoo.functional import recurrent_source
from layerzoo.functional.gru import gru
from layerzoo.functional.recurrence import lstm, rnn
from layerzoo.python_source import PythonSource

CONT = torch.tensor([[1.0, 0], [1, 1], [0, 1]])


def function(name: str, *sources: str):
    module: dict = {"torch": torch, "F": F, "Tensor": torch.Tensor}
    for source in sources:
        exec(source, module)
    return module[name]


def test_rnn_and_lstm_in_one_direction() -> None:
    x, h = torch.randn(3, 2, 4), torch.zeros(2, 5)
    w_x, b, w_h, w_o, b_o = (torch.randn(shape) for shape in ((5, 4), (5,), (5, 5), (5, 5), (5,)))
    found = function("run_rnn", recurrent_source.RUN_RNN)(x, CONT, w_x, b, w_h, w_o, b_o)
    torch.testing.assert_close(found, F.linear(rnn(F.linear(x, w_x, b), CONT, w_h, h), w_o, b_o).tanh())
    w_x, b, w_h = (torch.randn(shape) for shape in ((20, 4), (20,), (20, 5)))
    found = function("run_lstm", recurrent_source.RUN_LSTM)(x, CONT, w_x, b, w_h)
    torch.testing.assert_close(found, lstm(F.linear(x, w_x, b), CONT, w_h, h, h)[0])


def test_gru_with_both_resets() -> None:
    x = torch.randn(3, 2, 4)
    w_x, b, w_h, b_h = (torch.randn(shape) for shape in ((15, 4), (15,), (15, 5), (15,)))
    for after in (False, True):
        source = PythonSource()
        name, _ = recurrent_source.gru_source(source, after)
        found = function(name, *source.helpers.values())(x, CONT, w_x, b, w_h, b_h)
        expected = gru(F.linear(x, w_x, b), CONT, w_h, b_h, torch.zeros(2, 5), after)
        torch.testing.assert_close(found, expected)


def test_layers_in_both_directions_add_up_a_sequence() -> None:
    def run(x, cont, factor):
        total, steps = torch.zeros_like(x[0]), []
        for step, keep in zip(x, cont, strict=True):
            total = factor * step + total * keep[:, None]
            steps.append(total)
        return torch.stack(steps)

    layers = function("run_layers", recurrent_source.RUN_LAYERS)
    x = torch.tensor([[1.0, 1], [2, 2], [4, 4]])[:, :, None]
    both = layers(run, x, [(1,), (10,)], lengths=torch.tensor([3.0, 2]), direction="BIDIRECTIONAL")
    assert both[:, 0].tolist() == [[1, 70], [3, 60], [7, 40]]
    assert both[:, 1].tolist() == [[1, 30], [3, 20], [0, 0]]
    back = layers(run, x, [(1,)], cont=torch.tensor([[0.0, 0], [1, 0], [0, 1]]), direction="BACKWARD")
    assert back[:, :, 0].T.tolist() == [[3, 2, 4], [1, 6, 4]]
