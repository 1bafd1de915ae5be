from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import TRAIN, LayerParameter


def layer_of(kind: str, *bottoms: tuple[int, ...], **fields: object):
    param = LayerParameter(name="l", type=kind, phase=TRAIN, recurrent_param={"num_output": 3, **fields})
    layer = LAYERS[kind](param, bottoms)
    for blob in layer.blobs:
        blob.data.copy_(torch.randn(blob.shape, generator=torch.Generator().manual_seed(blob.numel())) / 2)
    return layer


@pytest.mark.parametrize("grads", [False, True])
def test_lstm_with_lengths_is_torchs_module(grads: bool) -> None:
    layer = layer_of("LSTM", (5, 4, 2), (4,), num_layers=2, direction="BIDIRECTIONAL")
    module, blobs = nn.LSTM(2, 3, 2, bidirectional=True), [blob.data for blob in layer.blobs]
    for index, names in enumerate(module.all_weights):
        w_x, bias, w_h = blobs[3 * index : 3 * index + 3]
        for param, value in zip(names[:3], (w_x, w_h, bias), strict=True):
            i, f, o, g = value.chunk(4)
            param.data.copy_(torch.cat([i, f, g, o]))
        names[3].data.zero_()
    x, lengths = torch.randn(5, 4, 2), torch.tensor([5, 1, 3, 2])
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    expected, _ = nn.utils.rnn.pad_packed_sequence(module(packed)[0], total_length=5)
    with torch.set_grad_enabled(grads):
        torch.testing.assert_close(layer(x, lengths), expected, rtol=1e-4, atol=1e-5)


def test_rnn_layers_take_the_values_of_the_one_before() -> None:
    stack = layer_of("RNN", (4, 2, 3), (2,), num_layers=2)
    ones = [layer_of("RNN", (4, 2, 3), (2,)) for _ in range(2)]
    for at, one in enumerate(ones):
        for blob, value in zip(one.blobs, stack.blobs[5 * at : 5 * at + 5], strict=True):
            blob.data.copy_(value)
    x, lengths = torch.randn(4, 2, 3), torch.tensor([4.0, 3])
    torch.testing.assert_close(stack(x, lengths), ones[1](ones[0](x, lengths), lengths))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_states_are_carried_only_by_cont_and_forward(kind: str) -> None:
    assert layer_of(kind, (4, 2, 3), (4, 2)).state is not None
    assert layer_of(kind, (4, 2, 3), (2,)).state is None
    assert layer_of(kind, (4, 2, 3), (4, 2), direction="BACKWARD").state is None


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_decoding_goes_on_with_the_states(kind: str) -> None:
    layer = layer_of(kind, (4, 2, 3), (2,), num_layers=2)
    x, lengths = torch.randn(4, 2, 3), torch.tensor([4.0, 4])
    whole = layer(x, lengths)
    layer.decoding = layer.begin_decoding()
    steps = [layer(step[None], torch.ones(2)) for step in x]
    torch.testing.assert_close(torch.cat(steps), whole)


def test_decoding_of_a_layer_that_goes_backward_is_a_fault() -> None:
    layer = layer_of("GRU", (4, 2, 3), (2,), direction="BIDIRECTIONAL")
    with pytest.raises(LayerFault, match="direction BIDIRECTIONAL can't be decoded"):
        layer.begin_decoding()


def test_dropout_ratio_of_one_layer_is_unread() -> None:
    param = LayerParameter(recurrent_param={"num_output": 3})
    assert "recurrent_param.dropout_ratio" in LAYERS["GRU"].unread(param)
    param.recurrent_param.num_layers = 2
    assert "recurrent_param.dropout_ratio" not in LAYERS["GRU"].unread(param)
