"""Whether params have changed, by any means."""

from __future__ import annotations

import torch
from torch import nn

from layerzoo.net.rewriting.checked_params import CheckedParams


def params() -> list[nn.Parameter]:
    return [
        nn.Parameter(torch.randn(5, 4, 3, 3)),
        nn.Parameter(torch.randn(5)),
        nn.Parameter(torch.randn(6, 7)),
    ]


def test_checked_params_see_every_change() -> None:
    large, small, matrix = every = params()
    checked = CheckedParams(every)
    assert checked.changed(), "the first time"
    assert not checked.changed()
    large.data[4, 3, 2, 2] += 1e-2
    assert checked.changed()
    small.detach().numpy()[2] = 7
    assert checked.changed()
    matrix.data.copy_(matrix.data.flip(1))
    assert checked.changed()
    large.data = large.data.to(memory_format=torch.channels_last)
    checked.changed()
    large.data[0, 0, 0, 1] += 1e-2
    assert checked.changed()
    assert not checked.changed()


def test_checked_params_by_version_see_changes_by_torch() -> None:
    large, small, _ = every = params()
    checked = CheckedParams(every)
    checked.by_version = True
    assert checked.changed()
    assert not checked.changed()
    with torch.no_grad():
        large.add_(1)
    assert checked.changed()
    small.data = torch.zeros(5)
    assert checked.changed()
    assert not checked.changed()
