import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 dim: 3 dim: 4 } } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 dim: 2 dim: 3 dim: 4 } } }
layer { name: "l" type: "Correlation1D" bottom: "x" bottom: "y" top: "z" correlation_param {
  kernel_size: 1 max_displacement: 2 pad: 2 stride_2: 2 single_direction: -1 } }
layer { name: "p" type: "Power" bottom: "y" top: "p" power_param { scale: 0.3 } }
layer { name: "m" type: "Correlation1D" bottom: "x" bottom: "p" top: "w" correlation_param {
  kernel_size: 3 max_displacement: 1 pad: 2 correlation_type: SUBTRACT } }
"""


def loops(x, y, pad, kernel, most, stride_1, stride_2, direction, subtract=False):
    """Patch by patch, as the fork's kernel does; beyond its memory are zeros."""
    far = most + stride_2
    x = np.pad(x, ((0, 0), (0, 0), (0, 0), (pad + far, pad + far)))
    y = np.pad(y, ((0, 0), (0, 0), (0, 0), (pad + far, pad + far)))
    n, channels, height, width = x.shape
    width -= 2 * far
    rows = int(np.ceil((height - (kernel - 1)) / stride_1))
    columns = int(np.ceil((width - 2 * most - (kernel - 1)) / stride_1))
    radius = most // stride_2
    grid, shift = {0: (2 * radius + 1, -radius), 1: (radius + 1, 0), -1: (radius + 1, -radius - 1)}[direction]
    top = np.zeros((n, grid, rows, columns))
    for image, channel, row, column in np.ndindex(*top.shape):
        y1, x1 = row * stride_1, column * stride_1 + most + far
        x2 = x1 + (channel + shift) * stride_2
        one = x[image, :, y1 : y1 + kernel, x1 : x1 + kernel]
        two = y[image, :, y1 : y1 + kernel, x2 : x2 + kernel]
        values = abs(one - two) if subtract else one * two
        top[image, channel, row, column] = values.sum() / (kernel**2 * channels)
    return top


@pytest.mark.parametrize(
    ("pad", "kernel", "most", "stride_1", "stride_2"),
    [(1, 1, 1, 1, 1), (4, 1, 4, 1, 2), (3, 3, 2, 2, 1), (3, 3, 3, 1, 2), (0, 1, 2, 3, 1), (1, 1, 1, 1, 30)],
)
@pytest.mark.parametrize("direction", [-1, 0, 1])
@pytest.mark.parametrize("kind", ["MULTIPLY", "SUBTRACT"])
def test_correlation_1d_agrees_with_loops(make, pad, kernel, most, stride_1, stride_2, direction, kind):
    x, y = np.random.default_rng(1).standard_normal((2, 2, 3, 7, 9))
    fields = {
        "pad": pad, "kernel_size": kernel, "max_displacement": most, "stride_1": stride_1,
        "stride_2": stride_2, "single_direction": direction,
        "correlation_type": ["MULTIPLY", "SUBTRACT"].index(kind),
    }  # fmt: skip
    layer = make("Correlation1D", x.shape, y.shape, correlation_param=fields)
    expected = loops(x, y, pad, kernel, most, stride_1, stride_2, direction, kind == "SUBTRACT")
    np.testing.assert_allclose(layer(torch.from_numpy(x), torch.from_numpy(y)), expected, atol=1e-12)
    assert layer.top_shapes(layer.param, [x.shape, y.shape]) == [expected.shape]


def test_left_displacements_by_hand(make):
    """A pixel is compared with the two to its left: the second bottom is the first, moved by one."""
    x = torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 1, 1, 4)
    fields = {"kernel_size": 1, "max_displacement": 1, "pad": 1, "single_direction": -1}
    top = make("Correlation1D", x.shape, x.shape, correlation_param=fields)(x, x)
    assert top[0, :, 0].tolist() == [[0, 0, 3, 8], [0, 2, 6, 12]]


def test_published_net_has_41_displacements(shapes):
    """DispNetCorr1D: displacements of up to 40 pixels at a quarter of the size, both ways."""
    text = (
        'type: "Correlation1D" correlation_param { pad: 40 kernel_size: 1 max_displacement: 40 stride_2: 2 }'
    )
    assert shapes(text, (1, 128, 96, 192), (1, 128, 96, 192)) == [(1, 41, 96, 192)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("max_displacement: 1", "kernel_size must be set"),
        ("kernel_size: 1 max_displacement: 1 single_direction: 2", "single_direction is 2"),
        ("kernel_size: 1 max_displacement: 2", "don't fit into a bottom of shape"),
        ("kernel_size: 5 max_displacement: 0", "don't fit into a bottom of shape"),
    ],
)
def test_faults(shapes, fields, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "Correlation1D" correlation_param {{ {fields} }}', (1, 2, 4, 4), (1, 2, 4, 4))
