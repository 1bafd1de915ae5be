"""Constants as tensors."""

from __future__ import annotations

import torch

from layerzoo.functional.constants import constant
from layerzoo.functional.transforms import values_hidden


def test_constant_is_kept_in_recorded_steps_only() -> None:
    settings = (1.0, 2.5), torch.float32, torch.device("cpu")
    assert constant(*settings).tolist() == [1.0, 2.5]
    assert constant(*settings) is not constant(*settings)
    with values_hidden():
        assert constant(*settings) is constant(*settings)
        assert constant((1, 2), None, torch.device("cpu")).dtype == torch.int64
        assert constant((1.0, 2.5), torch.float64, torch.device("cpu")).dtype == torch.float64


def test_rows_of_numbers_are_tensors_of_two_axes() -> None:
    assert constant(((1.0, 2.0), (3.0, 4.0)), None, torch.device("cpu")).shape == (2, 2)
