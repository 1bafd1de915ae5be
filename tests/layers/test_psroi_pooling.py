from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault


def layer(fields: str = "spatial_scale: 1 output_dim: 1 group_size: 2") -> str:
    return f'type: "PSROIPooling" psroi_pooling_param {{ {fields} }}'


def test_each_bin_is_the_mean_over_its_own_channel(make):
    x = torch.stack([torch.full((4, 4), 10.0 * c) + torch.arange(4.0) for c in range(4)])[None]
    pool = make(layer(), (1, 4, 4, 4), (1, 5))
    # columns 0 to 3 inclusive: two bins of two columns, of means 0.5 and 2.5
    assert pool(x, torch.tensor([[0.0, 0, 0, 3, 3]])).tolist() == [[[[0.5, 12.5], [20.5, 32.5]]]]


def test_corners_are_rounded_before_scaling(make):
    pool = make(layer("spatial_scale: 0.5 output_dim: 1 group_size: 1"), (1, 1, 2, 4), (2, 5))
    x = torch.tensor([[[[1.0, 2, 4, 8], [0, 0, 0, 0]]]])
    regions = torch.tensor([[0.0, 0.6, 0, 2.4, 0], [0, 2.5, 0, 4.4, 0]])
    # x from 1 to 3 halved: 0.5 to 1.5, which touches columns 0 and 1; 3 to 5 halved: columns 1 and 2
    assert pool(x, regions).flatten().tolist() == [1.5, 3]


def test_bin_outside_image_is_0_and_gradient_is_spread_evenly(make):
    pool = make(layer(), (1, 4, 4, 4), (1, 5))
    x = torch.ones(1, 4, 4, 4, requires_grad=True)
    y = pool(x, torch.tensor([[0.0, 2, 0, 5, 3]]))
    assert y.tolist() == [[[[1, 0], [1, 0]]]]
    (grad,) = torch.autograd.grad(y.sum(), x)
    assert grad[0, 0].tolist() == [[0, 0, 0.25, 0.25]] * 2 + [[0] * 4] * 2
    assert grad[0, 1].abs().sum() == 0


def test_image_index_is_checked(make):
    with pytest.raises(DataError, match="image index of a region 1 is out of range; 0 to 0 exist"):
        make(layer(), (1, 4, 4, 4), (1, 5))(torch.ones(1, 4, 4, 4), torch.tensor([[1.0, 0, 0, 1, 1]]))


def test_shapes_and_faults(shapes):
    assert shapes(layer("spatial_scale: 1 output_dim: 3 group_size: 2"), (2, 12, 6, 6), (9, 5)) == [
        (9, 3, 2, 2)
    ]
    with pytest.raises(LayerFault, match="a bottom of 11 channels; expected") as fault:
        shapes(layer("spatial_scale: 1 output_dim: 3 group_size: 2"), (2, 11, 6, 6), (9, 5))
    assert fault.value.bottom == 0
    for fields, field in (
        ("spatial_scale: 1 output_dim: 0 group_size: 2", "output_dim"),
        ("spatial_scale: 1 output_dim: 1 group_size: -1", "group_size"),
        ("spatial_scale: 0 output_dim: 1 group_size: 1", "spatial_scale"),
    ):
        with pytest.raises(LayerFault, match=field) as fault:
            shapes(layer(fields), (1, 1, 6, 6), (9, 5))
        assert fault.value.field == f"psroi_pooling_param.{field}"


def test_no_regions_give_an_empty_top(make):
    assert make(layer(), (1, 4, 4, 4), (0, 5))(torch.ones(1, 4, 4, 4), torch.zeros(0, 5)).shape == (
        0,
        1,
        2,
        2,
    )
