from __future__ import annotations

import math

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x" top: "cont" top: "l"
  dummy_data_param {
    shape { dim: 3 dim: 2 dim: 2 } shape { dim: 3 dim: 2 } shape { dim: 2 }
    data_filler { type: "uniform" min: -1 max: 1 } data_filler { type: "constant" value: 1 }
    data_filler { type: "constant" value: 2 }
  }
}
layer {
  name: "a" type: "RNN" bottom: "x" bottom: "l" top: "a"
  recurrent_param {
    num_output: 2 direction: BIDIRECTIONAL num_layers: 2 dropout_ratio: 0.5
    weight_filler { type: "gaussian" } bias_filler { type: "gaussian" }
  }
}
layer {
  name: "b" type: "RNN" bottom: "x" bottom: "cont" top: "b"
  recurrent_param {
    num_output: 2 direction: BACKWARD weight_filler { type: "gaussian" } bias_filler { type: "gaussian" }
  }
}
"""


def filled(layer, seed=0):
    generator = torch.Generator().manual_seed(seed)
    layer.double()
    for blob in layer.blobs:
        blob.data.copy_(torch.randn(blob.shape, generator=generator) / 2)
    return layer


def naive(layer, x, cont, h, static=None):
    """Reference loop: the layer's formula, one time step at a time."""
    w_xh, b_h, *w_static, w_hh, w_ho, b_o = (blob.detach() for blob in layer.blobs)
    out = torch.zeros(*cont.shape, len(b_o), dtype=x.dtype)
    h = h.clone()
    for n in range(cont.shape[1]):
        for t in range(cont.shape[0]):
            a = w_hh @ (h[n] * cont[t, n]) + w_xh @ x[t, n].flatten() + b_h
            if static is not None:
                a += w_static[0] @ static[n].flatten()
            h[n] = a.tanh()
            out[t, n] = (w_ho @ h[n] + b_o).tanh()
    return out, h


def inputs(*shape, seed=1):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    cont = torch.ones(shape[:2], dtype=torch.float64)
    cont[0, 0] = cont[2, 1] = 0
    return x, cont


def test_values_by_hand(make):
    layer = make("RNN", (2, 1, 1), (2, 1), recurrent_param={"num_output": 1})
    for blob, value in zip(layer.blobs, (1, 0.5, 2, 3, -1), strict=True):
        blob.data.fill_(value)
    y = layer(torch.tensor([[[0.1]], [[0.2]]]), torch.tensor([[0.0], [1.0]]))
    h1 = math.tanh(0.6)
    h2 = math.tanh(0.7 + 2 * h1)
    assert y.flatten().tolist() == pytest.approx([math.tanh(3 * h1 - 1), math.tanh(3 * h2 - 1)])


def test_values_agree_with_naive_loop(make):
    layer = filled(make("RNN", (4, 2, 3, 2), (4, 2), recurrent_param={"num_output": 5}))
    x, cont = inputs(4, 2, 3, 2)
    expected, _ = naive(layer, x, cont, torch.zeros(2, 5, dtype=x.dtype))
    torch.testing.assert_close(layer(x, cont), expected)


def test_static_input_is_added_at_each_step(make):
    layer = filled(make("RNN", (4, 2, 3), (4, 2), (2, 2, 2), recurrent_param={"num_output": 5}))
    x, cont = inputs(4, 2, 3)
    static = torch.randn(2, 2, 2, dtype=x.dtype)
    expected, _ = naive(layer, x, cont, torch.zeros(2, 5, dtype=x.dtype), static)
    torch.testing.assert_close(layer(x, cont, static), expected)


@pytest.mark.parametrize("static", [False, True])
def test_exposed_hidden_state_starts_and_ends_the_sequence(make, static):
    shapes = [(4, 2, 3), (4, 2), *([(2, 6)] if static else []), (1, 2, 5)]
    layer = filled(make("RNN", *shapes, recurrent_param={"num_output": 5, "expose_hidden": True}))
    x, cont = inputs(4, 2, 3)
    h = torch.randn(1, 2, 5, dtype=x.dtype)
    rest = [torch.randn(2, 6, dtype=x.dtype)] if static else []
    expected, last = naive(layer, x, cont, h[0], *rest)
    y, h_last = layer(x, cont, *rest, h)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(h_last, last[None])


def test_state_persists_across_batches_until_reset(make):
    layer = filled(make("RNN", (4, 2, 3), (4, 2), recurrent_param={"num_output": 5}))
    x, cont = inputs(4, 2, 3)
    whole = layer(x, cont)
    layer.state.reset()
    halves = [layer(x[:2], cont[:2]), layer(x[2:], cont[2:])]
    torch.testing.assert_close(torch.cat(halves), whole)
    assert not torch.equal(layer(x, cont.fill_(1)), whole)


def test_state_resets_when_number_of_streams_changes(make):
    layer = filled(make("RNN", (4, 2, 3), (4, 2), recurrent_param={"num_output": 5}))
    x, cont = inputs(4, 2, 3)
    first = layer(x[:, :1], cont[:, :1])
    layer(x, cont)
    torch.testing.assert_close(layer(x[:, :1], cont[:, :1]), first)


