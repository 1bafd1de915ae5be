import math

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 dim: 5 dim: 7 } } }
layer { name: "l" type: "Downsample" bottom: "x" top: "y" downsample_param { top_height: 2 top_width: 3 } }
"""


def loops(x, height, width):
    """Pixel by pixel, as the fork's kernel does."""
    n, channels, rows, columns = x.shape
    sx, sy = (columns - 1) / (width - 1), (rows - 1) / (height - 1)
    top = np.zeros((n, channels, height, width))
    for b, c, row, column in np.ndindex(*top.shape):
        px, py = column * sx, row * sy
        value = weight = lost = 0
        for i in range(round(py) - math.ceil(sy), round(py) + math.ceil(sy) + 1):
            for j in range(round(px) - math.ceil(sx), round(px) + math.ceil(sx) + 1):
                if 0 <= i < rows and 0 <= j < columns:
                    w = max(0, 1 - abs(j - px) / sx) * max(0, 1 - abs(i - py) / sy)
                    if np.isnan(x[b, c, i, j]):
                        lost += w
                    else:
                        value, weight = value + w * x[b, c, i, j], weight + w
        top[b, c, row, column] = np.nan if weight == 0 or lost / weight > 0.5 else value / weight
    return top


@pytest.mark.parametrize("size", [(2, 3), (3, 4), (5, 9), (4, 2)])
@pytest.mark.parametrize("unknown", [0, 0.3, 0.6])
def test_downsample_agrees_with_loops(make, size, unknown):
    generator = np.random.default_rng(3)
    x = generator.standard_normal((2, 2, 9, 13))
    x[generator.random(x.shape) < unknown] = np.nan
    layer = make(
        f'type: "Downsample" downsample_param {{ top_height: {size[0]} top_width: {size[1]} }}', x.shape
    )
    expected = loops(x, *size)
    np.testing.assert_allclose(layer(torch.from_numpy(x)), expected, atol=1e-9)
    assert np.isnan(expected).any() == bool(unknown)


def test_size_of_a_second_bottom_and_of_the_same_size(make):
    x = torch.randn(1, 2, 5, 6)
    assert make("Downsample", x.shape, (1, 1, 3, 2))(x, torch.zeros(1, 1, 3, 2)).shape == (1, 2, 3, 2)
    assert torch.equal(make("Downsample", x.shape, x.shape)(x, x), x)
    one = make("Downsample", x.shape, (1, 1, 1, 1))(x, torch.zeros(1, 1, 1, 1))
    assert one.isfinite().all()


def test_faults(shapes):
    with pytest.raises(LayerFault, match="a top of 0 x 0 pixels"):
        shapes("Downsample", (1, 2, 3, 4))
    with pytest.raises(LayerFault, match=r"expected \(N, C, H, W\)"):
        shapes("Downsample", (1, 2, 3), (1, 1, 2, 2))
