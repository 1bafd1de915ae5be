"""If: one of two subnets, by a condition."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.transforms import values_hidden
from layerzoo.layer import Layer
from tests.subnet.layers import layer_of, values

_BODIES = """
  body {
    layer { name: "in" type: "Input" top: "x" }
    layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param {
      num_output: 4 weight_filler { type: "gaussian" std: 0.5 } } }
  }
"""
EXAMPLE = f"""
layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 3 dim: 4 }} }} }}
layer {{ name: "c" type: "Input" top: "c" input_param {{ shape {{ dim: 3 }} }} }}
layer {{ name: "positive" type: "Threshold" bottom: "c" top: "flag" }}
layer {{ name: "each" type: "If" bottom: "flag" bottom: "x" top: "y" subnet_param {{ per_sample: true
  {_BODIES} }} }}
layer {{ name: "one" type: "Reduction" bottom: "flag" top: "all" reduction_param {{ axis: 0 }} }}
layer {{ name: "whole" type: "If" bottom: "all" bottom: "x" top: "z" subnet_param {{ output: "y" {_BODIES}
  else_body {{
    layer {{ name: "in" type: "Input" top: "x" }}
    layer {{ name: "act" type: "TanH" bottom: "x" top: "y" }}
  }} }} }}
"""

SCALED = """{ layer { name: "x" type: "Input" top: "x" }
  layer { name: "p" type: "Power" bottom: "x" top: "y" power_param { scale: %s } } }"""


def choice(fields: str = "", condition: tuple[int, ...] = (), other: str = SCALED % 3) -> Layer:
    other = f"else_body {other}" if other else ""
    text = (
        f'name: "i" type: "If" bottom: "c" bottom: "x" subnet_param {{ {fields} body {SCALED % 2} {other} }}'
    )
    return layer_of(text, condition, (3, 2))


X = torch.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])


def test_condition_of_one_value_chooses_a_subnet() -> None:
    layer = choice()
    assert torch.equal(layer(torch.tensor(1.0), X), 2 * X)
    assert torch.equal(layer(torch.tensor(-0.5), X), 2 * X)
    assert torch.equal(layer(torch.tensor(0.0), X), 3 * X)


def test_bottoms_take_the_place_of_a_missing_subnet() -> None:
    layer = choice(other="")
    assert torch.equal(layer(torch.tensor(1.0), X), 2 * X)
    assert torch.equal(layer(torch.tensor(0.0), X), X)


def test_condition_of_equal_values_is_that_of_the_batch() -> None:
    assert torch.equal(choice(condition=(3,))(torch.ones(3), X), 2 * X)
    assert torch.equal(choice(condition=(3,))(torch.zeros(3), X), 3 * X)


def test_condition_of_different_values_suggests_per_sample() -> None:
    message = "the condition is 0 for 1 of 3 samples, and not for the others"
    with pytest.raises(LayerFault, match=message) as caught:
        choice(condition=(3,))(torch.tensor([1.0, 0.0, 2.0]), X)
    assert caught.value.hint == "per_sample: true decides for each sample"


def test_per_sample_runs_each_subnet_on_its_samples() -> None:
    layer, x = choice("per_sample: true", (3,)), X.clone().requires_grad_()
    tops = layer(torch.tensor([0.0, 1.0, 0.0]), x)
    assert tops.tolist() == [[3, 3], [4, 4], [9, 9]]
    tops.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[3, 3], [2, 2], [3, 3]]


def test_per_sample_statistics_are_of_the_samples_that_run() -> None:
    text = """name: "i" type: "If" bottom: "c" bottom: "x" subnet_param { per_sample: true body {
      layer { name: "x" type: "Input" top: "x" }
      layer { name: "n" type: "BatchNorm" bottom: "x" top: "y" } } }"""
    layer = layer_of(text, (3,), (3, 2))
    tops = layer(torch.tensor([1.0, 0.0, 1.0]), X)
    torch.testing.assert_close(
        tops, torch.tensor([[-1.0, -1.0], [2.0, 2.0], [1.0, 1.0]]), rtol=1e-4, atol=1e-4
    )
    assert layer.blobs[0].tolist() == [2, 2]  # the mean of 1 and 3
    assert layer.unrecordable == "layer 'i/then/n' keeps statistics of the runs"


def test_per_sample_random_numbers_are_those_of_the_whole_batch() -> None:
    drop = """{ layer { name: "x" type: "Input" top: "x" }
      layer { name: "d" type: "Dropout" bottom: "x" top: "y" } }"""
    text = f'name: "i" type: "If" bottom: "c" bottom: "x" subnet_param {{ per_sample: true body {drop} }}'
    layer, x = layer_of(text, (8,), (8, 16)), torch.ones(8, 16)
    every = layer(torch.ones(8), x)
    some = torch.tensor([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    found = layer(some, x)
    assert torch.equal(found, torch.where(some[:, None] != 0, every, x))
    assert every.unique().tolist() == [0, 2]


@pytest.mark.parametrize("fields", ["", "per_sample: true"])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_pass_that_reads_no_values_gives_the_same_values_and_gradients(fields: str, value: float) -> None:
    layer, x = choice(fields, (3,)), X.clone().requires_grad_()
    condition = torch.tensor([value, value, 1.0 if fields else value])
    expected = layer(condition, x)
    with values_hidden():
        found = layer(condition, x)
    assert torch.equal(found, expected)
    assert torch.equal(*(torch.autograd.grad(top.sum(), x)[0] for top in (expected, found)))


def test_untaken_subnet_gets_no_gradient_and_is_not_run() -> None:
    layer = layer_of(f'name: "i" type: "If" bottom: "c" bottom: "x" subnet_param {{ {_BODIES} }}', (), (3, 4))
    x = values(3, 4).requires_grad_()
    layer(torch.zeros(()), x).sum().backward()
    assert [blob.grad for blob in layer.blobs] == [None, None]


FAULTS = {
    SCALED.replace('top: "y"', 'top: "y" top: "z"') % 1: "takes exactly 1 top",
    '{ layer { name: "x" type: "Input" top: "x" } '
    'layer { name: "r" type: "Reduction" bottom: "x" top: "y" } }': (
        r"the subnet gives \(3, 2\); the other subnet gives \(\)"
    ),
    '{ layer { name: "x" type: "Input" top: "x" top: "z" } }': "1 bottoms after the condition for 2 inputs",
    '{ layer { name: "x" type: "Input" top: "x" } }': "the subnet computes nothing",
}


@pytest.mark.parametrize("other", FAULTS)
def test_faults(other: str) -> None:
    with pytest.raises(LayerFault, match=FAULTS[other]):
        choice(other=other)


def test_per_sample_needs_a_sample_for_each_value() -> None:
    with pytest.raises(LayerFault, match=r"a bottom of shape \(3, 2\); expected 4 samples along axis 0"):
        choice("per_sample: true", (4,))
