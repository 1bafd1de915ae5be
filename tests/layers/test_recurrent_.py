"""Recurrent: a subnet at each step along an axis."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import Layer
from layerzoo.schema import TEST, TRAIN
from tests.subnet.blocks import block
from tests.subnet.layers import largest, layer_of, values

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 2 dim: 4 } } }
layer { name: "seen" type: "Input" top: "seen" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "rnn" type: "Recurrent" bottom: "x" bottom: "seen" top: "y" top: "h_T" subnet_param {
  carry { blob: "h1" input: "h" } output: "h1" last: "h1" truncate: 0 axis: 0
  feed_back { blob: "x1" input: "x" }
  body {
    layer { name: "in" type: "Input" top: "x" top: "seen" top: "h"
      input_param { shape { dim: 2 dim: 4 } shape { dim: 2 dim: 3 } shape { dim: 2 dim: 3 } } }
    layer { name: "ix" type: "InnerProduct" bottom: "x" top: "ix" inner_product_param {
      num_output: 3 weight_filler { type: "gaussian" std: 0.5 } } }
    layer { name: "ih" type: "InnerProduct" bottom: "h" top: "ih" inner_product_param {
      num_output: 3 bias_term: false weight_filler { type: "gaussian" std: 0.5 } } }
    layer { name: "sum" type: "Eltwise" bottom: "ix" bottom: "ih" bottom: "seen" top: "sum" }
    layer { name: "h" type: "TanH" bottom: "sum" top: "h1" }
    layer { name: "again" type: "InnerProduct" bottom: "h1" top: "x1" inner_product_param { num_output: 4 } }
  } } }
"""

SUM = """
  body {
    layer { name: "x" type: "Input" top: "x" }
    layer { name: "s" type: "Input" top: "s" input_param { shape { dim: -1 dim: 2 } } }
    layer { name: "add" type: "Eltwise" bottom: "x" bottom: "s" top: "s1" %s }
  }
"""
"""A running sum."""
TWICE = "eltwise_param { coeff: 1 coeff: 2 }"


def running_sum(
    fields: str = "", *bottoms: tuple[int, ...], body: str = SUM % "", phase: int = TRAIN
) -> Layer:
    names = " ".join(f'bottom: "b{i}"' for i in range(len(bottoms)))
    tops = " ".join(
        f'top: "t{i}"' for i in range(max(1, fields.count("last:") + fields.count('output: "s1"')))
    )
    return layer_of(
        f'name: "r" type: "Recurrent" {names} {tops} subnet_param {{ carry {{ blob: "s1" input: "s" }} '
        f"{fields} {body} }}",
        *bottoms,
        phase=phase,
    )


def test_carried_blob_begins_with_zeros_and_goes_from_step_to_step() -> None:
    x = torch.tensor([[[1.0, 10.0]], [[2.0, 20.0]], [[3.0, 30.0]]])
    assert running_sum("", (3, 1, 2))(x).tolist() == [[[1, 10]], [[3, 30]], [[6, 60]]]


def test_carried_blob_begins_with_its_bottom() -> None:
    x, start = torch.ones(2, 1, 2), torch.tensor([[5.0, 7.0]])
    assert running_sum("", (2, 1, 2), (1, 2))(x, start).tolist() == [[[6, 8]], [[7, 9]]]


def test_last_follows_output_and_alone_takes_its_place() -> None:
    x = torch.ones(4, 1, 2)
    both = running_sum('output: "s1" last: "s1" last: "x"', (4, 1, 2))(x)
    assert [tuple(top.shape) for top in both] == [(4, 1, 2), (1, 2), (1, 2)]
    assert both[1].tolist() == [[4, 4]]
    assert running_sum('last: "s1"', (4, 1, 2))(x).tolist() == [[4, 4]]


def test_steps_go_along_another_axis_of_bottoms_and_tops() -> None:
    x = torch.tensor([[[1.0, 1.0], [2.0, 3.0]]])  # (N, T, 2)
    assert running_sum("axis: 1", (1, 2, 2))(x).tolist() == [[[1, 1], [3, 4]]]
    assert running_sum("axis: -2", (1, 2, 2))(x).tolist() == [[[1, 1], [3, 4]]]


