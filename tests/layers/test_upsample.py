from __future__ import annotations

import pytest
import torch

from layerzoo.errors import DataError, LayerFault


def upsample(make, x, mask=None, **fields):
    blobs = [x] if mask is None else [x, mask]
    layer = make(
        "Upsample", *(tuple(b.shape) for b in blobs), bottom=["x", "m"][: len(blobs)], upsample_param=fields
    )
    return layer(*blobs)


def row(*values):
    return torch.tensor(values, dtype=torch.float32).view(1, 1, 1, -1)


def test_with_one_bottom_values_are_repeated(make):
    assert upsample(make, row(1, 2), scale=2)[0, 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2]]
    assert upsample(make, row(1, 2)).flatten().tolist() == [1, 2]


def test_with_a_mask_values_move_to_their_places(make):
    y = upsample(make, row(5, 6), row(1, 6), scale=2)
    assert y[0, 0].tolist() == [[0, 5, 0, 0], [0, 0, 6, 0]]


def test_of_values_at_one_place_the_last_stays_and_all_get_its_gradient(make):
    x = row(5, 6, 7).requires_grad_()
    y = upsample(make, x, row(2, 2, 0), upsample_h=2, upsample_w=2)
    assert y.flatten().tolist() == [7, 0, 6, 0]
    (y * torch.tensor([[[[1.0, 2], [3, 4]]]])).sum().backward()
    assert x.grad.flatten().tolist() == [3, 3, 1]


@pytest.mark.parametrize(
    ("fields", "top"),
    [
        ({}, (4, 6)),
        ({"scale": 3}, (6, 9)),
        ({"scale_h": 2, "scale_w": 4}, (4, 12)),
        ({"pad_out_h": True}, (3, 6)),
        ({"scale": 2, "pad_out_w": True}, (4, 5)),
        ({"scale": 2, "upsample_h": 5, "upsample_w": 7}, (5, 7)),
    ],
)
def test_sizes_with_a_mask(shapes, fields, top):
    found = shapes("Upsample", (1, 2, 2, 3), (1, 2, 2, 3), upsample_param=fields)
    assert found == [(1, 2, *top)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scale": 1}, "a scale of 1"),
        ({"scale": 3, "pad_out_h": True}, "needs a scale of 2"),
        ({"scale_h": 2}, "not clear"),
        ({"scale": 2, "scale_h": 2, "scale_w": 2}, "not clear"),
        ({"upsample_h": 1, "upsample_w": 9}, "1 x 9 pixels"),
    ],
)
def test_sizes_that_are_not_clear_are_refused(shapes, fields, message):
    with pytest.raises(LayerFault, match=message):
        shapes("Upsample", (1, 2, 2, 3), (1, 2, 2, 3), upsample_param=fields)


def test_fields_of_masks_without_a_mask_are_refused(shapes):
    with pytest.raises(LayerFault, match="upsample_h needs a mask"):
        shapes("Upsample", (1, 2, 2, 3), upsample_param={"upsample_h": 4, "upsample_w": 6})
    with pytest.raises(LayerFault, match="a mask of shape"):
        shapes("Upsample", (1, 2, 2, 3), (1, 2, 2, 2))


def test_an_index_outside_of_the_top_is_an_error(make):
    with pytest.raises(DataError, match="index 8 is out of range; 0 to 7 exist"):
        upsample(make, row(5, 6), row(1, 8), scale=2)


def test_compiled_it_gives_the_same(make):
    x, mask = torch.rand(1, 1, 2, 2), torch.tensor([0.0, 2, 5, 7]).view(1, 1, 2, 2)
    for blobs, fields in (([x], {"scale": 3}), ([x, mask], {"scale": 2, "pad_out_w": True})):
        sizes = (tuple(b.shape) for b in blobs)
        layer = make("Upsample", *sizes, bottom=["x", "m"][: len(blobs)], upsample_param=fields)
        assert torch.equal(torch.compile(layer, fullgraph=True, backend="eager")(*blobs), layer(*blobs))
