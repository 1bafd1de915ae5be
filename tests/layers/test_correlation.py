import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 dim: 3 dim: 4 } } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 dim: 2 dim: 3 dim: 4 } } }
layer { name: "l" type: "Correlation" bottom: "x" bottom: "y" top: "z" correlation_param {
  kernel_size: 1 max_displacement: 1 pad: 1 } }
"""


def loops(x, y, pad, kernel, most, stride_1, stride_2, subtract=False):
    """Patch by patch, as the fork's kernel does."""
    x, y = (np.pad(blob, ((0, 0), (0, 0), (pad, pad), (pad, pad))) for blob in (x, y))
    n, channels, height, width = x.shape
    border = most + (kernel - 1) // 2
    size = [int(np.ceil((extent - 2 * border) / stride_1)) for extent in (height, width)]
    radius = most // stride_2
    grid = 2 * radius + 1
    top = np.zeros((n, grid**2, *size))
    for image, channel, row, column in np.ndindex(*top.shape):
        y1, x1 = row * stride_1 + most, column * stride_1 + most
        y2 = y1 + (channel // grid - radius) * stride_2
        x2 = x1 + (channel % grid - radius) * stride_2
        one = x[image, :, y1 : y1 + kernel, x1 : x1 + kernel]
        two = y[image, :, y2 : y2 + kernel, x2 : x2 + kernel]
        values = abs(one - two) if subtract else one * two
        top[image, channel, row, column] = values.sum() / (kernel**2 * channels)
    return top


@pytest.mark.parametrize(
    ("pad", "kernel", "most", "stride_1", "stride_2"),
    [(1, 1, 1, 1, 1), (4, 1, 4, 1, 2), (3, 3, 2, 2, 1), (3, 3, 3, 1, 2), (0, 1, 2, 3, 1), (5, 5, 4, 2, 3)],
)
@pytest.mark.parametrize("kind", ["MULTIPLY", "SUBTRACT"])
def test_correlation_agrees_with_loops(make, pad, kernel, most, stride_1, stride_2, kind):
    generator = np.random.default_rng(1)
    x, y = generator.standard_normal((2, 2, 3, 7, 9))
    fields = {
        "pad": pad, "kernel_size": kernel, "max_displacement": most, "stride_1": stride_1,
        "stride_2": stride_2, "correlation_type": ["MULTIPLY", "SUBTRACT"].index(kind),
    }  # fmt: skip
    layer = make("Correlation", x.shape, y.shape, correlation_param=fields)
    expected = loops(x, y, pad, kernel, most, stride_1, stride_2, kind == "SUBTRACT")
    np.testing.assert_allclose(layer(torch.from_numpy(x), torch.from_numpy(y)), expected, atol=1e-12)
    assert layer.top_shapes(layer.param, [x.shape, y.shape]) == [expected.shape]


def test_published_net_has_441_displacements(shapes):
    """FlowNet: 21 x 21 displacements of up to 20 pixels."""
    text = 'type: "Correlation" correlation_param { pad: 20 kernel_size: 1 max_displacement: 20 stride_2: 2 }'
    assert shapes(text, (1, 256, 48, 64), (1, 256, 48, 64)) == [(1, 441, 48, 64)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("max_displacement: 1", "kernel_size must be set"),
        ("kernel_size: 1", "max_displacement must be set"),
        ("kernel_size: 2 max_displacement: 1", "kernel_size is 2; it must be odd"),
        ("kernel_size: 1 max_displacement: 1 stride_2: 0", "stride_2 is 0"),
        ("kernel_size: 1 max_displacement: 2", "don't fit into a bottom of shape"),
    ],
)
def test_faults(shapes, fields, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "Correlation" correlation_param {{ {fields} }}', (1, 2, 4, 4), (1, 2, 4, 4))


def test_bottoms_must_be_equal(shapes):
    with pytest.raises(LayerFault, match="both must be"):
        shapes(
            'type: "Correlation" correlation_param { kernel_size: 1 max_displacement: 1 }',
            (1, 2, 4, 4),
            (1, 2, 4, 5),
        )
