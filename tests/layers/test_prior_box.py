from __future__ import annotations

from math import sqrt

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.loader import parse_net
from layerzoo.net import Net

MAPS = ((1, 8, 2, 4), (1, 3, 20, 80))


def priors(make, fields: str, features: tuple[int, ...] = MAPS[0]):
    """Coordinates (H, W, P, 4) and variances of the priors of a feature map, for images of 20 x 80."""
    shapes = (features, MAPS[1])
    top = make(f'type: "PriorBox" prior_box_param {{ {fields} }}', *shapes)(*map(torch.zeros, shapes))
    corners, variances = top.reshape(2, *features[2:], -1, 4)
    return corners, variances


def sizes(corners) -> list[list[float]]:
    """Width and height of the priors of the first position, in pixels."""
    wide = (corners[0, 0, :, 2:] - corners[0, 0, :, :2]) * torch.tensor([80.0, 20])
    return [[round(value, 3) for value in pair] for pair in wide.tolist()]


def test_square_is_centred_on_each_position(make):
    corners, variances = priors(make, "min_size: 10")
    # steps of 20 and 10 pixels; the first centre is (10, 5)
    torch.testing.assert_close(corners[0, 0, 0], torch.tensor([5 / 80, 0, 15 / 80, 10 / 20]))
    torch.testing.assert_close(corners[1, 2, 0], torch.tensor([45 / 80, 10 / 20, 55 / 80, 20 / 20]))
    assert variances.unique().tolist() == pytest.approx([0.1])


def test_sizes_come_in_the_forks_order(make):
    corners, _ = priors(make, "min_size: 8 min_size: 4 max_size: 18 max_size: 9 aspect_ratio: 4")
    assert sizes(corners) == [[8, 8], [12, 12], [16, 4], [4, 16], [4, 4], [6, 6], [8, 2], [2, 8]]
    assert sizes(priors(make, "min_size: 8 aspect_ratio: 4 flip: false")[0]) == [[8, 8], [16, 4]]


def test_fractions_of_sizes_are_cut_off(make):
    corners, _ = priors(make, "min_size: 8.9 max_size: 18.7")
    assert sizes(corners) == [[8, 8], [12, 12]]


def test_aspect_ratios_count_once(make, shapes):
    fields = "min_size: 8 aspect_ratio: 1 aspect_ratio: 2 aspect_ratio: 0.5 aspect_ratio: 2.0000001"
    corners, _ = priors(make, fields)
    r = round(8 * sqrt(2), 3), round(8 / sqrt(2), 3)
    assert sizes(corners) == [[8, 8], [*r], [*reversed(r)]]
    assert shapes(f'type: "PriorBox" prior_box_param {{ {fields} }}', *MAPS) == [(1, 2, 2 * 4 * 3 * 4)]


def test_clip_and_variances(make):
    corners, variances = priors(
        make, "min_size: 16 clip: true variance: 0.1 variance: 0.2 variance: 0.3 variance: 0.4"
    )
    torch.testing.assert_close(corners[0, 0, 0], torch.tensor([2 / 80, 0, 18 / 80, 13 / 20]))
    assert corners.min() == 0
    assert corners.max() == 1
    torch.testing.assert_close(variances[1, 2, 0], torch.tensor([0.1, 0.2, 0.3, 0.4]))
    assert priors(make, "min_size: 16 variance: 0.5")[1].unique().tolist() == [0.5]


def test_image_step_and_offset_are_given(make):
    corners, _ = priors(make, "min_size: 10 img_h: 100 img_w: 200 step_h: 20 step_w: 30 offset: 1")
    torch.testing.assert_close(corners[0, 0, 0], torch.tensor([25 / 200, 15 / 100, 35 / 200, 25 / 100]))
    torch.testing.assert_close(corners[1, 1, 0], torch.tensor([55 / 200, 35 / 100, 65 / 200, 45 / 100]))
    square, _ = priors(make, "min_size: 10 img_size: 100 step: 20")
    torch.testing.assert_close(square[0, 1, 0], torch.tensor([0.25, 0.05, 0.35, 0.15]))


def test_priors_follow_the_sizes_of_a_pass(make):
    layer = make('type: "PriorBox" prior_box_param { min_size: 10 }', *MAPS)
    assert layer(torch.zeros(1, 8, 1, 1), torch.zeros(1, 3, 10, 10)).flatten().tolist() == pytest.approx(
        [0, 0, 1, 1, 0.1, 0.1, 0.1, 0.1]
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("", "min_size is missing"),
        ("min_size: 0", "min_size 0; it must be above 0"),
        ("min_size: 0.5", "min_size 0.5 is below 1 pixel"),
        ("min_size: 1e30", "min_size 1e[+]30; it must be above 0 and at most"),
        ("min_size: 10 max_size: 10", "max_size 10 is not above its min_size 10"),
        ("min_size: 10 max_size: 20 max_size: 30", "2 max_size for 1 min_size"),
        ("min_size: 10 aspect_ratio: -1", "aspect_ratio -1; it must be above 0"),
        ("min_size: 10 variance: 0.1 variance: 0.2", "2 variances"),
        ("min_size: 10 variance: 0", "they must be above 0"),
        ("min_size: 10 img_size: 5 img_h: 5", "img_size and img_h"),
        ("min_size: 10 img_h: 5", "img_h without img_w"),
        ("min_size: 10 img_size: 0", "img_size 0; it must be above 0"),
        ("min_size: 10 step: -2", "step -2; it must be above 0"),
        ("min_size: 10 step: 2 step_w: 3", "step and step_w"),
    ],
)
def test_invalid_fields_are_errors(shapes, fields, message):
    with pytest.raises(LayerFault, match=message) as e:
        shapes(f'type: "PriorBox" prior_box_param {{ {fields} }}', *MAPS)
    assert e.value.field.startswith("prior_box_param.")


def test_invalid_bottoms_are_errors(shapes):
    with pytest.raises(LayerFault, match=r"shape \(2, 3\); expected \(N, C, H, W\)"):
        shapes('type: "PriorBox" prior_box_param { min_size: 1 }', (1, 2, 3, 4), (2, 3))
    with pytest.raises(LayerFault, match="without positions"):
        shapes('type: "PriorBox" prior_box_param { min_size: 1 }', (1, 2, 0, 4), (1, 3, 5, 5))


def test_python_source_holds_the_priors(tmp_path):
    text = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 5 } } }
    layer { name: "i" type: "Input" top: "i" input_param { shape { dim: 2 dim: 3 dim: 40 dim: 50 } } }
    layer { name: "p" type: "PriorBox" bottom: "x" bottom: "i" top: "p" prior_box_param { min_size: 9 } }
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") == 0
