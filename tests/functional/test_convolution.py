from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.convolution import convolution_geometry, convolve, deconvolve
from layerzoo.functional.window import Window
from layerzoo.schema import ConvolutionParameter


def test_an_axis_unrolled_is_an_axis_convolved():
    # a fourth axis of size 1 and kernel 1 changes nothing, wherever it stands
    x = torch.randn(2, 4, 5, 6, 3)
    weight, bias = torch.randn(6, 2, 2, 3, 2), torch.randn(6)
    three = Window((2, 3, 2), (2, 1, 1), (1, 2, 0), (1, 2, 1))
    want = convolve(x, weight, bias, three, 2)
    for at in range(4):
        four = Window(*((*n[:at], fill, *n[at:]) for n, fill in zip(three, (1, 1, 0, 1), strict=True)))
        got = convolve(x.unsqueeze(2 + at), weight.unsqueeze(2 + at), bias, four, 2)
        assert torch.allclose(got.squeeze(2 + at), want, atol=1e-4)
        back = deconvolve(want.unsqueeze(2 + at), weight.unsqueeze(2 + at), None, four, 2)
        assert torch.allclose(back.squeeze(2 + at), deconvolve(want, weight, None, three, 2), atol=1e-3)


def test_geometry():
    p = ConvolutionParameter(num_output=4, kernel_size=[3], group=2)
    geometry = convolution_geometry(p, [(5, 6, 7)], 1)
    assert geometry == (1, Window((3,), (1,), (0,), (1,)), 2)
    with pytest.raises(LayerFault, match="group 2 doesn't divide both the 5 channels"):
        convolution_geometry(p, [(5, 6, 7)], 0)
