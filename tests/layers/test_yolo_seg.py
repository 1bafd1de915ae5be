import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 2 dim: 2 dim: 3 } } }
layer { name: "t" type: "DummyData" top: "t" dummy_data_param { shape { dim: 2 dim: 2 dim: 2 dim: 3 }
  data_filler { type: "constant" value: 0.6 } } }
layer { name: "n" type: "DummyData" top: "n" dummy_data_param { shape { dim: 2 dim: 2 }
  data_filler { type: "constant" value: 2 } } }
layer { name: "l" type: "YoloSeg" bottom: "x" bottom: "t" top: "a" yolo_seg_param { object_scale: 0.2 } }
layer { name: "m" type: "YoloSeg" bottom: "x" bottom: "t" bottom: "n" top: "b" }
"""


def reference(x, labels, scale, pixels=None):
    """Loss and gradient, pixel by pixel, as the fork's loops have them."""
    n, classes, height, width = x.shape
    errors = np.zeros_like(x)
    for c in range(classes):
        weight = scale
        if pixels is not None:
            here = sum(pixels[j, c] for j in range(n))
            elsewhere = sum(height * width - pixels[j, c] for j in range(n))
            weight = scale * (2 - here / elsewhere)
        for j, row, column in np.ndindex(n, height, width):
            place = j, c, row, column
            error = 1 / (1 + np.exp(-x[place])) - labels[place]
            errors[place] = error * (weight if labels[place] > 0.5 else scale)
    return (errors**2).sum() / n, errors / n


@pytest.mark.parametrize("weighted", [False, True])
def test_loss_and_gradient_are_those_of_the_fork(make, weighted):
    generator = np.random.default_rng(2)
    x, labels = generator.standard_normal((2, 3, 2, 4, 5))
    labels = (labels > 0).astype(float)
    pixels = labels.sum((2, 3)) if weighted else None
    others = [torch.from_numpy(each) for each in (labels, pixels) if each is not None]
    layer = make('type: "YoloSeg" yolo_seg_param { object_scale: 0.5 }', x.shape, *(o.shape for o in others))
    leaf = torch.from_numpy(x).requires_grad_()
    loss = layer(leaf, *others)
    expected, gradient = reference(x, labels, 0.5, pixels)
    assert loss.item() == pytest.approx(expected)
    (2 * loss).backward()
    np.testing.assert_allclose(leaf.grad, 2 * gradient, rtol=1e-6)


def test_default_weight_by_hand(make):
    """5 (0.5 - 1), squared, and 5 (0.5 - 0), squared."""
    layer = make("YoloSeg", (1, 1, 1, 2), (1, 1, 1, 2))
    assert layer(torch.zeros(1, 1, 1, 2), torch.tensor([[[[1.0, 0.0]]]])).item() == 12.5


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match=r"both must be \(N, C, H, W\)"):
        shapes("YoloSeg", (1, 2, 3, 4), (1, 1, 3, 4))
    with pytest.raises(LayerFault, match=r"expected \(1, 2\), for each image and class"):
        shapes("YoloSeg", (1, 2, 3, 4), (1, 2, 3, 4), (1, 3))