def test_one_step_and_one_sample() -> None:
    assert running_sum("", (1, 1, 2))(torch.full((1, 1, 2), 3.0)).tolist() == [[[3, 3]]]


def test_no_step_is_a_fault() -> None:
    with pytest.raises(LayerFault, match=r"0 steps along axis 0; expected at least 1"):
        running_sum("", (0, 1, 2))
    with pytest.raises(LayerFault, match="0 steps; expected the same, at least 1"):
        running_sum("", (3, 1, 2))(torch.zeros(0, 1, 2))


def test_input_of_as_many_axes_as_its_bottom_is_the_same_at_each_step() -> None:
    body = """body {
      layer { name: "x" type: "Input" top: "x" }
      layer { name: "m" type: "Input" top: "m" input_param { shape { dim: 2 dim: 2 } } }
      layer { name: "p" type: "Eltwise" bottom: "x" bottom: "m" top: "p" eltwise_param {
        operation: PROD } } }"""
    layer = layer_of(
        f'name: "r" type: "Recurrent" bottom: "x" bottom: "m" subnet_param {{ {body} }}', (3, 2, 2), (2, 2)
    )
    memory = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert layer(torch.ones(3, 2, 2), memory).tolist() == [memory.tolist()] * 3


def test_feed_back_replaces_an_input_in_test_from_the_second_step_on() -> None:
    fields = 'feed_back { blob: "s1" input: "x" }'
    x = torch.tensor([[[1.0, 2.0]], [[100.0, 100.0]], [[100.0, 100.0]]])
    assert running_sum(fields, (3, 1, 2), phase=TEST)(x).tolist() == [[[1, 2]], [[2, 4]], [[4, 8]]]
    assert running_sum(fields, (3, 1, 2))(x)[2].tolist() == [[201, 202]]


def test_truncate_stops_the_gradient_at_its_multiples() -> None:
    x, start = torch.ones(5, 1, 2, requires_grad=True), torch.ones(1, 2, requires_grad=True)
    body = SUM % TWICE  # s1 = x + 2 s: a step's gradient doubles with each step after it
    whole = running_sum('last: "s1"', (5, 1, 2), (1, 2), body=body)
    grads = torch.autograd.grad(whole(x, start).sum(), (x, start))
    assert grads[0][:, 0, 0].tolist() == [16, 8, 4, 2, 1]
    assert grads[1][0, 0] == 32
    cut = running_sum('last: "s1" truncate: 2', (5, 1, 2), (1, 2), body=body)  # before steps 2 and 4
    found = torch.autograd.grad(cut(x, start).sum(), (x, start), allow_unused=True)
    assert found[0][:, 0, 0].tolist() == [0, 0, 0, 0, 1]
    assert found[1] is None
    every = running_sum('output: "s1" truncate: 2', (5, 1, 2), (1, 2), body=body)
    found = torch.autograd.grad(every(x, start).sum(), (x, start))
    assert found[0][:, 0, 0].tolist() == [3, 1, 3, 1, 1]
    assert found[1][0, 0] == 2 + 4


