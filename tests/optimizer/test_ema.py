from __future__ import annotations

import pytest
import torch

from layerzoo.errors import ConfigError, SnapshotError
from layerzoo.optimizer import WeightAverage
from layerzoo.schema import EMAParameter


def follow(values, **fields):
    param = torch.zeros(1)
    average = WeightAverage(EMAParameter(**fields), [param])
    means = []
    for iteration, value in enumerate(values, 1):
        param.fill_(value)
        average.update(iteration)
        means.append(average.means[0].item())
    return means


def test_mean_by_hand():
    assert follow([4, 8, 0], decay=0.75, ramp=False) == pytest.approx([1, 2.75, 2.0625])


def test_ramp_starts_with_small_decays():
    # decays 2/11, 3/12, then that of the config
    assert follow([11, 14, 0], decay=0.26) == pytest.approx([9, 12.75, 0.26 * 12.75])


def test_start_and_interval():
    means = follow([1, 2, 4, 8, 16, 32], decay=0.5, ramp=False, start_iter=2, interval=2)
    assert means == pytest.approx([1, 2, 2, 5, 5, 18.5])


def test_in_place_swaps_and_keeps_storage():
    param = torch.tensor([1.0])
    average = WeightAverage(EMAParameter(), [param])
    addresses = param.data_ptr(), average.means[0].data_ptr()
    param.fill_(3)
    with average.in_place():
        assert (param.item(), average.means[0].item()) == (1, 3)
    assert (param.item(), average.means[0].item()) == (3, 1)
    assert (param.data_ptr(), average.means[0].data_ptr()) == addresses


def test_load_copies_the_means():
    average = WeightAverage(EMAParameter(), [torch.zeros(2)])
    average.load([torch.ones(2)])
    assert average.means[0].tolist() == [1, 1]
    with pytest.raises(SnapshotError, match="another net"):
        average.load([torch.ones(3)])


@pytest.mark.parametrize("fields", [{"decay": 1}, {"decay": -0.1}, {"interval": 0}])
def test_faults(fields):
    with pytest.raises(ConfigError, match=f"ema_param.{next(iter(fields))} is"):
        WeightAverage(EMAParameter(**fields), [])
