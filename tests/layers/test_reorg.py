import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 4 dim: 4 dim: 6 } } }
layer { name: "l" type: "Reorg" bottom: "x" top: "y" reorg_param { stride: 2 } }
layer { name: "r" type: "Reorg" bottom: "y" top: "z" reorg_param { stride: 2 reverse: true } }
"""


def test_reorg_by_hand(make):
    """A bottom of 4 x 2 x 2 is read as 1 x 4 x 4: channel k of the top is place k of its 2 x 2 blocks."""
    x = torch.arange(16.0).reshape(1, 4, 2, 2)
    y = make('type: "Reorg" reorg_param { stride: 2 }', (1, 4, 2, 2))(x)
    plane = torch.arange(16.0).reshape(4, 4)
    expected = torch.stack([plane[0::2, 0::2], plane[0::2, 1::2], plane[1::2, 0::2], plane[1::2, 1::2]])
    torch.testing.assert_close(y, expected.reshape(1, 16, 1, 1))


def darknet(x, stride):
    """The loops of darknet's ``reorg``."""
    n, c, h, w = x.shape
    few = c // stride**2
    flat, out = x.reshape(-1), np.empty(x.size, x.dtype)
    for b, k, j, i in np.ndindex(n, c, h, w):
        part, channel = divmod(k, few)
        row, column = j * stride + part // stride, i * stride + part % stride
        place = column + w * stride * (row + h * stride * (channel + few * b))
        out[i + w * (j + h * (k + c * b))] = flat[place]
    return out.reshape(n, c * stride**2, h // stride, w // stride)


@pytest.mark.parametrize(("shape", "stride"), [((2, 8, 4, 6), 2), ((1, 9, 3, 6), 3)])
def test_reorg_agrees_with_darknets_loops(make, shape, stride):
    x = torch.randn(shape)
    y = make("Reorg", shape, reorg_param={"stride": stride})(x)
    assert torch.equal(y, torch.from_numpy(darknet(x.numpy(), stride)))


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_reverse_makes_blocks_of_channels(make, stride):
    """Channel ``k * C + c`` becomes place k of the blocks of channel c."""
    x = torch.randn(2, 36, 2, 3)
    y = make("Reorg", x.shape, reorg_param={"stride": stride, "reverse": True})(x)
    few = 36 // stride**2
    assert y.shape == (2, few, 2 * stride, 3 * stride)
    for k in range(stride**2):
        places = y[:, :, k // stride :: stride, k % stride :: stride]
        assert torch.equal(places, x[:, k * few : (k + 1) * few])


@pytest.mark.parametrize(
    ("fields", "shape", "message"),
    [
        ("", (1, 4, 2, 2), "stride must be set"),
        ("stride: 2", (1, 4, 2), r"expected \(N, C, H, W\)"),
        ("stride: 2", (1, 6, 2, 2), "6 channels can't be divided by stride\\^2 = 4"),
        ("stride: 2", (1, 4, 2, 3), "2 x 3 pixels can't be divided into blocks of 2 x 2"),
    ],
)
def test_faults(shapes, fields, shape, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "Reorg" reorg_param {{ {fields} }}', shape)


@pytest.mark.parametrize(("shape", "more"), [((2, 4, 4, 6), ""), ((2, 8, 3, 2), "reverse: true")])
def test_python_source_agrees(tmp_path, shape, more):
    dims = " ".join(f"dim: {size}" for size in shape)
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ {dims} }} }} }}
    layer {{ name: "r" type: "Reorg" bottom: "x" top: "y" reorg_param {{ stride: 2 {more} }} }}
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") == 0
