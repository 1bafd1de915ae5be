"""Loop: a subnet a number of times, or while a blob says so."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.transforms import values_hidden
from layerzoo.layer import Layer
from tests.subnet.layers import inputs, layer_of, net_of, values

EXAMPLE = """
layer { name: "q" type: "Input" top: "q" input_param { shape { dim: 3 dim: 4 } } }
layer { name: "hops" type: "Loop" bottom: "q" top: "q2" subnet_param { times: 2 output: "q1"
  carry { blob: "q1" input: "q" }
  body {
    layer { name: "in" type: "Input" top: "q" input_param { shape { dim: 3 dim: 4 } } }
    layer { name: "R" type: "InnerProduct" bottom: "q" top: "sum" inner_product_param {
      num_output: 4 weight_filler { type: "gaussian" std: 0.5 } } }
    layer { name: "act" type: "TanH" bottom: "sum" top: "q1" }
  } } }
layer { name: "until" type: "Loop" bottom: "q" top: "y" subnet_param { times: 3 share_params: true
  per_sample: true while: "more" carry { blob: "q1" input: "q" } output: "q1"
  body {
    layer { name: "in" type: "Input" top: "q" }
    layer { name: "R" type: "InnerProduct" bottom: "q" top: "sum" inner_product_param {
      num_output: 4 weight_filler { type: "gaussian" std: 0.5 } } }
    layer { name: "act" type: "TanH" bottom: "sum" top: "q1" }
    layer { name: "size" type: "Reduction" bottom: "q1" top: "size" reduction_param {
      axis: 1 operation: ASUM } }
    layer { name: "more" type: "Threshold" bottom: "size" top: "more" threshold_param { threshold: 0.9 } }
  } } }
