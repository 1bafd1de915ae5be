from __future__ import annotations

import math

import pytest
import torch
from torch import nn

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
  name: "a" type: "GRU" bottom: "x" bottom: "l" top: "a"
  recurrent_param {
    num_output: 2 direction: BIDIRECTIONAL num_layers: 2 dropout_ratio: 0.5 reset: BEFORE
    weight_filler { type: "gaussian" } bias_filler { type: "gaussian" }
  }
}
layer {
  name: "b" type: "GRU" bottom: "x" bottom: "cont" top: "b"
  recurrent_param {
    num_output: 2 direction: BACKWARD weight_filler { type: "gaussian" } bias_filler { type: "gaussian" }
  }
}
"""


def filled(layer, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for blob in layer.blobs:
        blob.data.copy_(torch.randn(blob.shape, generator=generator) / 2)
    return layer


def sigmoid(v):
    return 1 / (1 + math.exp(-v))


@pytest.mark.parametrize("reset", ["AFTER", "BEFORE"])
def test_values_by_hand(make, reset):
    layer = make("GRU", (2, 1, 1), (2, 1), recurrent_param={"num_output": 1, "reset": reset})
    for blob, rows in zip(layer.blobs, ([1, 2, 3], [0.1, 0.2, 0.3], [4, 5, 6], [0.4, 0.5, 0.6]), strict=True):
        blob.data.copy_(torch.tensor(rows).reshape(blob.shape))
    h = 0.0
    for x in (0.5, -0.25):
        r, z = sigmoid(x + 0.1 + 4 * h + 0.4), sigmoid(2 * x + 0.2 + 5 * h + 0.5)
        product = r * (6 * h + 0.6) if reset == "AFTER" else 6 * r * h + 0.6
        h = (1 - z) * math.tanh(3 * x + 0.3 + product) + z * h
    y = layer(torch.tensor([[[0.5]], [[-0.25]]]), torch.tensor([[0.0], [1.0]]))
    assert y[-1].item() == pytest.approx(h, rel=1e-5)


def torchs(layer, **fields):
    """torch's module with the layer's params."""
    e = layer.extent
    module = nn.GRU(e.inputs, e.hidden, e.sweeps // e.directions, bidirectional=e.directions == 2)
    blobs = [blob.data for blob in layer.blobs]
    for index, names in enumerate(module.all_weights):
        w_x, b_x, w_h, b_h = blobs[4 * index : 4 * index + 4]
        for param, value in zip(names, (w_x, w_h, b_x, b_h), strict=True):
            param.data.copy_(value)
    return module


@pytest.mark.parametrize("direction", ["FORWARD", "BIDIRECTIONAL"])
@pytest.mark.parametrize("grads", [False, True])
def test_lengths_layers_and_directions_are_those_of_torchs_module(make, direction, grads):
    fields = {"num_output": 3, "num_layers": 2, "direction": direction, "expose_hidden": True}
    count = 4 if direction == "BIDIRECTIONAL" else 2
    layer = filled(make("GRU", (5, 4, 2), (4,), (count, 4, 3), recurrent_param=fields))
    x, lengths, h = torch.randn(5, 4, 2), torch.tensor([5, 1, 3, 2]), torch.randn(count, 4, 3)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    expected, last = torchs(layer)(packed, h)
    expected, _ = nn.utils.rnn.pad_packed_sequence(expected, total_length=5)
    with torch.set_grad_enabled(grads):
        y, after = layer(x, lengths.float(), h)
    torch.testing.assert_close(y, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(after, last, rtol=1e-4, atol=1e-5)


def test_backward_direction_is_the_second_of_both(make):
    fields = {"num_output": 3, "direction": "BIDIRECTIONAL"}
    both = filled(make("GRU", (5, 4, 2), (4,), recurrent_param=fields))
    back = make("GRU", (5, 4, 2), (4,), recurrent_param={"num_output": 3, "direction": "BACKWARD"})
    for one, other in zip(back.blobs, both.blobs[4:], strict=True):
        one.data.copy_(other)
    x, lengths = torch.randn(5, 4, 2), torch.tensor([5.0, 0, 3, 2])
    torch.testing.assert_close(back(x, lengths), both(x, lengths)[:, :, 3:])
    assert not both(x, lengths)[:, 1].any()


def test_backward_direction_begins_at_the_end_of_each_sequence_of_cont(make):
    layer = filled(make("GRU", (5, 1, 2), (5, 1), recurrent_param={"num_output": 3, "direction": "BACKWARD"}))
    x, cont = torch.randn(5, 1, 2), torch.tensor([[0.0], [1], [0], [1], [1]])
    y = layer(x, cont)
    torch.testing.assert_close(y[:2], layer(x[:2], cont[:2]))
    torch.testing.assert_close(y[2:], layer(x[2:], cont[2:]))


def test_x_alone_begins_at_the_first_step(make):
    layer, alone = (
        filled(make("GRU", *shapes, recurrent_param={"num_output": 3}))
        for shapes in ([(5, 4, 2), (5, 4)], [(5, 4, 2)])
    )
    x, cont = torch.randn(5, 4, 2), torch.ones(5, 4)
    torch.testing.assert_close(layer(x, cont), alone(x))
    torch.testing.assert_close(alone(x), alone(x))
    with torch.no_grad():
        torch.testing.assert_close(alone(x), alone.train(False)(x.double().float()))


def test_state_persists_across_batches_until_reset(make):
    layer = filled(make("GRU", (4, 2, 3), (4, 2), recurrent_param={"num_output": 5, "num_layers": 2}))
    x, cont = torch.randn(4, 2, 3), torch.ones(4, 2)
    whole = layer(x, cont)
    layer.state.reset()
    torch.testing.assert_close(torch.cat([layer(x[:2], cont[:2]), layer(x[2:], cont[2:])]), whole)
    assert not torch.equal(layer(x, cont), whole)


def test_joined_operation_gives_the_same_values_and_gradients(make):
    fields = {"num_output": 5, "direction": "BIDIRECTIONAL"}
    layer = filled(make("GRU", (4, 2, 3), (2,), recurrent_param=fields))
    x, lengths = torch.randn(4, 2, 3, requires_grad=True), torch.tensor([4.0, 2])
    joined = layer.joined((), None).call(x, lengths)
    plain = layer(x, lengths)
    torch.testing.assert_close(joined, plain)
    grads = [torch.autograd.grad(y.sin().sum(), [x, *layer.blobs]) for y in (joined, plain)]
    torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-5)
    fields["reset"] = "BEFORE"
    assert make("GRU", (4, 2, 3), (2,), recurrent_param=fields).joined((), None) is None


def test_dropout_between_layers_depends_on_the_stream(make):
    fields = {"num_output": 5, "num_layers": 2, "dropout_ratio": 0.5}
    layer = filled(make("GRU", (4, 6, 3), (6,), recurrent_param=fields))
    x, lengths = torch.randn(4, 6, 3), torch.full((6,), 4.0)
    whole = layer(x, lengths)
    assert not torch.equal(whole, layer.eval()(x, lengths))
    layer.train()
    layer.clock.rank, layer.clock.ranks = 1, 2
    torch.testing.assert_close(layer(x[:, 1::2], lengths[1::2]), whole[:, 1::2])


def test_static_input_is_added_at_each_step_of_the_first_layer(make):
    fields = {"num_output": 2, "num_layers": 2}
    layer = filled(make("GRU", (3, 4, 2), (4,), (4, 3), recurrent_param=fields))
    x, lengths, static = torch.randn(3, 4, 2), torch.full((4,), 3.0), torch.randn(4, 3)
    wide = make("GRU", (3, 4, 5), (4,), recurrent_param=fields)
    w_x, b_x, w_static, *rest = (blob.data for blob in layer.blobs)
    for blob, value in zip(wide.blobs, [torch.cat([w_x, w_static], 1), b_x, *rest], strict=True):
        blob.data.copy_(value)
    expected = wide(torch.cat([x, static.expand(3, 4, 3)], 2), lengths)
    torch.testing.assert_close(layer(x, lengths, static), expected)


def test_params_and_multiply_adds():
    param = LayerParameter(recurrent_param={"num_output": 5, "num_layers": 2, "direction": "BIDIRECTIONAL"})
    own = LAYERS["GRU"].param_shapes(param, [(4, 2, 3), (2,)])
    names = ("weight_xc", "bias_c", "weight_hc", "bias_hc")
    assert [o.name for o in own] == [
        name + end for end in ("", "_reverse", "_l1", "_l1_reverse") for name in names
    ]
    assert [o.shape for o in own[::4]] == [(15, 3), (15, 3), (15, 10), (15, 10)]
    expected = 2 * 4 * 2 * 15 * ((3 + 5) + (10 + 5))
    assert LAYERS["GRU"].macs(param, [(4, 2, 3), (2,)], []) == expected


@pytest.mark.parametrize(
    ("bottoms", "message"),
    [
        ([(3, 2, 2), (3,)], r"cont of shape \(3,\), expected \(3, 2\)"),
        ([(3, 2), (3, 2)], r"x of shape \(3, 2\)"),
        ([(3, 2, 2), (2,), (3, 2)], "x_static of shape"),
    ],
)
def test_faults(shapes, bottoms, message):
    with pytest.raises(LayerFault, match=message):
        shapes("GRU", *bottoms, recurrent_param={"num_output": 5})
