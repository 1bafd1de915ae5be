from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.convolution import Geometry, convolution_geometry, convolve, deconvolve
from layerzoo.functional.window import Window
from layerzoo.schema import ConvolutionParameter


def test_convolve_unrolls_a_fourth_axis():
    # a fourth axis of size 1 with a kernel of 1 changes nothing, at any position
    x = torch.randn(2, 4, 5, 6, 3)
    weight, bias = torch.randn(6, 2, 2, 3, 2), torch.randn(6)
    three = Window((2, 3, 2), (2, 1, 1), (1, 2, 0), (1, 2, 1))
    expected = convolve(x, weight, bias, three, 2)
    for at in range(4):
        four = Window(*((*n[:at], fill, *n[at:]) for n, fill in zip(three[:4], (1, 1, 0, 1), strict=True)))
        y = convolve(x.unsqueeze(2 + at), weight.unsqueeze(2 + at), bias, four, 2)
        assert torch.allclose(y.squeeze(2 + at), expected, atol=1e-4)
        back = deconvolve(expected.unsqueeze(2 + at), weight.unsqueeze(2 + at), None, four, 2)
        assert torch.allclose(back.squeeze(2 + at), deconvolve(expected, weight, None, three, 2), atol=1e-3)


def test_convolution_geometry():
    p = ConvolutionParameter(num_output=4, kernel_size=[3], group=2)
    geometry = convolution_geometry(p, [(5, 6, 7)], 1)
    assert geometry == Geometry(1, Window((3,), (1,), (0,), (1,)), 2)
    with pytest.raises(LayerFault, match="group 2 doesn't divide both the 5 channels"):
        convolution_geometry(p, [(5, 6, 7)], 0)
