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
  name: "a" type: "LSTM" bottom: "x" bottom: "l" top: "a"
  recurrent_param {
    num_output: 2 direction: BIDIRECTIONAL num_layers: 2 dropout_ratio: 0.5
    weight_filler { type: "gaussian" } bias_filler { type: "gaussian" }
  }
}
layer {
  name: "b" type: "LSTM" bottom: "x" bottom: "cont" top: "b"
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


def naive(layer, x, cont, h, c, static=None):
    """Reference loop: the layer's formula, one time step at a time."""
    w_xc, b_c, *w_static, w_hc = (blob.detach() for blob in layer.blobs)
    h, c = h.clone(), c.clone()
    out = torch.zeros(*cont.shape, h.shape[1], dtype=x.dtype)
    for n in range(cont.shape[1]):
        for t in range(cont.shape[0]):
            a = w_hc @ (h[n] * cont[t, n]) + w_xc @ x[t, n].flatten() + b_c
            if static is not None:
                a += w_static[0] @ static[n].flatten()
            i, f, o, g = a.reshape(4, -1)
            c[n] = cont[t, n] * f.sigmoid() * c[n] + i.sigmoid() * g.tanh()
            h[n] = o.sigmoid() * c[n].tanh()
            out[t, n] = h[n]
    return out, h, c


def inputs(*shape, seed=1):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    cont = torch.ones(shape[:2], dtype=torch.float64)
    cont[0, 0] = cont[2, 1] = 0
    return x, cont


def zeros(*shape):
    return torch.zeros(shape, dtype=torch.float64)


def test_values_by_hand(make):
    layer = make("LSTM", (2, 1, 1), (2, 1), recurrent_param={"num_output": 1})
    # One unit: x drives the input gate, the bias the forget and output gates, h the candidate.
    for blob, rows in zip(layer.blobs, ([1, 0, 0, 1], [0, 0.5, 2, 0], [0, 0, 0, 3]), strict=True):
        blob.data.copy_(torch.tensor(rows).reshape(blob.shape))
    y = layer(torch.tensor([[[0.1]], [[0.2]]]), torch.tensor([[0.0], [1.0]]))

    def sigmoid(v):
        return 1 / (1 + math.exp(-v))

    c1 = sigmoid(0.1) * math.tanh(0.1)
    h1 = sigmoid(2) * math.tanh(c1)
    c2 = sigmoid(0.5) * c1 + sigmoid(0.2) * math.tanh(0.2 + 3 * h1)
    assert y.flatten().tolist() == pytest.approx([h1, sigmoid(2) * math.tanh(c2)])


def test_values_agree_with_naive_loop(make):
    layer = filled(make("LSTM", (4, 2, 3, 2), (4, 2), recurrent_param={"num_output": 5}))
    x, cont = inputs(4, 2, 3, 2)
    expected, *_ = naive(layer, x, cont, zeros(2, 5), zeros(2, 5))
    torch.testing.assert_close(layer(x, cont), expected)


def test_static_input_is_added_at_each_step(make):
    layer = filled(make("LSTM", (4, 2, 3), (4, 2), (2, 2, 2), recurrent_param={"num_output": 5}))
    x, cont = inputs(4, 2, 3)
    static = torch.randn(2, 2, 2, dtype=x.dtype)
    expected, *_ = naive(layer, x, cont, zeros(2, 5), zeros(2, 5), static)
    torch.testing.assert_close(layer(x, cont, static), expected)


@pytest.mark.parametrize("static", [False, True])
def test_exposed_hidden_states_start_and_end_the_sequence(make, static):
    shapes = [(4, 2, 3), (4, 2), *([(2, 6)] if static else []), (1, 2, 5), (1, 2, 5)]
    layer = filled(make("LSTM", *shapes, recurrent_param={"num_output": 5, "expose_hidden": True}))
    x, cont = inputs(4, 2, 3)
    h, c = torch.randn(2, 1, 2, 5, dtype=x.dtype)
    rest = [torch.randn(2, 6, dtype=x.dtype)] if static else []
    expected, *last = naive(layer, x, cont, h[0], c[0], *rest)
    y, *found = layer(x, cont, *rest, h, c)
    torch.testing.assert_close(y, expected)
    for a, b in zip(found, last, strict=True):
        torch.testing.assert_close(a, b[None])


def test_state_persists_across_batches_until_reset(make):
    layer = filled(make("LSTM", (4, 2, 3), (4, 2), recurrent_param={"num_output": 5}))
    x, cont = inputs(4, 2, 3)
    whole = layer(x, cont)
    layer.state.reset()
    halves = [layer(x[:2], cont[:2]), layer(x[2:], cont[2:])]
    torch.testing.assert_close(torch.cat(halves), whole)
    assert not torch.equal(layer(x, cont.fill_(1)), whole)


def test_state_is_not_in_the_state_dict(make):
    layer = filled(make("LSTM", (4, 2, 3), (4, 2), recurrent_param={"num_output": 5}))
    layer(*inputs(4, 2, 3))
    assert not any("state" in key for key in layer.state_dict())
    assert {k: tuple(v.shape) for k, v in layer.named_buffers()} == {
        "state.state0": (1, 2, 5),
        "state.state1": (1, 2, 5),
    }


def test_params_and_their_fillers():
    p = {"num_output": 5, "weight_filler": {"value": 2}, "bias_filler": {"value": 3}}
    own = LAYERS["LSTM"].param_shapes(LayerParameter(recurrent_param=p), [(4, 2, 3), (4, 2), (2, 6)])
    assert [o.shape for o in own] == [(20, 3), (20,), (20, 6), (20, 5)]
    assert [o.filler.value for o in own] == [2, 3, 2, 2]


def test_multiply_adds():
    param = LayerParameter(recurrent_param={"num_output": 5})
    assert LAYERS["LSTM"].macs(param, [(4, 2, 3), (4, 2), (2, 6)], []) == 2 * 20 * (4 * (3 + 5) + 6)


def test_gradcheck(make):
    layer = filled(make("LSTM", (3, 2, 2), (3, 2), (2, 3), recurrent_param={"num_output": 3}))
    x, cont = inputs(3, 2, 2)
    static = torch.randn(2, 3, dtype=x.dtype, requires_grad=True)

    def run(x, static, *_):
        layer.state.reset()
        return layer(x, cont, static)

    assert torch.autograd.gradcheck(run, (x.requires_grad_(), static, *layer.blobs))


def test_exposed_states_pass_no_gradient(make):
    param = {"num_output": 5, "expose_hidden": True}
    layer = filled(make("LSTM", (3, 2, 2), (3, 2), (1, 2, 5), (1, 2, 5), recurrent_param=param))
    x, cont = inputs(3, 2, 2)
    states = torch.randn(2, 1, 2, 5, dtype=x.dtype).requires_grad_()
    y, h, c = layer(x, cont, *states)
    assert [t.requires_grad for t in (y, h, c)] == [True, False, False]
    y.sum().backward()
    assert states.grad is None or not states.grad.any()


@pytest.mark.parametrize(
    ("shapes", "param", "message"),
    [
        ([(3, 2, 2), (3, 2)], {}, "num_output must be at least 1"),
        ([(3, 2, 2), (3, 2), (1, 2, 5)], {"num_output": 5, "expose_hidden": True}, "expected 4 or 5"),
        (
            [(3, 2, 2), (3, 2), (1, 2, 5), (2, 5)],
            {"num_output": 5, "expose_hidden": True},
            r"hidden state of shape \(2, 5\), expected \(1, 2, 5\)",
        ),
    ],
)
def test_faults(make, shapes, param, message):
    with pytest.raises(LayerFault, match=message):
        make("LSTM", *shapes, recurrent_param=param)


def test_propagate_hidden_gradient_by_hand(make):
    param = {"num_output": 1, "expose_hidden": True, "propagate_hidden": True}
    layer = make("LSTM", (1, 1, 1), (1, 1), (1, 1, 1), (1, 1, 1), recurrent_param=param).double()
    for blob, rows in zip(layer.blobs, ([1, 0, 0, 1], [0, 0.5, 2, 0], [0.3, 0, -0.4, 3]), strict=True):
        blob.data.copy_(torch.tensor(rows).reshape(blob.shape))
    h = torch.full((1, 1, 1), 0.25, dtype=torch.float64, requires_grad=True)
    c = torch.full((1, 1, 1), -0.5, dtype=torch.float64, requires_grad=True)
    one = torch.ones(1, 1, dtype=torch.float64)
    y, h_last, c_last = layer(0.125 * one[None], one, h, c)

    def sigmoid(v):
        return 1 / (1 + math.exp(-v))

    i, f = sigmoid(0.125 + 0.3 * 0.25), sigmoid(0.5)
    o, g = sigmoid(2 - 0.4 * 0.25), math.tanh(0.125 + 3 * 0.25)
    cell = f * -0.5 + i * g
    cell_by_h = i * (1 - i) * 0.3 * g + i * (1 - g**2) * 3
    h_by_cell = o * (1 - math.tanh(cell) ** 2)
    h_by_h = o * (1 - o) * -0.4 * math.tanh(cell) + h_by_cell * cell_by_h
    for top, expected in (
        (y, (h_by_h, h_by_cell * f)),
        (h_last, (h_by_h, h_by_cell * f)),
        (c_last, (cell_by_h, f)),
    ):
        found = torch.autograd.grad(top.sum(), (h, c), retain_graph=True)
        assert [grad.item() for grad in found] == pytest.approx(expected, rel=1e-6)


def test_propagate_hidden_gradcheck(make):
    param = {"num_output": 2, "expose_hidden": True, "propagate_hidden": True}
    layer = filled(make("LSTM", (3, 2, 2), (3, 2), (1, 2, 2), (1, 2, 2), recurrent_param=param))
    x, cont = inputs(3, 2, 2)
    h, c = (torch.randn(1, 2, 2, dtype=x.dtype, requires_grad=True) for _ in range(2))

    def run(x, h, c, *_):
        return layer(x, cont, h, c)

    leaves = (x.requires_grad_(), h, c, *layer.blobs)
    assert torch.autograd.gradcheck(run, leaves)
    assert torch.autograd.gradgradcheck(run, leaves)
