from __future__ import annotations

import pytest

from layerzoo.errors import LayerFault
from layerzoo.functional.window import Window, convolution_window, global_window, pooling_window
from layerzoo.schema import ConvolutionParameter, PoolingParameter


def window(kernel, stride=1, pad=0, dilation=1):
    return Window((kernel,), (stride,), (pad,), (dilation,))


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad", "dilation", "count"),
    [(227, 11, 4, 0, 1, 55), (5, 3, 1, 1, 1, 5), (6, 2, 4, 0, 1, 2), (7, 3, 1, 0, 3, 1), (3, 3, 5, 1, 1, 1)],
)
def test_convolved(size, kernel, stride, pad, dilation, count):
    assert window(kernel, stride, pad, dilation).convolved([size]) == (count,)


def test_deconvolved_is_the_inverse_of_convolved():
    for kernel, stride, pad, dilation in [(3, 2, 1, 1), (4, 3, 0, 2), (1, 1, 0, 1)]:
        w = window(kernel, stride, pad, dilation)
        assert w.convolved(w.deconvolved([6])) == (6,)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad", "up", "down"),
    [
        (112, 3, 2, 0, 56, 55),  # GoogLeNet's first pooling
        (24, 2, 2, 0, 12, 12),
        (2, 2, 2, 1, 2, 2),
        (3, 2, 2, 1, 2, 2),  # 3 rounded up, of which the last would start in the pad
        (4, 1, 2, 0, 3, 2),  # the last window lies outside
        (2, 3, 2, 0, 1, None),
    ],
)
def test_pooled(size, kernel, stride, pad, up, down):
    w = window(kernel, stride, pad)
    assert w.pooled([size], ceil=True) == (up,)
    if down is None:
        with pytest.raises(LayerFault, match="doesn't fit"):
            w.pooled([size], ceil=False)
    else:
        assert w.pooled([size], ceil=False) == (down,)


def test_unpooled_is_an_inverse_of_pooled():
    for kernel, stride, pad in [(3, 2, 1), (2, 2, 0), (2, 3, 1), (1, 1, 0)]:
        w = window(kernel, stride, pad)
        assert w.pooled(w.unpooled([6]), ceil=True) == w.pooled(w.unpooled([6]), ceil=False) == (6,)
    assert Window((3,), (2,), (1,), (1,), (2,)).unpooled([4]) == (6,)


def test_window_without_axes():
    none = Window((), (), (), ())
    assert none.convolved([]) == none.deconvolved([]) == ()


def test_windows_have_caffes_defaults():
    p = ConvolutionParameter(kernel_size=[3])
    assert convolution_window(p, 2) == Window((3, 3), (1, 1), (0, 0), (1, 1))
    p = PoolingParameter(kernel_size=3)
    assert pooling_window(p, (1, 1, 9, 9)) == Window((3, 3), (1, 1), (0, 0), (1, 1))


def test_convolution_window_with_pad_h_only():
    p = ConvolutionParameter(kernel_size=[3], pad_h=1)
    assert convolution_window(p, 2).pad == (1, 0)


def test_pooling_window_of_global_pooling():
    p = PoolingParameter(global_pooling=True)
    assert pooling_window(p, (2, 3, 5, 4)) == global_window((5, 4)) == Window((5, 4), (1, 1), (0, 0), (1, 1))


def test_convolution_window_with_pads_of_sides():
    p = ConvolutionParameter(kernel_size=[3], pad_begin=[2, 1], pad_end=[1])
    window = convolution_window(p, 2)
    assert window.pads == ((2, 1), (1, 1))
    assert window.convolved((5, 5)) == (6, 5)
    p = ConvolutionParameter(kernel_size=[3], dilation=[4], causal=True)
    assert convolution_window(p, 2).pads == ((8, 0), (0, 0))
    p = ConvolutionParameter(kernel_size=[3], pad_l=1, pad_b=2)
    assert convolution_window(p, 2).pads == ((0, 2), (1, 0))
    p = ConvolutionParameter(kernel_size=[3], pad_l=1, pad_r=1, pad_t=1, pad_b=1)
    assert convolution_window(p, 2) == Window((3, 3), (1, 1), (1, 1), (1, 1))


def test_misfit_names_the_pads_of_both_sides():
    p = ConvolutionParameter(kernel_size=[9], pad_begin=[2], pad_end=[1])
    with pytest.raises(LayerFault, match="with a pad of 2 x 2 and 1 x 1"):
        convolution_window(p, 2).convolved((5, 5))
