from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import TEST, BNParameter

PSPNET, WINDOWS, SEGNET = BNParameter.PSPNET, BNParameter.CAFFE_WINDOWS, BNParameter.SEGNET
X = torch.tensor([1.0, 3]).view(2, 1)  # mean 2, variance 1


def bn(make, phase=None, top=("y",), **fields):
    layer = make("BN", (2, 1), top=list(top), bn_param=fields, **({} if phase is None else {"phase": phase}))
    layer.slope.data.fill_(2)
    layer.bias.data.fill_(1)
    return layer


def test_pspnet_normalises_by_the_batch_and_keeps_statistics(make):
    layer = bn(make, eps=0, momentum=0.9)
    assert [tuple(blob.shape) for blob in layer.blobs] == [(1, 1, 1, 1)] * 4
    assert layer(X).flatten().tolist() == [-1, 3]
    assert layer.mean.item() == pytest.approx(0.2)
    assert layer.variance.item() == pytest.approx(0.1)


def test_pspnet_uses_the_statistics_in_test_and_frozen(make):
    for layer in (bn(make, TEST, eps=0), bn(make, eps=0, frozen=True)):
        layer.mean.data.fill_(1)
        layer.variance.data.fill_(4)
        assert layer(X).flatten().tolist() == [1, 3]
        assert layer.mean.item() == 1
    assert not layer.slope.requires_grad


def test_caffe_windows_keeps_the_inverse_deviation(make):
    layer = bn(make, dialect=WINDOWS, eps=3)
    assert [tuple(blob.shape) for blob in layer.blobs] == [(1, 1)] * 4
    assert layer(X).flatten().tolist() == [0, 2]  # a deviation of sqrt(1 + 3)
    assert layer.variance.item() == pytest.approx(0.1 * 0.5)
    test = bn(make, TEST, dialect=WINDOWS, eps=3)
    test.mean.data.fill_(1)
    test.variance.data.fill_(0.25)
    assert test(X).flatten().tolist() == [1, 2]


def test_segnet_has_no_statistics(make):
    for phase in (None, TEST):
        layer = bn(make, phase, bn_mode=BNParameter.LEARN)
        assert len(layer.blobs) == 2
        assert layer(X).flatten().tolist() == pytest.approx([-1, 3])
    layer = bn(make, bn_mode=BNParameter.INFERENCE)
    assert layer(X).flatten().tolist() == [3, 7]


def test_segnet_shows_mean_and_variance(make):
    y, mean, variance = bn(make, top=("y", "m", "v"))(X)
    assert (y.flatten().tolist(), mean.shape) == (pytest.approx([-1, 3]), (1, 1, 1, 1))
    assert (mean.item(), variance.item()) == (2, 1)
    assert not mean.requires_grad


def test_one_value_per_channel_is_its_own_mean(make):
    layer = make("BN", (1, 2), bn_param={"eps": 1})
    layer.bias.data.fill_(5)
    assert layer(torch.tensor([[3.0, 4]])).tolist() == [[5, 5]]
    assert layer.mean.flatten().tolist() == pytest.approx([0.3, 0.4])


def test_fields_of_two_forks_are_refused(make):
    with pytest.raises(LayerFault, match="scale_filler is a field of SegNet's BN, frozen of PSPNet's"):
        make("BN", (2, 1), bn_param={"frozen": True, "scale_filler": {"value": 1}})
    with pytest.raises(LayerFault, match="the dialect PSPNET has one top"):
        make("BN", (2, 1), top=["y", "m"], bn_param={"eps": 1})


BODY = 'layer { name: "l" type: "BN" bottom: "x" top: "y" %s }'
HEADER = 'input: "x" input_shape { dim: 2 dim: 3 dim: 4 dim: 4 } '
INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } } '


@pytest.mark.parametrize(
    ("text", "blobs"),
    [
        (HEADER + BODY % "", [(1, 3, 1, 1)] * 2),
        (HEADER + BODY % "bn_param { eps: 0.1 }", [(1, 3, 1, 1)] * 4),
        (INPUT + BODY % "", [(1, 3)] * 4),
        (INPUT + BODY % "bn_param { momentum: 0.5 }", [(1, 3)] * 4),
        (INPUT + BODY % "bn_param { dialect: PSPNET }", [(1, 3, 1, 1)] * 4),
        (INPUT + BODY % "bn_param { bn_mode: LEARN }", [(1, 3, 1, 1)] * 2),
    ],
)
def test_the_net_decides_where_the_layer_does_not(text, blobs):
    net = Net(parse_net(text).message)
    assert [tuple(blob.shape) for blob in net.params["l"]] == blobs
