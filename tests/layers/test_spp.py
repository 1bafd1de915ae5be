from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, SPPParameter


def spp(make, shape, **fields):
    return make("SPP", shape, **{"phase": fields.pop("phase", 0)}, spp_param=fields)


def test_max_by_hand(make):
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    y = spp(make, (1, 1, 4, 4), pyramid_height=2)(x)
    assert y.tolist() == [[15, 5, 7, 13, 15]]  # level 0, then the four bins of level 1


def test_channels_are_grouped_by_level(make):
    x = torch.arange(8.0).reshape(1, 2, 2, 2)
    y = spp(make, (1, 2, 2, 2), pyramid_height=2)(x)
    assert y.tolist() == [[3, 7, 0, 1, 2, 3, 4, 5, 6, 7]]


def test_mean_over_indivisible_side_counts_padding(make):
    # side 3, bins of 2, pad 1: 0 1, 2 3
    x = torch.tensor([1.0, 2, 3]).reshape(1, 1, 1, 3).expand(1, 1, 3, 3)
    y = spp(make, (1, 1, 3, 3), pyramid_height=2, pool=SPPParameter.AVE)(x)
    assert y[0].tolist() == pytest.approx([2, 0.25, 1.25, 0.5, 2.5])


def test_single_level_keeps_the_axes(make):
    y = spp(make, (2, 3, 5, 4), pyramid_height=1)(torch.ones(2, 3, 5, 4))
    assert y.shape == (2, 3, 1, 1)


def test_top_size_is_independent_of_image_size(make):
    layer = spp(make, (1, 3, 9, 8), pyramid_height=3)
    assert layer(torch.ones(1, 3, 9, 8)).shape == layer(torch.ones(1, 3, 16, 7)).shape == (1, 63)


def test_stochastic_pooling_in_both_phases(make):
    x = torch.tensor([1.0, 3, 0, 0]).reshape(1, 1, 1, 4).repeat(1, 1, 4, 1)
    kind = {"pyramid_height": 2, "pool": SPPParameter.STOCHASTIC}
    y = spp(make, (1, 1, 4, 4), phase=TEST, **kind)(x)
    assert y.tolist() == [[2.5, 2.5, 0, 2.5, 0]]
    y = spp(make, (1, 1, 4, 4), **kind)(x)
    assert set(y[0, [0, 1, 3]].tolist()) <= {1, 3}
    assert y[0, [2, 4]].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("shape", "fields", "message"),
    [
        ((1, 1, 4, 4), {}, "pyramid_height must be at least 1"),
        ((1, 1, 4), {"pyramid_height": 1}, "SPP takes 4 axes"),
        ((1, 1, 4, 4), {"pyramid_height": 4}, "as large as the kernel"),
        ((1, 1, 3, 3), {"pyramid_height": 2, "pool": SPPParameter.STOCHASTIC}, "takes no pad"),
        ((1, 2, 0, 4), {"pyramid_height": 1}, "has no pixels to pool"),
    ],
)
def test_faults(make, shape, fields, message):
    with pytest.raises(LayerFault, match=message):
        spp(make, shape, **fields)
