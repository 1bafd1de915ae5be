from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault


def test_axes_after_the_first_are_flattened(make):
    y = make('type: "Flatten"', (2, 2, 2))(torch.arange(8.0).reshape(2, 2, 2))
    assert y.tolist() == [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]]


def test_axes_from_axis_to_end_axis_are_flattened(make, shapes):
    text = 'type: "Flatten" flatten_param { axis: 1 end_axis: -2 }'
    assert shapes(text, (2, 3, 4, 5)) == [(2, 12, 5)]
    assert make(text, (2, 3, 4, 5))(torch.zeros(7, 3, 4, 5)).shape == (7, 12, 5)


def test_gradient(make):
    x = torch.randn(2, 2, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(make('type: "Flatten"', (2, 2, 3)), (x,))


def test_invalid_axes_are_errors(shapes):
    with pytest.raises(LayerFault, match="end_axis 1 comes before axis 2"):
        shapes('type: "Flatten" flatten_param { axis: 2 end_axis: 1 }', (2, 3, 4))
    with pytest.raises(LayerFault, match="axis 3 of a blob with 3 axes"):
        shapes('type: "Flatten" flatten_param { axis: 3 }', (2, 3, 4))
