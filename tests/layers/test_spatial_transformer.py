from __future__ import annotations

from itertools import product
from math import floor

import pytest
import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter

EXAMPLE = """
layer { name: "in" type: "Input" top: "x" top: "theta" top: "row" top: "grid"
        input_param { shape { dim: 2 dim: 2 dim: 4 dim: 5 } shape { dim: 2 dim: 6 } shape { dim: 2 dim: 2 }
                      shape { dim: 2 dim: 2 dim: 3 dim: 2 } } }
layer { name: "a" type: "SpatialTransformer" bottom: "x" bottom: "theta" top: "a" st_param { output_H: 2 } }
layer { name: "b" type: "SpatialTransformer" bottom: "x" bottom: "row" top: "b"
        st_param { theta_1_1: 0.8 theta_1_2: 0.1 theta_1_3: 0.2 theta_2_2: -0.9 output_W: 3
                   padding: BORDER x_first: true pixel_grid: EDGES } }
layer { name: "c" type: "SpatialTransformer" bottom: "x" bottom: "grid" top: "c"
        st_param { transform_type: "grid" pixel_grid: CENTRES } }
layer { name: "d" type: "SpatialTransformer" bottom: "x" bottom: "theta" top: "d"
        st_param { sampler_type: "nearest" output_H: 2 output_W: 2 } }
"""
IDENTITY = torch.tensor([[1.0, 0, 0, 0, 1, 0]])


def build(make, text, *shapes):
    return make(f'type: "SpatialTransformer" st_param {{ {text} }}', *shapes)


def by_loops(image, theta, height, width):
    """Pixel by pixel, as the fork's kernel does."""
    n, channels, rows, columns = image.shape
    top = torch.zeros(n, channels, height, width)
    for i, s, t in product(range(n), range(height), range(width)):
        m = theta[i].view(2, 3) @ torch.tensor([2 * s / height - 1, 2 * t / width - 1, 1.0])
        x, y = ((m[0] + 1) / 2 * rows).item(), ((m[1] + 1) / 2 * columns).item()
        for r, c in product((floor(x), floor(x) + 1), (floor(y), floor(y) + 1)):
            if 0 <= r < rows and 0 <= c < columns:
                top[i, :, s, t] += (1 - abs(x - r)) * (1 - abs(y - c)) * image[i, :, r, c]
    return top


def test_matrices_move_pixels_as_in_the_fork(make):
    image = torch.randn(2, 3, 5, 4)
    theta = torch.randn(2, 6, generator=torch.Generator().manual_seed(1))
    layer = build(make, "output_H: 4 output_W: 6", (2, 3, 5, 4), (2, 6))
    torch.testing.assert_close(layer(image, theta), by_loops(image, theta, 4, 6))


@pytest.mark.parametrize("grid", ["SHIFTED", "CENTRES", "EDGES"])
@pytest.mark.parametrize("x_first", ["true", "false"])
@pytest.mark.parametrize("sampler", ["bilinear", "nearest"])
def test_identity_leaves_images_as_they_are(make, grid, x_first, sampler):
    image = torch.randn(1, 2, 5, 4)
    text = f'pixel_grid: {grid} x_first: {x_first} sampler_type: "{sampler}"'
    torch.testing.assert_close(build(make, text, (1, 2, 5, 4), (1, 6))(image, IDENTITY), image)


@pytest.mark.parametrize(("grid", "aligned"), [("CENTRES", True), ("EDGES", False)])
@pytest.mark.parametrize(("padding", "mode"), [("ZEROS", "zeros"), ("BORDER", "border")])
@pytest.mark.parametrize("sampler", ["bilinear", "nearest"])
def test_values_and_gradients_agree_with_torch(make, grid, aligned, padding, mode, sampler):
    torch.manual_seed(1)
    image = torch.randn(2, 3, 5, 4, dtype=torch.double, requires_grad=True)
    theta = (IDENTITY + 0.4 * torch.randn(2, 6)).double().requires_grad_()
    text = f'x_first: true pixel_grid: {grid} padding: {padding} sampler_type: "{sampler}" output_W: 7'
    places = F.affine_grid(theta.view(2, 2, 3), [2, 3, 5, 7], align_corners=aligned)
    expected = F.grid_sample(image, places, sampler, mode, align_corners=aligned)
    value = build(make, text, (2, 3, 5, 4), (2, 6))(image, theta)
    torch.testing.assert_close(value, expected)
    above = torch.randn_like(expected)
    leaves = [image, theta] if sampler == "bilinear" else [image]
    for one, other in zip(*(torch.autograd.grad(v, leaves, above) for v in (value, expected)), strict=True):
        torch.testing.assert_close(one, other)
    of_grid = build(make, text.replace("output_W: 7", 'transform_type: "grid"'), (2, 3, 5, 4), (2, 5, 7, 2))
    torch.testing.assert_close(of_grid(image, places), expected)


