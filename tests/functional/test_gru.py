from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.functional.gru import gru, gru_cell


def test_cell_is_torchs() -> None:
    cell, x, h = nn.GRUCell(4, 3), torch.randn(2, 4), torch.randn(2, 3)
    inputs = nn.functional.linear(x, cell.weight_ih, cell.bias_ih)
    torch.testing.assert_close(gru_cell(inputs, h, cell.weight_hh, cell.bias_hh, True), cell(x, h))


@pytest.mark.parametrize("reset_after", [False, True])
def test_keep_of_0_resets_the_state(reset_after: bool) -> None:
    inputs, weight, bias, h = torch.randn(4, 1, 6), torch.randn(6, 2), torch.randn(6), torch.randn(1, 2)
    keep = torch.tensor([[1.0], [1], [0], [1]])
    whole = gru(inputs, keep, weight, bias, h, reset_after)
    torch.testing.assert_close(whole[:2], gru(inputs[:2], None, weight, bias, h, reset_after))
    torch.testing.assert_close(whole[2:], gru(inputs[2:], None, weight, bias, 0 * h, reset_after))
