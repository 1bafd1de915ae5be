from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

PARAM = {"region_height": 2, "region_width": 2, "data_height": 8, "data_width": 8}
IMAGE = torch.arange(16.0).reshape(1, 1, 4, 4)


def test_regions_around_points_of_a_larger_image(make):
    image = IMAGE.clone().requires_grad_()
    # (0, 0) is the centre, (2, 2) in a 4 x 4 image; (-4, 2) is its left edge, (0, 3)
    points = torch.tensor([[0.0, 0.0, -4.0, 2.0]])
    layer = make("SubRegion", (1, 1, 4, 4), (1, 4), (1, 4), sub_region_param=PARAM)
    regions = layer(image, points, points)
    assert regions.shape == (1, 2, 2, 2)
    assert regions[0].tolist() == [[[5, 6], [9, 10]], [[0, 8], [0, 12]]]
    regions.sum().backward()
    expected = torch.zeros(4, 4)
    expected[1:3, 1:3] = 1
    expected[2:4, 0] = 1
    assert torch.equal(image.grad[0, 0], expected)


def test_further_tops_are_distances_and_centres(make):
    points, true = torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, -1.0]])
    text = 'type: "SubRegion" top: "y" top: "d" top: "c"'
    layer = make(text, (1, 1, 4, 4), (1, 2), (1, 2), sub_region_param={**PARAM, "as_dim": 0})
    regions, distance, centre = layer(IMAGE, points, true)
    assert regions.shape == (1, 1, 2, 2)
    assert centre.tolist() == [[5, 5]]  # (1 + 2/2 + 0.5) / 4 * 8
    assert distance.tolist() == [[0, -2]]


def test_as_dim_0_puts_the_first_points_of_all_images_first(make):
    image = torch.stack([IMAGE[0], IMAGE[0] + 100])
    points = torch.tensor([[0.0, 0.0, 2.0, 2.0]] * 2)
    layer = make("SubRegion", (2, 1, 4, 4), (2, 4), (2, 4), sub_region_param={**PARAM, "as_dim": 0})
    assert layer(image, points, points)[:, 0, 0, 0].tolist() == [5, 105, 10, 110]


@pytest.mark.parametrize(
    ("bottoms", "change", "message"),
    [
        (((1, 4, 4), (1, 2), (1, 2)), {}, r"expected \(N, C, H, W\)"),
        (((1, 1, 4, 4), (1, 3), (1, 3)), {}, r"expected \(N, 2P\)"),
        (((1, 1, 4, 4), (1, 2), (1, 4)), {}, "true points of shape"),
        (((1, 1, 4, 4), (1, 2), (1, 2)), {"data_width": 0}, "data_width must be at least 1"),
    ],
)
def test_mistakes(shapes, bottoms, change, message):
    with pytest.raises(LayerFault, match=message):
        shapes("SubRegion", *bottoms, sub_region_param={**PARAM, **change})
