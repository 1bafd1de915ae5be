"""Gated recurrent units, in one layer and one direction.

The gates r and z are sigmoids. With the reset gate after the product (torch's and cuDNN's form) the candidate
is ``n = tanh(x_n + r (W_n h + b_n))``, before it ``n = tanh(x_n + W_n (r h) + b_n)``; then
``h = (1 - z) n + z h``. Rows of params are in torch's order: r, z, n.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def gru_cell(inputs: Tensor, h: Tensor, weight: Tensor, bias: Tensor, reset_after: bool) -> Tensor:
    """One step.

    Args:
        inputs: (N, 3 D), the product of x and its weights, with their bias.
        h: the state before, (N, D).
        weight: (3 D, D).
        bias: (3 D).
        reset_after: the reset gate acts on the product of weights and state.
    """
    size = h.shape[-1]
    of_gates, of_candidate = inputs[..., : 2 * size], inputs[..., 2 * size :]
    if reset_after:
        made = F.linear(h, weight, bias)
        r, z = (of_gates + made[..., : 2 * size]).sigmoid().chunk(2, -1)
        n = (of_candidate + r * made[..., 2 * size :]).tanh()
    else:
        r, z = (of_gates + F.linear(h, weight[: 2 * size], bias[: 2 * size])).sigmoid().chunk(2, -1)
        n = (of_candidate + F.linear(r * h, weight[2 * size :], bias[2 * size :])).tanh()
    return n + z * (h - n)


def gru(
    inputs: Tensor, keep: Tensor | None, weight: Tensor, bias: Tensor, h: Tensor, reset_after: bool
) -> Tensor:
    """`gru_cell` over time; (T, N, 3 D) inputs give (T, N, D).

    Args:
        inputs, weight, bias, reset_after: as for `gru_cell`.
        keep: (T, N), 0 where a sequence begins; None: nowhere.
        h: the state before the first step, (N, D).
    """
    steps = []
    keeps = None if keep is None else keep.detach().unsqueeze(2).unbind()
    for index, step in enumerate(inputs.unbind()):
        h = gru_cell(step, h if keeps is None else h * keeps[index], weight, bias, reset_after)
        steps.append(h)
    return torch.stack(steps)
