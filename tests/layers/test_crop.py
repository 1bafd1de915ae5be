from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def crop(make, first, second, **fields):
    return make("Crop", first, second, crop_param=fields)


def test_values_by_hand(make):
    x = torch.arange(12.0).reshape(1, 1, 3, 4)
    layer = crop(make, (1, 1, 3, 4), (1, 7, 2, 2), offset=[1, 2])
    assert layer(x, torch.zeros(1, 7, 2, 2)).tolist() == [[[[6, 7], [10, 11]]]]


def test_one_offset_applies_to_all_axes_from_axis(make):
    x = torch.arange(12.0).reshape(3, 4)
    for axis in (0, -2):
        layer = crop(make, (3, 4), (2, 1), axis=axis, offset=[1])
        assert layer(x, torch.zeros(2, 1)).tolist() == [[5], [9]]


def test_offset_defaults_to_zero(make):
    x = torch.arange(4.0).reshape(1, 4)
    assert crop(make, (1, 4), (1, 2), axis=1)(x, torch.zeros(1, 2)).tolist() == [[0, 1]]


def test_gradient_outside_the_crop_is_zero(make):
    x = torch.ones(1, 4, requires_grad=True)
    crop(make, (1, 4), (1, 2), axis=1, offset=[1])(x, torch.zeros(1, 2)).sum().backward()
    assert x.grad.tolist() == [[0, 1, 1, 0]]


@pytest.mark.parametrize(
    ("second", "fields", "message"),
    [
        ((1, 1, 3), {}, "must have as many axes"),
        ((1, 1, 3, 3), {"offset": [2]}, r"3 at offset 2 along axis 2 .* \(1, 1, 4, 4\) and \(1, 1, 3, 3\)"),
        ((1, 1, 3, 3), {"offset": [0, 0, 0]}, "3 offsets for the 2 axes from 2 on"),
        ((1, 1, 3, 3), {"axis": 4}, "axis 4 of a blob with 4 axes"),
    ],
)
def test_faults(make, second, fields, message):
    with pytest.raises(LayerFault, match=message):
        crop(make, (1, 1, 4, 4), second, **fields)