@pytest.mark.parametrize(
    ("kind", "subnet", "carry", "output"),
    [("LSTM", "lstm_step", (("h1", "h"), ("c1", "c")), "h1"), ("RNN", "rnn_step", (("h1", "h"),), "y")],
)
def test_shipped_subnet_equals_the_built_in_layer(
    kind: str, subnet: str, carry: tuple[tuple[str, str], ...], output: str
) -> None:
    shapes = (6, 3, 4), (6, 3)
    pairs = " ".join(f'carry {{ blob: "{blob}" input: "{into}" }}' for blob, into in carry)
    layer = layer_of(
        f'name: "r" type: "Recurrent" bottom: "x" bottom: "cont" subnet_param {{ {pairs} '
        f'output: "{output}" }}',
        *shapes,
        body=block(subnet, n=5, std=0.5),
    )
    other = layer_of(
        f'name: "o" type: "{kind}" bottom: "x" bottom: "cont" recurrent_param {{ num_output: 5 }}', *shapes
    )
    for seed, (mine, theirs) in enumerate(zip(layer.blobs, other.blobs, strict=True)):
        mine.data.copy_(values(*mine.shape, seed=seed))
        theirs.data.copy_(mine.data)
    x, cont = values(6, 3, 4).requires_grad_(), torch.ones(6, 3)
    cont[0], cont[3, 1], cont[4, 2] = 0, 0, 0  # sequences begin in the middle, too
    tops, weights = (layer(x, cont), other(x, cont)), values(6, 3, 5, seed=9)
    assert largest([tops]) < 1e-5
    grads = [
        torch.autograd.grad(top, [x, *one.blobs], weights)
        for top, one in zip(tops, (layer, other), strict=True)
    ]
    assert largest(list(zip(*grads, strict=True))) < 1e-5 * max(
        1.0, float(max(g.abs().max() for g in grads[1]))
    )


def test_shipped_gru_equals_torchs() -> None:
    layer = layer_of(
        'name: "r" type: "Recurrent" bottom: "x" subnet_param { carry { blob: "h1" input: "h" } '
        'output: "h1" }',
        (6, 3, 4),
        body=block("gru_step", n=5),
    )
    other = torch.nn.GRU(4, 5)
    theirs = [other.weight_ih_l0, other.bias_ih_l0, other.weight_hh_l0, other.bias_hh_l0]
    for mine, their in zip(layer.blobs, theirs, strict=True):
        mine.data.copy_(their.data)
    x, weights = values(6, 3, 4).requires_grad_(), values(6, 3, 5, seed=9)
    tops = layer(x), other(x)[0]
    assert largest([tops]) < 1e-5
    grads = [
        torch.autograd.grad(top, [x, *params], weights)
        for top, params in zip(tops, (layer.blobs, theirs), strict=True)
    ]
    assert largest(list(zip(*grads, strict=True))) < 1e-5


FAULTS = {
    'carry { blob: "s2" input: "s" }': "the subnet has no blob 's2'",
    'carry { blob: "s1" input: "t" }': "the subnet has no input 't'",
    'output: "s2"': "the subnet has no blob 's2'",
    'last: "s2"': "the subnet has no blob 's2'",
    "axis: 3": "axis",
    'feed_back { blob: "s1" input: "y" }': "the subnet has no input 'y'",
    'output: "s1" output: "x"': "1 tops for 2 outputs",
}


@pytest.mark.parametrize("fields", FAULTS)
def test_faults_say_what_the_subnet_has(fields: str) -> None:
    with pytest.raises(LayerFault, match=FAULTS[fields]):
        running_sum(fields, (3, 1, 2))


def test_declared_shapes_and_those_of_the_bottoms_are_both_named() -> None:
    with pytest.raises(LayerFault, match=r"input 's' of the subnet declares \(\?, 2\), and gets \(1, 3\)"):
        running_sum("", (3, 1, 2), (1, 3))


def test_carried_blob_of_another_shape_than_its_input_is_a_fault() -> None:
    body = """body { layer { name: "x" type: "Input" top: "x" }
      layer { name: "s" type: "Input" top: "s" input_param { shape { dim: -1 dim: 2 } } }
      layer { name: "c" type: "Concat" bottom: "x" bottom: "s" top: "s1" } }"""
    message = r"carry: blob 's1' \(1, 4\) can't become input 's' \(1, 2\) of the next run"
    with pytest.raises(LayerFault, match=message):
        running_sum("", (3, 1, 2), body=body)


def test_no_bottom_along_the_axis_is_a_fault() -> None:
    body = (
        'body { layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 2 } } } '
        'layer { name: "a" type: "TanH" bottom: "x" top: "y" } }'
    )
    with pytest.raises(LayerFault, match="no bottom goes along the axis"):
        layer_of(f'name: "r" type: "Recurrent" bottom: "x" subnet_param {{ {body} }}', (3, 2))
