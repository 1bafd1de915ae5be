from __future__ import annotations

import torch


def test_values(make):
    x = torch.tensor([-1.0, 0.0, 0.25, 2.0], requires_grad=True)
    y = make("Threshold", (4,))(x)
    assert y.tolist() == [0, 0, 1, 1]
    assert not y.requires_grad
    assert make("Threshold", (4,), threshold_param={"threshold": 0.25})(x).tolist() == [0, 0, 0, 1]


def test_dtype_is_kept(make):
    assert make("Threshold", (1,))(torch.ones(1, dtype=torch.float64)).dtype == torch.float64