def test_fixed_numbers_are_left_out_of_the_second_bottom(make):
    image, given = torch.randn(2, 1, 4, 4), torch.tensor([[0.5, 0.1], [0.3, -0.2]])
    fields = "theta_1_1: 0.7 theta_1_2: 0 theta_1_3: 0.25 theta_2_1: 0"
    whole = torch.cat([torch.tensor([[0.7, 0, 0.25, 0]]).expand(2, 4), given], 1)
    expected = build(make, "", (2, 1, 4, 4), (2, 6))(image, whole)
    torch.testing.assert_close(build(make, fields, (2, 1, 4, 4), (2, 2))(image, given), expected)


def test_image_gets_no_gradient_where_the_config_says_so(make):
    image, theta = torch.randn(1, 1, 3, 3, requires_grad=True), (0.9 * IDENTITY).requires_grad_()
    build(make, "to_compute_dU: false", (1, 1, 3, 3), (1, 6))(image, theta).sum().backward()
    assert image.grad is None
    assert theta.grad.abs().sum() > 0


def test_net_whose_matrices_are_read_at_the_nearest_pixel_is_warned():
    text = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 dim: 4 dim: 4 } } }
layer { name: "theta" type: "InnerProduct" bottom: "x" top: "theta" inner_product_param { num_output: 6 } }
layer { name: "st" type: "SpatialTransformer" bottom: "x" bottom: "theta" top: "y" loss_weight: 1
        st_param { sampler_type: "nearest" } }
"""
    (warning,) = Net(parse_net(text), "TRAIN").graph.warnings
    assert "no gradient reaches bottom 'theta'" in warning.message
    assert "bilinear" in str(warning.hint)


def test_places_far_outside_and_not_a_number_do_not_fail(make):
    image = torch.ones(1, 1, 3, 3)
    far = torch.tensor([[1e30, 0, 0, 0, 1, 5.0]])
    assert not build(make, "", (1, 1, 3, 3), (1, 6))(image, far).any()
    nan = build(make, "", (1, 1, 3, 3), (1, 6))(image, IDENTITY * float("nan"))
    assert nan.isnan().all()


FAULTS = {
    "": (((2, 3, 4), (2, 6)), "expected (N, C, H, W)", None, 0),
    "output_H: 0": (((2, 3, 4, 4), (2, 6)), "output_H 0; expected 1 or more", "output_H", None),
    "theta_1_1: 1": (((2, 3, 4, 4), (2, 6)), "expected (2, 5)", None, 1),
    "output_W: 2": (((2, 3, 4, 4), (3, 6)), "expected (2, 6)", None, 1),
    'transform_type: "tps"': (((2, 3, 4, 4), (2, 6)), "expected affine or grid", "transform_type", None),
    'sampler_type: "cubic"': (((2, 3, 4, 4), (2, 6)), "bilinear or nearest", "sampler_type", None),
    'transform_type: "grid"': (((2, 3, 4, 4), (2, 4, 4, 3)), "(2, height, width, 2)", None, 1),
    'transform_type: "grid" output_W: 3': (((2, 3, 4, 4), (2, 5, 5, 2)), "the grid has 5", "output_W", None),
}


@pytest.mark.parametrize("text", FAULTS)
def test_wrong_settings_are_faults(shapes, text):
    bottoms, message, field, bottom = FAULTS[text]
    with pytest.raises(LayerFault) as caught:
        shapes(f'type: "SpatialTransformer" st_param {{ {text} }}', *bottoms)
    assert message in str(caught.value)
    assert caught.value.field == (field and f"st_param.{field}")
    assert caught.value.bottom == bottom


def test_fixed_numbers_beside_a_grid_are_told():
    param = LayerParameter(st_param={"transform_type": "grid", "theta_1_1": 1})
    assert "st_param.theta_1_1" in LAYERS["SpatialTransformer"].unread(param)
