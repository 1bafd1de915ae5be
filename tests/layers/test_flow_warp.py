import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 5 } } }
layer { name: "f" type: "Input" top: "f" input_param { shape { dim: 2 dim: 2 dim: 4 dim: 5 } } }
layer { name: "l" type: "FlowWarp" bottom: "x" bottom: "f" top: "y" }
"""


def loops(image, flow, fill):
    """Pixel by pixel, as the fork's kernel does."""
    n, _, height, width = image.shape
    top = np.full(image.shape, fill)
    for b, y, x in np.ndindex(n, height, width):
        x2, y2 = x + flow[b, 0, y, x], y + flow[b, 1, y, x]
        if 0 <= x2 < width and 0 <= y2 < height:
            left, upper = int(x2), int(y2)
            right, lower = min(left + 1, width - 1), min(upper + 1, height - 1)
            a, c = x2 - left, y2 - upper
            top[b, :, y, x] = (
                (1 - a) * (1 - c) * image[b, :, upper, left]
                + a * (1 - c) * image[b, :, upper, right]
                + (1 - a) * c * image[b, :, lower, left]
                + a * c * image[b, :, lower, right]
            )
    return top


@pytest.mark.parametrize(("field", "fill"), [("", 0.0), ("fill_value: NOT_A_NUMBER", np.nan)])
def test_flow_warp_agrees_with_loops(make, field, fill):
    generator = np.random.default_rng(1)
    image = generator.standard_normal((2, 3, 5, 6))
    flow = generator.standard_normal((2, 2, 5, 6)) * 2
    flow[0, :, 0, 0] = 0
    flow[0, :, 4, 5] = 0.5  # beyond the last pixel
    layer = make(f'type: "FlowWarp" flow_warp_param {{ {field} }}', image.shape, flow.shape)
    top = layer(torch.from_numpy(image), torch.from_numpy(flow)).numpy()
    expected = loops(image, flow, fill)
    np.testing.assert_allclose(top, expected, atol=1e-12)
    outside = expected[:, 0] == 0 if fill == 0 else np.isnan(expected[:, 0])
    assert 5 < outside.sum() < 50


def test_gradient_of_a_shift_is_the_difference_of_pixels(make):
    """At x = 1 + 0.25 the value is 0.75 a + 0.25 b."""
    image = torch.tensor([[[[1.0, 2.0, 5.0]]]], requires_grad=True)
    flow = torch.zeros(1, 2, 1, 3, requires_grad=True)
    with torch.no_grad():
        flow[0, 0, 0, 0] = 1.25
    top = make("FlowWarp", (1, 1, 1, 3), (1, 2, 1, 3))(image, flow)
    assert top[0, 0, 0, 0].item() == pytest.approx(0.75 * 2 + 0.25 * 5)
    top[0, 0, 0, 0].backward()
    assert flow.grad[0, 0, 0].tolist() == [3, 0, 0]
    assert image.grad.flatten().tolist() == [0, 0.75, 0.25]


def test_bottoms_must_fit(shapes):
    with pytest.raises(LayerFault, match=r"expected \(N, C, H, W\) and \(N, 2, H, W\)"):
        shapes("FlowWarp", (1, 3, 4, 4), (1, 3, 4, 4))
