"""Batches on a device; `tests/data/test_device_filters.py` runs the steps on them."""

from __future__ import annotations

import numpy as np
import torch

from layerzoo.data.transform import Batch
from layerzoo.data.transform.device_batch import DeviceBatch


def test_random_numbers_are_those_of_a_batch() -> None:
    numbers = np.array([3, 9])
    here, there = DeviceBatch(torch.zeros(2, 1, 2, 2), numbers, 5), Batch([], numbers, 5)
    np.testing.assert_array_equal(here.draws_for("Warp", 4).all, there.draws_for("Warp", 4).all)
    np.testing.assert_array_equal(here.draws.all, there.draws.all)


def test_grey_levels_of_bytes_and_of_values_up_to_the_peak() -> None:
    of_bytes = DeviceBatch(torch.tensor([[[[0, 128, 255]]]], dtype=torch.uint8), np.arange(1), 0)
    assert of_bytes.grey_levels().flatten().tolist() == [0, 128, 255]
    of_bytes.keep_grey_levels(torch.tensor([[[[-3.0, 1.6, 300.0]]]]))
    assert of_bytes.images.dtype == torch.uint8
    assert of_bytes.images.flatten().tolist() == [0, 2, 255]
    of_values = DeviceBatch(torch.tensor([[[[0, 0.5, 1]]]]), np.arange(1), 0, 1.0)
    assert of_values.grey_levels().flatten().tolist() == [0, 128, 255]
    of_values.keep_grey_levels(torch.tensor([[[[-3.0, 51.0, 300.0]]]]))
    assert [round(value, 6) for value in of_values.images.flatten().tolist()] == [0, 0.2, 1]
