"""LSTM and GRU over sequences that begin nowhere but at the first step, by torch's own kernels."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from layerzoo.functional.layout import has_onednn
from layerzoo.functional.transforms import may_read, plain_only


def runs_unbroken(x: Tensor, cont: Tensor | None) -> bool:
    """Whether `unbroken_lstm` and `unbroken_gru` may run in place of a loop over time.

    They may in FP32, on a GPU or on a CPU with oneDNN, where no sequence begins after the first step. On a
    CPU the values of ``cont`` are read, which a GPU would have to wait for: there it must be None.

    Args:
        x: (T, N, inputs).
        cont: (T, N): 0 where a sequence begins, else 1; None: they begin at the first step alone.
    """
    kind = x.device.type
    if kind not in ("cpu", "cuda") or x.dtype != torch.float32 or not x.numel() or plain_only():
        return False
    if torch.is_autocast_enabled(kind) or (kind == "cpu" and not has_onednn()):
        return False
    return cont is None or (kind == "cpu" and may_read() and bool((cont[1:] == 1).all()))


def unbroken_lstm(
    x: Tensor, cont: Tensor | None, weight_x: Tensor, bias: Tensor, weight_h: Tensor, h: Tensor, c: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """An LSTM with the gates of `layerzoo.functional.recurrence.lstm`: input, forget, output, candidate.

    Args:
        x: (T, N, inputs).
        cont: (T, N); only that of the first step is used. None: 1.
        weight_x: (4 D, inputs).
        bias: (4 D).
        weight_h: (4 D, D).
        h, c: initial hidden and cell state, each (N, D).

    Returns:
        the hidden state at all steps, (T, N, D); the last hidden and cell state, each (N, D).
    """
    before = [_kept(state, cont)[None] for state in (h, c)]
    weights = [_in_torchs_order(part) for part in (weight_x, weight_h, bias)]
    weights.append(torch.zeros_like(bias))
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "RNN module weights are not part of"
        )  # they can't be: torch's order
        hs, last, cell = torch.lstm(x, before, weights, True, 1, 0.0, torch.is_grad_enabled(), False, False)
    return hs, last[0], cell[0]


def unbroken_gru(
    x: Tensor,
    cont: Tensor | None,
    weight_x: Tensor,
    bias_x: Tensor,
    weight_h: Tensor,
    bias_h: Tensor,
    h: Tensor,
) -> tuple[Tensor, Tensor]:
    """A GRU whose reset gate acts after the product; params as in `layerzoo.functional.gru`.

    Args:
        x: (T, N, inputs).
        cont: (T, N); only that of the first step is used. None: 1.
        weight_x: (3 D, inputs).
        bias_x, bias_h: (3 D).
        weight_h: (3 D, D).
        h: initial state, (N, D).

    Returns:
        the state at all steps, (T, N, D), and the last one, (N, D).
    """
    weights = [weight_x, weight_h, bias_x, bias_h]
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "RNN module weights are not part of"
        )  # they are params of their own
        hs, last = torch.gru(
            x, _kept(h, cont)[None], weights, True, 1, 0.0, torch.is_grad_enabled(), False, False
        )
    return hs, last[0]


def _kept(state: Tensor, cont: Tensor | None) -> Tensor:
    """An initial state; 0 where a sequence begins at the first step."""
    return state if cont is None else state * cont[0].detach().unsqueeze(1)


def _in_torchs_order(weight: Tensor) -> Tensor:
    """Rows of gates in torch's order: input, forget, candidate, output."""
    i, f, o, g = weight.chunk(4)
    return torch.cat([i, f, g, o])
