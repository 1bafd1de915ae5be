from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS


def interp(make, x, **fields):
    return make("Interp", tuple(x.shape), interp_param=fields)(x)


def test_corners_stay_and_the_middle_is_their_mean(make):
    x = torch.tensor([[1.0, 3], [5, 7]]).view(1, 1, 2, 2)
    assert interp(make, x, zoom_factor=2)[0, 0].tolist() == [[1, 2, 3], [3, 4, 5], [5, 6, 7]]


def test_shrinking_takes_every_nth_pixel(make):
    x = torch.arange(7.0).view(1, 1, 1, 7)
    assert interp(make, x, shrink_factor=3).flatten().tolist() == [0, 3, 6]


def test_pads_crop(make):
    x = torch.arange(25.0).view(1, 1, 5, 5)
    assert interp(make, x, shrink_factor=1, pad_beg=-1, pad_end=-2)[0, 0].tolist() == [[6, 7], [11, 12]]


@pytest.mark.parametrize(
    ("fields", "top"),
    [
        ({"zoom_factor": 8}, (33, 41)),
        ({"shrink_factor": 2}, (3, 3)),
        ({"shrink_factor": 2, "zoom_factor": 4}, (9, 9)),
        ({"height": 7, "width": 2}, (7, 2)),
        ({"height": 7, "width": 2, "shrink_factor": 2, "zoom_factor": 4}, (7, 2)),
        ({"height": 7, "width": 2, "zoom_factor": 2}, (9, 11)),
    ],
)
def test_the_size_is_that_of_the_field_that_counts(shapes, fields, top):
    assert shapes("Interp", (2, 3, 5, 6), interp_param=fields) == [(2, 3, *top)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "size of the top is missing"),
        ({"height": 3}, "size of the top is missing"),
        ({"zoom_factor": 0}, "below 1"),
        ({"zoom_factor": 2, "pad_beg": 1}, "above 0"),
        ({"zoom_factor": 2, "pad_end": -6}, "crop all"),
        ({"height": 0, "width": 3}, "0 x 3 pixels"),
        ({"use_blob_size": True}, "without each other"),
    ],
)
def test_faults_name_the_field(shapes, fields, message):
    with pytest.raises(LayerFault, match=message):
        shapes("Interp", (2, 3, 5, 6), interp_param=fields)


def test_fields_that_give_no_size_are_unread(make):
    layer = make("Interp", (1, 1, 2, 2), interp_param={"zoom_factor": 2, "height": 5, "width": 5})
    assert "interp_param.height" in LAYERS["Interp"].unread(layer.param)


def test_compiled_it_gives_the_same(make):
    x = torch.rand(1, 2, 5, 4)
    for fields in ({"zoom_factor": 2, "pad_beg": -1}, {"height": 7, "width": 9}):
        layer = make("Interp", tuple(x.shape), interp_param=fields)
        assert torch.equal(torch.compile(layer, fullgraph=True, backend="eager")(x), layer(x))


def test_second_bottom_gives_the_size(make, shapes):
    x, sized = torch.rand(1, 2, 4, 5), torch.zeros(3, 1, 7, 9)
    layer = make("Interp", x.shape, sized.shape, interp_param={"use_blob_size": True, "height": 2})
    assert torch.equal(layer(x, sized), interp(make, x, height=7, width=9))
    assert "interp_param.height" in LAYERS["Interp"].unread(layer.param)
    with pytest.raises(LayerFault, match="without each other"):
        shapes("Interp", x.shape, sized.shape, interp_param={"height": 7, "width": 9})