def test_params_and_their_fillers():
    p = {"num_output": 5, "weight_filler": {"value": 2}, "bias_filler": {"value": 3}}
    own = LAYERS["RNN"].param_shapes(LayerParameter(recurrent_param=p), [(4, 2, 3), (4, 2), (2, 6)])
    assert [o.shape for o in own] == [(5, 3), (5,), (5, 6), (5, 5), (5, 5), (5,)]
    assert [o.filler.value for o in own] == [2, 3, 2, 2, 2, 3]


def test_multiply_adds():
    param = LayerParameter(recurrent_param={"num_output": 5})
    assert LAYERS["RNN"].macs(param, [(4, 2, 3), (4, 2), (2, 6)], []) == 2 * (4 * (15 + 25 + 25) + 30)


def test_gradcheck(make):
    shapes = (3, 2, 2), (3, 2), (2, 3)
    layer = filled(make("RNN", *shapes, recurrent_param={"num_output": 3}))
    x, cont = inputs(3, 2, 2)
    static = torch.randn(2, 3, dtype=x.dtype, requires_grad=True)

    def run(x, static, *_):
        layer.state.reset()
        return layer(x, cont, static)

    assert torch.autograd.gradcheck(run, (x.requires_grad_(), static, *layer.blobs))


def test_exposed_states_pass_no_gradient(make):
    param = {"num_output": 5, "expose_hidden": True}
    layer = filled(make("RNN", (3, 2, 2), (3, 2), (1, 2, 5), recurrent_param=param))
    x, cont = inputs(3, 2, 2)
    h = torch.randn(1, 2, 5, dtype=x.dtype, requires_grad=True)
    y, last = layer(x, cont, h)
    assert y.requires_grad
    assert not last.requires_grad
    y.sum().backward()
    assert h.grad is None


def test_propagate_hidden_gradient_by_hand(make):
    param = {"num_output": 1, "expose_hidden": True, "propagate_hidden": True}
    layer = make("RNN", (2, 1, 1), (2, 1), (1, 1, 1), recurrent_param=param).double()
    for blob, value in zip(layer.blobs, (1, 0.5, 2, 3, -1), strict=True):
        blob.data.fill_(value)
    x, cont = torch.tensor([[[0.1]], [[0.2]]]).double(), torch.ones(2, 1).double()
    h = torch.full((1, 1, 1), 0.3, dtype=torch.float64, requires_grad=True)
    y, last = layer(x, cont, h)
    h1 = math.tanh(0.1 + 0.5 + 2 * 0.3)
    h2 = math.tanh(0.2 + 0.5 + 2 * h1)
    y2 = math.tanh(3 * h2 - 1)
    into_h2 = (1 - h2**2) * 2 * (1 - h1**2) * 2
    assert torch.autograd.grad(y[1].sum(), h, retain_graph=True)[0].item() == pytest.approx(
        (1 - y2**2) * 3 * into_h2, rel=1e-6
    )
    assert torch.autograd.grad(last.sum(), h)[0].item() == pytest.approx(into_h2, rel=1e-6)


def test_propagate_hidden_gradcheck(make):
    param = {"num_output": 3, "expose_hidden": True, "propagate_hidden": True}
    layer = filled(make("RNN", (3, 2, 2), (3, 2), (1, 2, 3), recurrent_param=param))
    x, cont = inputs(3, 2, 2)
    h = torch.randn(1, 2, 3, dtype=x.dtype, requires_grad=True)

    def run(x, h, *_):
        return layer(x, cont, h)

    leaves = (x.requires_grad_(), h, *layer.blobs)
    assert torch.autograd.gradcheck(run, leaves)
    assert torch.autograd.gradgradcheck(run, leaves)


@pytest.mark.parametrize(
    ("shapes", "param", "message"),
    [
        ([(3, 2, 2), (3, 2)], {}, "num_output must be at least 1"),
        ([(3, 2), (3, 2)], {"num_output": 5}, r"x of shape \(3, 2\)"),
        ([(3, 2, 2), (2, 3)], {"num_output": 5}, r"cont of shape \(2, 3\), expected \(3, 2\)"),
        ([(3, 2, 2), (3, 2), (3, 5)], {"num_output": 5}, r"x_static of shape \(3, 5\), expected \(2, "),
        ([(3, 2, 2), (3, 2), (2, 5), (1, 2, 5)], {"num_output": 5}, "4 bottoms, expected 2 or 3"),
        ([(3, 2, 2), (3, 2)], {"num_output": 5, "expose_hidden": True}, "2 bottoms, expected 3 or 4"),
        ([(3, 2, 2), (3, 2)], {"num_output": 5, "propagate_hidden": True}, "without expose_hidden"),
        (
            [(3, 2, 2), (3, 2), (1, 2, 4)],
            {"num_output": 5, "expose_hidden": True},
            r"hidden state of shape \(1, 2, 4\), expected \(1, 2, 5\)",
        ),
    ],
)
def test_faults(make, shapes, param, message):
    with pytest.raises(LayerFault, match=message):
        make("RNN", *shapes, recurrent_param=param)


def test_number_of_tops_is_checked():
    param = LayerParameter(top=["y", "h"], recurrent_param={"num_output": 5})
    with pytest.raises(LayerFault, match="2 tops, expected 1"):
        LAYERS["RNN"].top_shapes(param, [(3, 2, 2), (3, 2)])
