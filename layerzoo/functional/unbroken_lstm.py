"""An LSTM over sequences that begin nowhere but at the first step, by torch's own kernel."""

from __future__ import annotations

import torch
from torch import Tensor

from layerzoo.functional.layout import has_onednn
from layerzoo.functional.transforms import may_read


def runs_unbroken(x: Tensor, cont: Tensor) -> bool:
    """Whether `unbroken_lstm` may run in place of a loop over time.

    It may on a CPU with oneDNN, in FP32, where no sequence begins after the first step. The values of
    ``cont`` are read, which a GPU would have to wait for.

    Args:
        x: (T, N, inputs).
        cont: (T, N): 0 where a sequence begins, else 1.
    """
    if x.device.type != "cpu" or x.dtype != torch.float32 or not x.numel() or not may_read():
        return False
    return has_onednn() and not torch.is_autocast_enabled("cpu") and bool((cont[1:] == 1).all())


def unbroken_lstm(
    x: Tensor, cont: Tensor, weight_x: Tensor, bias: Tensor, weight_h: Tensor, h: Tensor, c: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """An LSTM with the gates of `layerzoo.functional.recurrence.lstm`: input, forget, output, candidate.

    Args:
        x: (T, N, inputs).
        cont: (T, N); only that of the first step is used.
        weight_x: (4 D, inputs).
        bias: (4 D).
        weight_h: (4 D, D).
        h, c: initial hidden and cell state, each (N, D).

    Returns:
        the hidden state at all steps, (T, N, D); the last hidden and cell state, each (N, D).
    """
    keep = cont[0].detach().unsqueeze(1)
    before = [(state * keep)[None] for state in (h, c)]
    weights = [_in_torchs_order(part) for part in (weight_x, weight_h, bias)]
    hs, last, cell = torch.lstm(
        x, before, [*weights, torch.zeros_like(bias)], True, 1, 0.0, torch.is_grad_enabled(), False, False
    )
    return hs, last[0], cell[0]


def _in_torchs_order(weight: Tensor) -> Tensor:
    """Rows of gates in torch's order: input, forget, candidate, output."""
    i, f, o, g = weight.chunk(4)
    return torch.cat([i, f, g, o])