"""

DOUBLE = """body {
  layer { name: "q" type: "Input" top: "q" }
  layer { name: "twice" type: "Power" bottom: "q" top: "q1" power_param { scale: 2 } }
  layer { name: "more" type: "Power" bottom: "q1" top: "size" power_param { scale: -1 shift: %s } }
  layer { name: "go" type: "Threshold" bottom: "size" top: "more" } }"""
"""Twice its input, and whether that is below a bound."""


def doubled(fields: str, bound: float = 0, shape: tuple[int, ...] = (2, 1)) -> Layer:
    return layer_of(
        f'name: "l" type: "Loop" bottom: "x" subnet_param {{ output: "q1" {fields} {DOUBLE % bound} }}', shape
    )


def test_outputs_become_the_first_inputs_of_the_next_run() -> None:
    assert doubled("times: 5")(torch.tensor([[1.0], [3.0]])).tolist() == [[32], [96]]
    assert doubled("")(torch.tensor([[1.0], [3.0]])).tolist() == [[2], [6]]


def test_last_names_outputs_after_those_of_output() -> None:
    text = f'name: "l" type: "Loop" bottom: "x" top: "a" top: "b" subnet_param {{ %s times: 3 {DOUBLE % 0} }}'
    both = layer_of(text % 'output: "size" last: "q1" carry { blob: "q1" input: "q" }', (2, 1))
    x = torch.tensor([[1.0], [-3]])
    size, q1 = both(x)
    assert q1.tolist() == [[8], [-24]]
    assert size.tolist() == [[-8], [24]]
    alone = layer_of(text.replace(' top: "b"', "") % 'last: "q1" carry { blob: "q1" input: "q" }', (2, 1))
    assert alone(x).tolist() == [[8], [-24]]


def test_while_ends_the_loop_when_no_value_is_left() -> None:
    loop = doubled('times: 9 while: "more"', bound=10)
    assert loop(torch.tensor([[1.0], [6.0]])).tolist() == [[16], [96]]
    assert loop(torch.tensor([[20.0], [6.0]])).tolist() == [[40], [12]]


def test_while_is_bounded_by_times() -> None:
    assert doubled('times: 2 while: "more"', bound=1000)(torch.ones(2, 1)).tolist() == [[4], [4]]


def test_per_sample_keeps_each_samples_last_values() -> None:
    loop = doubled('times: 9 while: "more" per_sample: true', bound=10)
    assert loop(torch.tensor([[1.0], [6.0]])).tolist() == [[16], [12]]


def test_sample_whose_loop_has_ended_stays_so() -> None:
    body = """body { layer { name: "q" type: "Input" top: "q" }
      layer { name: "minus" type: "Power" bottom: "q" top: "q1" power_param { scale: -2 } }
      layer { name: "go" type: "Threshold" bottom: "q1" top: "more" } }"""
    loop = layer_of(
        'name: "l" type: "Loop" bottom: "x" subnet_param { times: 9 while: "more" per_sample: true '
        f'output: "q1" {body} }}',
        (2, 1),
    )
    x = torch.tensor([[1.0], [-1.0]])  # in its second run the first sample's blob would be above 0 again
    assert loop(x).tolist() == [[-2], [-4]]


@pytest.mark.parametrize("fields", ['while: "more"', 'while: "more" per_sample: true'])
def test_pass_that_reads_no_values_gives_the_same_values_and_gradients(fields: str) -> None:
    loop, x = doubled(f"times: 9 {fields}", bound=10), torch.tensor([[1.0], [6.0]], requires_grad=True)
    expected = loop(x)
    with values_hidden():
        found = loop(x)
    assert torch.equal(found, expected)
    grads = [torch.autograd.grad(top.sum(), x)[0] for top in (expected, found)]
    assert torch.equal(*grads)
    assert grads[0].tolist() == ([[16], [2]] if "per_sample" in fields else [[16], [16]])


LINEAR = """body { layer { name: "q" type: "Input" top: "q" }
  layer { name: "R" type: "InnerProduct" bottom: "q" top: "q1" %s inner_product_param { num_output: 2
    bias_term: false weight_filler { type: "gaussian" std: 1 } } } }"""


def test_runs_have_params_of_their_own_or_share_them() -> None:
    def loop(fields: str, named: str = "") -> Layer:
        return layer_of(
            f'name: "l" type: "Loop" bottom: "x" subnet_param {{ times: 3 {fields} {LINEAR % named} }}',
            (4, 2),
        )

    own, shared = loop(""), loop("share_params: true")
    assert [param.path for param in own.own_params] == ["0/R", "1/R", "2/R"]
    assert [param.path for param in shared.own_params] == ["R"]
    x = values(4, 2)
    expected = x
    for weight in own.blobs:
        expected = expected @ weight.t()
    torch.testing.assert_close(own(x), expected)
    assert len({blob.sum().item() for blob in own.blobs}) == 3  # filled with numbers of their own
    (weight,) = shared.blobs
    torch.testing.assert_close(shared(x), x @ weight.t() @ weight.t() @ weight.t())


def test_param_with_a_name_is_shared_by_all_runs_in_a_net() -> None:
    text = inputs(x=(4, 2)) + (
        f'layer {{ name: "l" type: "Loop" bottom: "x" top: "y" subnet_param {{ times: 3 '
        f"""{LINEAR % 'param { name: "W" }'} }} }}"""
    )
    net = net_of(text)
    assert [len(param.users) for param in net.graph.params] == [3]
    (weight,) = net.learnable
    x = values(4, 2)
    torch.testing.assert_close(net(x)["y"], x @ weight.t() @ weight.t() @ weight.t())


FAULTS = {
    "times: 0": "times is 0; expected at least 1",
    "times: 4000000000": "4,000,000,000 runs of 4 layers: more than 100,000",
    'while: "mor"': "the subnet has no blob 'mor'",
    "per_sample: true": "per_sample without while",
    'times: 2 output: "size"': "2 outputs for 1 inputs of the next run",
}


@pytest.mark.parametrize("fields", FAULTS)
def test_faults(fields: str) -> None:
    with pytest.raises(LayerFault, match=FAULTS[fields]):
        doubled(fields)


def test_per_sample_needs_a_sample_for_each_value() -> None:
    with pytest.raises(
        LayerFault, match=r"per_sample: blob 'more' \(2, 3\); expected 6 samples along axis 0"
    ):
        doubled('times: 2 while: "more" per_sample: true', shape=(2, 3))


def test_statistics_keep_a_loop_with_a_condition_from_being_recorded() -> None:
    norm = DOUBLE.replace(
        'type: "Power" bottom: "q" top: "q1" power_param { scale: 2 }',
        'type: "BatchNorm" bottom: "q" top: "q1"',
    )
    text = (
        f'name: "l" type: "Loop" bottom: "x" subnet_param {{ times: 2 output: "q1" while: "more" {norm % 1} '
    )
    text += "}"
    loop = layer_of(text, (4, 2))
    assert loop.unrecordable == "layer 'l/0/twice' keeps statistics of the runs"
    with values_hidden(), pytest.raises(LayerFault, match="keeps statistics of the runs"):
        loop(values(4, 2))
    assert loop.eval().unrecordable is None
    assert layer_of(text.replace('while: "more"', ""), (4, 2)).unrecordable is None
