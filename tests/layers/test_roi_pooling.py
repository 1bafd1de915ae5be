from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault

FIELDS = "pooled_h: 2 pooled_w: 2"
X = torch.arange(2 * 36.0).reshape(2, 1, 6, 6)


def layer(fields: str) -> str:
    return f'type: "ROIPooling" roi_pooling_param {{ {fields} }}'


def test_top_holds_maximum_of_each_bin(make):
    pool = make(layer(FIELDS), (2, 1, 6, 6), (2, 5))
    # columns 1 to 3 and rows 0 to 2: bins of 1.5 elements, rounded outwards, so they share row 1 and column 2
    y = pool(X, torch.tensor([[0.0, 1, 0, 3, 2], [1, 5, 5, 5, 5]]))
    assert y.tolist() == [[[[8, 9], [14, 15]]], [[[71, 71], [71, 71]]]]


def test_corners_are_scaled_then_rounded_away_from_zero(make):
    pool = make(layer(FIELDS + " spatial_scale: 0.5"), (2, 1, 6, 6), (1, 5))
    # 1 and 5 become 0.5 and 2.5, thus 1 and 3
    assert pool(X, torch.tensor([[0.0, 1, 1, 5, 5]])).tolist() == [[[[14, 15], [20, 21]]]]


def test_bin_outside_image_is_0(make):
    pool = make(layer(FIELDS), (2, 1, 6, 6), (1, 5))
    assert pool(X + 1, torch.tensor([[0.0, 4, 0, 9, 1]])).tolist() == [[[[6, 0], [12, 0]]]]


def test_pad_ratio_adds_context(make):
    plain = make(layer(FIELDS), (2, 1, 6, 6), (1, 5))
    padded = make(layer(FIELDS + " pad_ratio: 0.5"), (2, 1, 6, 6), (1, 5))
    assert torch.equal(
        padded(X, torch.tensor([[0.0, 2, 2, 3, 3]])), plain(X, torch.tensor([[0.0, 1, 1, 4, 4]]))
    )


def test_gradient_goes_to_the_maximum_and_not_from_malformed_regions(make):
    pool = make(layer("pooled_h: 1 pooled_w: 1"), (2, 1, 6, 6), (2, 5))
    x = X.clone().requires_grad_()
    regions = torch.tensor([[0.0, 0, 0, 2, 1], [1, 3, 3, 2, 4]], requires_grad=True)
    y = pool(x, regions)
    assert y.flatten().tolist() == [8, 63]  # column 3, rows 3 and 4: the width counts as 1
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.nonzero().tolist() == [[0, 0, 1, 2]]
    assert regions.grad is None


def test_image_index_is_checked(make):
    pool = make(layer(FIELDS), (2, 1, 6, 6), (1, 5))
    with pytest.raises(DataError, match="image index of a region 2 is out of range; 0 to 1 exist"):
        pool(X, torch.tensor([[2.0, 0, 0, 1, 1]]))


def test_shapes_and_faults(shapes):
    assert shapes(layer("pooled_h: 3 pooled_w: 4"), (2, 7, 6, 6), (9, 5)) == [(9, 7, 3, 4)]
    assert shapes(layer("pooled_size: 3 pooled_size: 4"), (2, 7, 6, 6), (9, 5, 1, 1)) == [(9, 7, 3, 4)]
    assert shapes(layer("pooled_size: 5"), (2, 7, 6, 6), (0, 5)) == [(0, 7, 5, 5)]
    for fields, field, message in (
        ("pooled_w: 4", "pooled_h", "pooled_h must be at least 1"),
        ("pooled_h: 4", "pooled_w", "pooled_w must be at least 1"),
        ("pooled_size: 0", "pooled_size", "pooled_size must be at least 1"),
        ("pooled_size: 3 pooled_h: 3", "pooled_size", "both pooled_size and pooled_h"),
        ("pooled_size: [1, 2, 3]", "pooled_size", "3 numbers in pooled_size"),
    ):
        with pytest.raises(LayerFault, match=message) as fault:
            shapes(layer(fields), (2, 7, 6, 6), (9, 5))
        assert fault.value.field == f"roi_pooling_param.{field}"


def test_no_regions_give_an_empty_top(make):
    assert make(layer(FIELDS), (2, 1, 6, 6), (0, 5))(X, torch.zeros(0, 5)).shape == (0, 1, 2, 2)
