from math import cos, pi

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.solver import Solver

EXAMPLE = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 5 } } }
layer { name: "t" type: "DummyData" top: "t" dummy_data_param { shape { dim: 2 dim: 1 dim: 300 dim: 5 }
  data_filler { type: "constant" value: 0.5 } } }
layer { name: "m" type: "Input" top: "m" input_param { shape { dim: 2 dim: 1 dim: 4 dim: 5 } } }
layer { name: "y" type: "AssistedExcitation" bottom: "x" bottom: "t" bottom: "m" top: "y"
  assisted_excitation_param { passes: 4 all_images: true } }
"""


def objects(*rows_of_images):
    blob = torch.zeros(len(rows_of_images), 1, 300, 5)
    for index, rows in enumerate(rows_of_images):
        blob[index, 0, : len(rows)] = torch.tensor(rows)
    return blob


def bound(value, low, high):
    return low if value < low else high if value >= high else value


def reference(x, rows, means, factor, images):
    """What the fork's loops compute, pixel by pixel."""
    y = x.copy()
    _, channels, height, width = x.shape
    for image in range(images):
        mask = np.zeros((height, width))
        for _, cx, cy, w, h in rows[image].reshape(-1, 5):
            if not cx:
                break
            left = bound(int((cx - w / 2) * width + 0.5), 0, width - 1)
            top = bound(int((cy - h / 2) * height + 0.5), 0, height - 1)
            right = bound(int((cx + w / 2) * width + 0.5), left + 1, width)
            bottom = bound(int((cy + h / 2) * height + 0.5), top + 1, height)
            for i in range(top, bottom):
                for j in range(left, right):
                    mask[i, j] = factor * means[image, i, j]
        for c in range(channels):
            y[image, c] += mask
    return y


@pytest.mark.parametrize("every", [False, True])
def test_top_is_what_the_loops_of_the_fork_compute(make, every):
    generator = np.random.default_rng(4)
    x, means = generator.standard_normal((2, 3, 6, 9)), generator.standard_normal((2, 6, 9))
    rows = objects(
        [
            (0, 0.3, 0.4, 0.35, 0.5),
            (1, 0.95, 0.02, 0.4, 0.01),  # beyond the right edge, and thinner than a cell
            (2, 0.5, 1.4, 0.1, 0.1),  # below the image: its last row
            (2, 0.7, 0.5, 0.3, 0.2),
            (0, 0.0, 0.5, 1, 1),  # a centre of 0 ends the list
            (1, 0.5, 0.5, 1, 1),
        ],
        [(0, 0.5, 0.5, 0.5, 0.5)],
    )
    layer = make(
        "AssistedExcitation",
        x.shape,
        rows.shape,
        (2, 6, 9),
        assisted_excitation_param={"passes": 10, "all_images": every},
    ).train()
    layer.clock.batch = 3
    leaf, added = torch.from_numpy(x).requires_grad_(), torch.from_numpy(means).requires_grad_()
    y = layer(leaf, rows, added)
    factor = cos(pi / 2 * 0.3)
    expected = reference(x, rows.double().numpy(), means, factor, 2 if every else 1)
    np.testing.assert_allclose(y.detach(), expected, rtol=1e-6, atol=1e-7)
    y.backward(torch.from_numpy(2 * x))
    np.testing.assert_array_equal(leaf.grad, 2 * x)
    assert added.grad is None, "the fork gives the means no gradient"


@pytest.mark.parametrize(("batch", "factor"), [(0, 1.0), (5, 0.70710678), (10, 0.0), (99, 0.0)])
def test_factor_falls_from_1_to_0_and_stays_there(make, batch, factor):
    layer = make(
        'type: "AssistedExcitation" assisted_excitation_param { passes: 10 }',
        (1, 1, 1, 1),
        (1, 1, 300, 5),
        (1, 1, 1, 1),
    ).train()
    layer.clock.batch = batch
    y = layer(torch.zeros(1, 1, 1, 1), objects([(0, 0.5, 0.5, 1, 1)]), torch.ones(1, 1, 1, 1))
    assert y.item() == pytest.approx(factor, abs=1e-6)


def test_top_is_the_first_bottom_in_test(make):
    layer = make("AssistedExcitation", (1, 1, 2, 2), (1, 1, 300, 5), (1, 1, 2, 2)).eval()
    x = torch.ones(1, 1, 2, 2)
    assert torch.equal(layer(x, objects([(0, 0.5, 0.5, 1, 1)]), x), x)


def test_passes_are_those_of_the_solver(tmp_path):
    net = EXAMPLE.replace("passes: 4 all_images: true", "all_images: true")
    net = net.replace('"Input" top: "x" input_param', '"DummyData" top: "x" dummy_data_param')
    net = net.replace('"Input" top: "m" input_param', '"DummyData" top: "m" dummy_data_param')
    (tmp_path / "net.prototxt").write_text(
        f'{net}layer {{ name: "p" type: "InnerProduct" bottom: "y" top: "p" inner_product_param '
        '{ num_output: 1 } } layer { name: "l" type: "Reduction" bottom: "p" top: "l" loss_weight: 1 }'
    )
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" base_lr: 0.1 lr_policy: "fixed" max_iter: 3 iter_size: 2'
    )
    solver = Solver(str(tmp_path / "solver.prototxt"))
    assert solver.net.clock.passes == 6


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match=r"means of shape \(1, 3, 2, 2\); expected \(1, 1, 2, 2\)"):
        shapes("AssistedExcitation", (1, 3, 2, 2), (1, 1, 300, 5), (1, 3, 2, 2))
    with pytest.raises(LayerFault, match=r"expected \(N, C, H, W\)"):
        shapes("AssistedExcitation", (1, 3), (1, 1, 300, 5), (1, 3))
