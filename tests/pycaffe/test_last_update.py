from __future__ import annotations

import torch
from torch import nn

from layerzoo.pycaffe.last_update import LastUpdate


def _param(value: float) -> nn.Parameter:
    param = nn.Parameter(torch.full((2,), value))
    param.grad = torch.ones(2)
    return param


def test_last_update_is_stored_in_the_diffs() -> None:
    params = [_param(3.0), nn.Parameter(torch.zeros(1))]  # the second has no gradient
    update = LastUpdate(lambda: params)
    update.wanted_at = 5
    update.before_update(5)
    with torch.no_grad():
        params[0].sub_(0.25)
    update.leave()
    assert params[0].grad is not None
    assert params[0].grad.tolist() == [0.25, 0.25]
    assert params[1].grad is None


def test_last_update_of_another_iteration_costs_nothing() -> None:
    params = [_param(3.0)]
    update = LastUpdate(lambda: params)
    update.wanted_at = 5
    update.before_update(4)
    update.leave()
    assert params[0].grad is not None
    assert params[0].grad.tolist() == [1, 1], "no update was stored, so the gradient stays"
