import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 16 dim: 2 dim: 3 } } }
layer { name: "l" type: "Region" bottom: "x" top: "a" region_param { num: 2 classes: 3 } }
layer { name: "m" type: "Region" bottom: "x" top: "b" region_param {
  boxes_of_each_grid: 2 classes: 3 softmax: true } }
layer { name: "n" type: "Region" bottom: "x" top: "boxes" top: "scores" region_loss_param {
  num: 2 num_classes: 3 biases: 1.2 biases: 1.5 biases: 0.9 biases: 0.7 } }
layer { name: "o" type: "Region" bottom: "x" top: "boxes2" top: "scores2" region_loss_param {
  num: 2 num_class: 3 thresh: 0.1 softmax: 0 biases: 1.2 biases: 1.5 biases: 0.9 biases: 0.7 } }
"""
X = np.random.default_rng(3).standard_normal((2, 16, 2, 3))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def activated(x):
    """Entries of a box along axis 2: shape (N, boxes, 8, H, W)."""
    y = x.reshape(2, 2, 8, 2, 3).copy()
    y[:, :, [0, 1, 4]] = sigmoid(y[:, :, [0, 1, 4]])
    y[:, :, 5:] = softmax(y[:, :, 5:], 2)
    return y


@pytest.mark.parametrize(
    "fields", ["num: 2 classes: 3", 'num: 2 num_classes: 3 side: 13 anchors: "1.2,1.5,0.9,0.7"']
)
def test_top_is_laid_out_as_the_bottom(make, fields):
    layer = make(f'type: "Region" region_param {{ {fields} }}', X.shape)
    np.testing.assert_allclose(layer(torch.from_numpy(X)), activated(X).reshape(X.shape), rtol=1e-12)


def test_softmax_can_be_off(make):
    layer = make('type: "Region" region_param { num: 2 classes: 3 softmax: false }', X.shape)
    expected = X.reshape(2, 2, 8, 2, 3)[:, :, 5:]
    actual = layer(torch.from_numpy(X)).reshape(2, 2, 8, 2, 3)[:, :, 5:]
    np.testing.assert_allclose(actual, expected)


@pytest.mark.parametrize("with_softmax", [False, True])
def test_rows_of_boxes(make, with_softmax):
    """As in the fork: flattened to rows, of which number 4 passes a sigmoid, the others stay."""
    text = "softmax: true" if with_softmax else ""
    layer = make(f'type: "Region" region_param {{ boxes_of_each_grid: 2 classes: 3 {text} }}', X.shape)
    rows = X.reshape(2, 16, 6).transpose(0, 2, 1).reshape(2, 12, 8).copy()
    rows[..., 4] = sigmoid(rows[..., 4])
    if with_softmax:
        rows[..., 5:] = softmax(rows[..., 5:], 2)
    np.testing.assert_allclose(layer(torch.from_numpy(X)), rows.reshape(X.shape), rtol=1e-12)


@pytest.mark.parametrize("names", ["num_classes: 3 threshold: 0.25", "num_class: 3 thresh: 0.25"])
def test_boxes_and_probabilities_of_the_first_image(make, names):
    fields = f"num: 2 {names} biases: 2 biases: 3 biases: 1 biases: 4"
    text = f'type: "Region" top: "b" top: "p" region_loss_param {{ {fields} }}'
    boxes, scores = make(text, X.shape)(torch.from_numpy(X))
    y = activated(X)[0]
    for anchor, row, column in np.ndindex(2, 2, 3):
        cell, (width, height) = y[anchor, :, row, column], [(2, 3), (1, 4)][anchor]
        expected = [(column + cell[0]) / 3, (row + cell[1]) / 2]
        expected += [np.exp(cell[2]) * width / 3, np.exp(cell[3]) * height / 2]
        np.testing.assert_allclose(boxes[anchor, row, column], expected, rtol=1e-6)
        products = cell[4] * cell[5:]
        products = np.append(products, products.max())
        expected = np.where(products > 0.25, products, 0)
        np.testing.assert_allclose(scores[anchor, row, column], expected, rtol=1e-6)
    assert (scores == 0).any()
    assert (scores > 0).any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('region_param { num: 2 classes: 3 } region_loss_param { }', "of two forks"),
        ('top: "a" top: "b" region_param { num: 2 classes: 3 }', "a second top needs region_loss_param"),
        ('top: "a" region_loss_param { num: 2 num_class: 3 }', "there are two tops"),
        ('region_param { num: 3 classes: 3 }', r"expected \(N, 24, H, W\)"),
        ('region_param { boxes_of_each_grid: 2 classes: 2 coords: 5 }', "coords is 5"),
        ('top: "a" top: "b" region_loss_param { num: 2 num_class: 3 }', "expected 2 per anchor"),
    ],
)  # fmt: skip
def test_mistakes(shapes, text, message):
    with pytest.raises(LayerFault, match=message):
        shapes(f'type: "Region" {text}', X.shape)
