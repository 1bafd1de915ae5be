from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.margin import annealed, anneals, multiplied_angle, scores_shape
from layerzoo.schema import MarginInnerProductParameter


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_multiplied_angle_falls_from_1_to_1_minus_twice_the_margin(times):
    angle = torch.linspace(0.01, math.pi - 0.01, 50, dtype=torch.float64)
    cos = angle.cos().requires_grad_()
    psi, slope = multiplied_angle(cos, times)
    assert bool((psi.diff() < 0).all())
    assert multiplied_angle(torch.tensor([1.0, -1.0]), times)[0].tolist() == pytest.approx([1, 1 - 2 * times])
    torch.testing.assert_close(torch.autograd.grad(psi.sum(), cos)[0], slope)
    first = angle < math.pi / times
    torch.testing.assert_close(psi[first], (times * angle[first]).cos())


def test_annealed_counts_this_pass():
    p = MarginInnerProductParameter(base=12, gamma=0.5, power=2, lambda_min=1, iteration=1)
    assert annealed(p, torch.tensor(0), torch.zeros(1)).tolist() == [3]  # 12 / (1 + 2 / 2)^2
    assert annealed(p, torch.tensor(50), torch.zeros(1)).tolist() == [1]
    assert anneals(p) is not None
    assert anneals(MarginInnerProductParameter(base=12)) is None


def test_scores_shape_replaces_the_features():
    assert scores_shape((4, 3, 2), (4,), 1, 7, "f") == (4, 7)
    assert scores_shape((4, 3, 2), (4, 3), 2, 7, "f") == (4, 3, 7)
    with pytest.raises(LayerFault, match="expected one per item"):
        scores_shape((4, 3, 2), (3,), 1, 7, "f")
    with pytest.raises(LayerFault, match="num_output"):
        scores_shape((4, 3, 2), (4,), 1, 0, "f")
