import math

import numpy as np
import pytest
import torch
from google.protobuf import text_format

from layerzoo.errors import LayerFault
from layerzoo.layers.resample import Resample
from layerzoo.schema import LayerParameter

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 dim: 4 dim: 3 } } }
layer { name: "r" type: "Input" top: "r" input_param { shape { dim: 2 dim: 1 dim: 2 dim: 5 } } }
layer { name: "l" type: "Resample" bottom: "x" top: "y" resample_param { height: 6 width: 4 type: CUBIC } }
layer { name: "m" type: "Resample" bottom: "x" bottom: "r" top: "z" resample_param { type: LINEAR } }
"""


def cubic(x):
    x = abs(x)
    if x <= 1:
        return x * x * (1.5 * x - 2.5) + 1
    return x * (x * (-0.5 * x + 2.5) - 4) + 2 if x < 2 else 0


def away(x):
    """C's ``round``: halves away from 0."""
    return int(math.floor(abs(x) + 0.5) * (1 if x >= 0 else -1))


def loops(x, height, width, kind, antialias):
    """Pixel by pixel, as the fork's kernel does."""
    n, channels, rows, columns = x.shape
    fx, fy = columns / width, rows / height
    smooth = antialias and (fx > 1 or fy > 1)
    ax, ay = (1 / fx, 1 / fy) if smooth else (1, 1)
    kernel, most = (cubic, 4) if kind == "CUBIC" else (lambda d: max(0, 1 - abs(d)), 2)
    rx = 2 if fx < 1 else math.ceil(most / ax)
    ry = 2 if fy < 1 else math.ceil(most / ay)
    top = np.zeros((n, channels, height, width))
    for row, column in np.ndindex(height, width):
        x_in, y_in = column * fx + fy / 2 - 0.5, row * fy + fx / 2 - 0.5
        if kind == "NEAREST":
            top[:, :, row, column] = x[:, :, away(y_in), away(x_in)]
            continue
        total, weights = 0, 0
        for i in range(away(y_in) - ry, away(y_in) + ry + 1):
            for j in range(away(x_in) - rx, away(x_in) + rx + 1):
                if 0 <= i < rows and 0 <= j < columns:
                    w = ax * kernel(ax * (x_in - j)) * ay * kernel(ay * (y_in - i))
                    total, weights = total + w * x[:, :, i, j], weights + w
        top[:, :, row, column] = total / weights if weights else 0
    return top


@pytest.mark.parametrize("size", [(12, 18), (3, 3), (6, 9), (5, 7), (4, 18)])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("kind", ["LINEAR", "CUBIC"])
def test_resample_agrees_with_loops(make, size, kind, antialias):
    x = np.random.default_rng(3).standard_normal((2, 2, 6, 9))
    text = 'type: "Resample" resample_param {{ height: {} width: {} type: {} antialias: {} }}'
    layer = make(text.format(*size, kind, str(antialias).lower()), x.shape)
    expected = loops(x, *size, kind, antialias)
    np.testing.assert_allclose(layer(torch.from_numpy(x)), expected, atol=1e-9)


@pytest.mark.parametrize("size", [(12, 18), (3, 4), (2, 3), (6, 9)])
def test_nearest_agrees_with_loops(make, size):
    x = np.random.default_rng(3).standard_normal((2, 2, 6, 9))
    layer = make(
        f'type: "Resample" resample_param {{ height: {size[0]} width: {size[1]} type: NEAREST }}', x.shape
    )
    np.testing.assert_array_equal(layer(torch.from_numpy(x)), loops(x, *size, "NEAREST", True))


def test_size_of_a_second_bottom(make):
    x, reference = torch.randn(1, 2, 3, 4), torch.zeros(5, 1, 6, 8)
    layer = make("Resample", x.shape, reference.shape)
    own = make('type: "Resample" resample_param { height: 6 width: 8 }', x.shape)
    assert torch.equal(layer(x, reference), own(x))


def test_factor_gives_the_size_where_nothing_else_does(make, shapes):
    x = torch.randn(1, 2, 3, 5)
    layer = make('type: "Resample" resample_param { factor: 1.5 type: NEAREST }', x.shape)
    own = make('type: "Resample" resample_param { height: 4 width: 7 type: NEAREST }', x.shape)
    assert torch.equal(layer(x), own(x))
    given = "resample_param { factor: 9 height: 2 width: 3 }"
    assert shapes(f'type: "Resample" {given}', (1, 2, 3, 5)) == [(1, 2, 2, 3)]
    (why,) = Resample.unread(text_format.Parse(given, LayerParameter())).values()
    assert why == "height and width give the size"
    alone = text_format.Parse("resample_param { factor: 2 }", LayerParameter())
    assert Resample.unread(alone) == {}


@pytest.mark.parametrize(
    ("fields", "shape", "message"),
    [
        ("height: 2 width: 2 type: AREA", (1, 2, 3, 4), "type AREA doesn't exist"),
        ("height: 2", (1, 2, 3, 4), "a top of 2 x 0 pixels"),
        ("factor: 0.1", (1, 2, 3, 4), "a top of 0 x 0 pixels"),
        ("factor: nan", (1, 2, 3, 4), "factor nan; expected a number above 0"),
        ("factor: 1e9", (1, 2, 3, 4), r"factor 1e\+09; expected a number above 0 and at most 1024"),
        ("height: 2 width: 2", (1, 2, 3), r"expected \(N, C, H, W\)"),
        ("height: 2 width: 2", (1, 2, 0, 4), "has no pixels"),
    ],
)
def test_faults(shapes, fields, shape, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "Resample" resample_param {{ {fields} }}', shape)
