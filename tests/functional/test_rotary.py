from __future__ import annotations

import cmath

import pytest
import torch

from layerzoo.functional.rotary import rotated


@pytest.mark.parametrize("interleaved", [False, True])
def test_pairs_turn_by_position_times_rate(interleaved: bool) -> None:
    x = torch.randn(3, 6, dtype=torch.float64)
    found = rotated(x, 4, 100, interleaved, start=5)
    for step in range(3):
        for pair in range(2):
            one, two = (2 * pair, 2 * pair + 1) if interleaved else (pair, pair + 2)
            angle = (5 + step) * 100 ** (-2 * pair / 4)
            expected = complex(x[step, one], x[step, two]) * cmath.exp(1j * angle)
            assert complex(found[step, one], found[step, two]) == pytest.approx(expected)
    assert torch.equal(found[:, 4:], x[:, 4:])


def test_angles_of_16_bits_are_computed_in_fp32() -> None:
    x = torch.ones(1, 2, dtype=torch.bfloat16)
    found = rotated(x, 2, 10000, False, start=1001)
    assert found[0, 0].item() == pytest.approx(
        torch.tensor(1001.0).cos().sub(torch.tensor(1001.0).sin()).item(), abs=0.01
    )
