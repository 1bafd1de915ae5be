from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.layers.normalize import Normalize
from layerzoo.loader import parse_net
from layerzoo.net import Net

PIXELS = 'type: "Normalize" norm_param { across_spatial: false channel_shared: false }'
X = torch.tensor([3.0, 0.0, 4.0, 2.0]).reshape(1, 2, 1, 2)  # channels (3, 4) and (0, 2)
EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 2 dim: 2 } } }
layer { name: "a" type: "Normalize" bottom: "x" top: "a" norm_param { across_spatial: false eps: 0.1 } }
layer { name: "b" type: "Normalize" bottom: "x" top: "b" top: "n"
  normalize_param { normalize_type: "L1" bp_norm: true } }
"""


def message(text):
    return parse_net(f'layer {{ name: "l" {text} }}').message.layer[0]


def test_ssd_normalises_pixels_or_images_and_scales(make):
    layer = make(PIXELS, X.shape)
    layer.fill_params(0)
    assert layer.scale.tolist() == [1, 1]
    layer.scale.data.copy_(torch.tensor([10.0, 100.0]))
    torch.testing.assert_close(layer(X).flatten(), torch.tensor([6.0, 0, 80, 100]))
    whole = make('type: "Normalize" norm_param { scale_filler { value: 29 } }', X.shape)
    whole.fill_params(0)
    assert whole.scale.shape == ()
    torch.testing.assert_close(whole(X).flatten(), X.flatten() * 29**0.5)


def test_ssd_adds_eps_to_the_sum_of_squares(make):
    layer = make('type: "Normalize" norm_param { across_spatial: false eps: 12 }', X.shape)
    layer.fill_params(0)
    torch.testing.assert_close(layer(X).flatten(), torch.tensor([3 / 37**0.5, 0, 4 / 37**0.5, 0.5]))


def test_ssd_gradient_is_scaled_last(make):
    """The gradient of x / norm, times the scale: for (3, 4) and 1 from above at the first channel.

    (1 - 0.6 * 0.6) / 5 * 10 and -0.8 * 0.6 / 5 * 100; the derivative of the product has 10 in both.
    """
    layer = make(PIXELS, X.shape)
    layer.scale.data.copy_(torch.tensor([10.0, 100.0]))
    x = X.clone().requires_grad_()
    layer(x)[0, 0, 0, 0].backward()
    torch.testing.assert_close(x.grad.flatten(), torch.tensor([1.28, 0, -9.6, 0]))
    torch.testing.assert_close(layer.scale.grad, torch.tensor([0.6, 0]))
    assert Normalize.surrogate_gradient(message(PIXELS))
    assert Normalize.surrogate_gradient(message('type: "Normalize" norm_param {}')) is None


def test_ssd_gradient_warns_a_net_that_needs_it():
    text = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 1 dim: 2 } } }
    layer { name: "c" type: "Convolution" bottom: "x" top: "c"
      convolution_param { num_output: 2 kernel_size: 1 } }
    layer { name: "n" type: "Normalize" bottom: "c" top: "n"
      norm_param { across_spatial: false channel_shared: false } }
    layer { name: "l" type: "EuclideanLoss" bottom: "n" bottom: "x" top: "l" }
    """
    (warning,) = Net(parse_net(text).message, phase="TRAIN").graph.warnings
    assert "multiplies by the scale last" in warning.message
    assert warning.layer == "n"


def test_windows_normalises_over_channels(make, shapes):
    text = 'type: "Normalize" top: "y" top: "n" normalize_param { normalize_type: "L2" }'
    assert shapes(text, (2, 3)) == [(2, 3, 1, 1), (2, 1, 1, 1)]
    y, norm = make(text, X.shape)(X)
    torch.testing.assert_close(y.flatten(), torch.tensor([0.6, 0, 0.8, 1]))
    torch.testing.assert_close(norm.flatten(), torch.tensor([5.0, 2]))
    absolute = text.replace("L2", "L1")
    y, norm = make(absolute, X.shape)(-X)
    torch.testing.assert_close(y.flatten(), -torch.tensor([3 / 7, 0, 4 / 7, 1]))
    torch.testing.assert_close(norm.flatten(), torch.tensor([7.0, 2]))


def test_windows_gradient_of_the_norms_needs_bp_norm(make):
    text = 'type: "Normalize" top: "y" top: "n" normalize_param { bp_norm: true }'
    x = torch.randn(2, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(make(text, x.shape).double(), (x,))
    without = text.replace("true", "false")
    assert not make(without, x.shape).double()(x)[1].requires_grad
    stops = [Normalize.gradient_stops(message(one)).tops for one in (text, without)]
    assert stops == [(), (1,)]


def test_field_decides_between_the_two(make):
    assert make('type: "Normalize" norm_param {}', X.shape).blobs
    assert not make('type: "Normalize" normalize_param {}', X.shape).blobs
    assert not make('type: "Normalize"', X.shape).blobs
    assert make('type: "Normalize" param { lr_mult: 0 }', X.shape).blobs, "only SSD's has a param"
    (warning,) = Normalize.check(message('type: "Normalize"'), [tuple(X.shape)])
    assert "neither norm_param nor normalize_param" in warning
    assert Normalize.check(message('type: "Normalize" norm_param {}'), [tuple(X.shape)]) == []


def test_missing_second_top_makes_bp_norm_idle():
    assert "no second top" in Normalize.unread(message('type: "Normalize"'))["normalize_param.bp_norm"]
    assert list(Normalize.unread(message('type: "Normalize" norm_param {}'))) == [
        "normalize_param.fix_gradient"
    ]


@pytest.mark.parametrize(
    ("text", "shape", "expected"),
    [
        ("norm_param {} normalize_param {}", (2, 3), "of two forks' layers"),
        ('norm_param {} top: "a" top: "b"', (2, 3), "2 tops; SSD's Normalize has one"),
        ("norm_param { eps: -1 }", (2, 3), "eps -1 is below 0"),
        ("norm_param {}", (2,), "expected 2 axes or more"),
        ("", (1, 2, 3, 4, 5), "expected 1 to 4 axes"),
        ('normalize_param { normalize_type: "L3" }', (2, 3), "normalize_type 'L3'"),
    ],
)
def test_invalid_configs_are_errors(shapes, text, shape, expected):
    with pytest.raises(LayerFault, match=expected):
        shapes(f'type: "Normalize" {text}', shape)


@pytest.mark.parametrize("shape", ["dim: 2 dim: 3", "dim: 2 dim: 3 dim: 4 dim: 5"])
@pytest.mark.parametrize(
    "inside",
    [
        'top: "y" norm_param { scale_filler { type: "gaussian" } }',
        'top: "y" norm_param { across_spatial: false channel_shared: false scale_filler { value: 3 } }',
        'top: "y" top: "n" normalize_param { normalize_type: "L1" }',
        'top: "y" normalize_param {}',
    ],
)
def test_python_source_agrees(tmp_path, inside, shape):
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ {shape} }} }} }}
    layer {{ name: "n" type: "Normalize" bottom: "x" {inside} }}
    """
    assert export_python(Net(parse_net(text).message, "TEST"), tmp_path / "net.py") < 1e-6
