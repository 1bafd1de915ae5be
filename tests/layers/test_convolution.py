from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.export import export_python
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import LayerParameter, NetParameter

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x" top: "s"
  dummy_data_param {
    shape { dim: 2 dim: 2 dim: 4 dim: 3 } shape { dim: 1 dim: 2 dim: 5 }
    data_filler { type: "uniform" min: -1 max: 1 }
  }
}
layer { name: "sides" type: "Convolution" bottom: "x" top: "y"
  convolution_param { num_output: 2 kernel_size: [3, 2] pad_begin: [2, 1] pad_end: [0, 1]
    weight_filler { type: "gaussian" } } }
layer { name: "tcn" type: "Convolution" bottom: "s" top: "t"
  convolution_param { num_output: 2 kernel_size: 2 dilation: 2 causal: true
    weight_filler { type: "gaussian" } } }
"""


def conv(make, *bottoms, **fields):
    layer = make("Convolution", *bottoms, convolution_param=fields)
    for blob in layer.blobs:
        blob.data.copy_(torch.arange(1.0, blob.numel() + 1).reshape(blob.shape))
    return layer


def test_values_by_hand(make):
    # kernel 1 2 / 3 4 over 1 2 3 / 4 5 6, bias 1
    layer = conv(make, (1, 1, 2, 3), num_output=1, kernel_size=[2])
    x = torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]]])
    assert layer(x).tolist() == [[[[1 + 4 + 12 + 20 + 1, 2 + 6 + 15 + 24 + 1]]]]


def test_pad_stride_and_dilation_by_hand(make):
    layer = conv(
        make, (1, 1, 5), num_output=1, kernel_size=[2], pad=[1], stride=[2], dilation=[2], bias_term=False
    )
    # windows of two elements with dilation 2 over 0 1 2 3 4 5 0
    x = torch.tensor([[[1.0, 2, 3, 4, 5]]])
    assert layer(x).tolist() == [[[0 + 2 * 2, 2 + 2 * 4, 4 + 2 * 0]]]


def test_groups_read_only_their_own_channels(make):
    layer = conv(make, (1, 2, 1), num_output=2, kernel_size=[1], group=2, bias_term=False)
    assert layer.weight.shape == (2, 1, 1)
    assert layer(torch.tensor([[[10.0], [100.0]]])).flatten().tolist() == [10, 200]


def test_kernel_stride_and_pad_differ_by_height_and_width(make):
    layer = make(
        "Convolution",
        (1, 1, 9, 9),
        convolution_param={
            "num_output": 3,
            "kernel_h": 3, "kernel_w": 1,
            "stride_h": 2, "stride_w": 4,
            "pad_h": 1, "pad_w": 0,
        },
    )  # fmt: skip
    assert layer.weight.shape == (3, 1, 3, 1)
    assert layer(torch.ones(1, 1, 9, 9)).shape == (1, 3, 5, 3)


def test_bottoms_share_the_filters(make):
    layer = conv(make, (1, 1, 2), (1, 1, 2), num_output=1, kernel_size=[1])
    a, b = layer(torch.tensor([[[1.0, 2]]]), torch.tensor([[[3.0, 4]]]))
    assert a.tolist() == [[[2, 3]]]
    assert b.tolist() == [[[4, 5]]]


def test_zero_spatial_axes_is_an_inner_product(make):
    layer = conv(make, (2, 3), num_output=1, bias_term=False)
    assert layer.weight.shape == (1, 3)
    assert layer(torch.tensor([[1.0, 1, 1], [1, 0, 2]])).tolist() == [[6], [7]]


@pytest.mark.parametrize("axis", [0, 1, 2, -2, -4])
def test_axes_before_channels_are_batch_axes(make, axis):
    shape = (2, 4, 6, 8)
    layer = make("Convolution", shape, convolution_param={"num_output": 2, "kernel_size": [3], "axis": axis})
    torch.nn.init.normal_(layer.weight)
    x = torch.randn(shape)
    y = layer(x)
    first = axis % 4
    assert y.shape == (*shape[:first], 2, *(n - 2 for n in shape[first + 1 :]))
    one = layer.weight[0]  # one window by hand, at the origin
    index = (*[0] * first, slice(None), *[slice(3)] * (3 - first))
    assert y[(0,) * 4].item() == pytest.approx((one * x[index]).sum().item(), rel=1e-4, abs=1e-5)


def test_four_spatial_axes(make):
    layer = make(
        "Convolution",
        (2, 2, 5, 4, 3, 3),
        convolution_param={"num_output": 3, "kernel_size": [2], "stride": [2, 1, 1, 2], "pad": [1, 0, 1, 0]},
    )
    torch.nn.init.normal_(layer.weight)
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(2, 2, 5, 4, 3, 3)
    y = layer(x)
    assert y.shape == (2, 3, 3, 3, 4, 1)
    padded = torch.nn.functional.pad(x, [0, 0, 1, 1, 0, 0, 1, 1])
    for at in [(0, 0, 0, 0), (2, 1, 3, 0), (1, 2, 2, 0)]:
        h, *rest = at
        window = padded[1, :, 2 * h : 2 * h + 2, rest[0] : rest[0] + 2, rest[1] : rest[1] + 2, 0:2]
        want = (layer.weight[2] * window).sum() + layer.bias[2]
        assert y[(1, 2, *at)].item() == pytest.approx(want.item(), rel=1e-4, abs=1e-5)


def test_multiply_adds_of_alexnet_conv1():
    # conv1 of AlexNet: 96 filters of 3 x 11 x 11 at 55 x 55 positions
    param = LayerParameter(type="Convolution", top=["y"])
    param.convolution_param.num_output = 96
    param.convolution_param.kernel_size.append(11)
    param.convolution_param.stride.append(4)
    kind = LAYERS["Convolution"]
    tops = kind.top_shapes(param, [(1, 3, 227, 227)])
    assert tops == [(1, 96, 55, 55)]
    assert kind.macs(param, [(1, 3, 227, 227)], tops) == 105_415_200
    param.convolution_param.group = 3
    assert kind.macs(param, [(1, 3, 227, 227)], tops) == 105_415_200 // 3


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"kernel_size": [3]}, "num_output", "num_output must be at least 1"),
        ({"num_output": 2}, "kernel_size", "kernel_size is missing"),
        ({"num_output": 2, "kernel_size": [0]}, "kernel_size", "at least 1: got 0 x 0"),
        (
            {"num_output": 2, "kernel_size": [3, 3, 3]},
            "kernel_size",
            "3 numbers; the bottom has 2 spatial axes",
        ),
        (
            {"num_output": 2, "kernel_size": [3], "kernel_h": 3},
            "kernel_size",
            "both kernel_size and kernel_h or",
        ),
        ({"num_output": 2, "kernel_h": 3}, "kernel_size", "got 3 x 0"),
        ({"num_output": 2, "kernel_size": [3], "stride": [0]}, "stride", "stride must be at least 1"),
        ({"num_output": 2, "kernel_size": [3], "dilation": [0]}, "dilation", "dilation must be at least 1"),
        ({"num_output": 2, "kernel_size": [9]}, "kernel_size", "9 x 9 doesn't fit into a bottom of 5 x 5"),
        (
            {"num_output": 3, "kernel_size": [3], "group": 2},
            "group",
            "group 2 doesn't divide both the 4 channels",
        ),
        ({"num_output": 3, "kernel_size": [3], "group": 3}, "group", "group 3 doesn't divide both"),
        ({"num_output": 3, "kernel_size": [3], "group": 0}, "group", "group 0 doesn't divide"),
        ({"num_output": 3, "kernel_size": [3], "axis": 4}, "axis", "axis 4 of a blob with 4 axes"),
    ],
)
def test_faults(make, fields, field, message):
    with pytest.raises(LayerFault, match=message) as caught:
        make("Convolution", (2, 4, 5, 5), convolution_param=fields)
    assert caught.value.field == f"convolution_param.{field}"


@pytest.mark.parametrize("what", ["weight_filler", "bias_filler"])
def test_unknown_filler_is_an_error(make, what):
    fields = {"num_output": 1, "kernel_size": [1], what: {"type": "xaiver"}}
    layer = make("Convolution", (1, 1, 2), convolution_param=fields)
    with pytest.raises(LayerFault, match="unknown filler type 'xaiver'") as caught:
        type(layer).check(layer.param, [(1, 1, 2)])
    assert caught.value.field == f"convolution_param.{what}.type"
    assert caught.value.hint == "did you mean 'xavier'?"


def test_bottoms_must_have_the_same_shape(make):
    with pytest.raises(LayerFault, match=r"shapes \(1, 1, 2\) and \(1, 1, 3\); all must") as caught:
        conv(make, (1, 1, 2), (1, 1, 3), num_output=1, kernel_size=[1])
    assert caught.value.bottom == 1


def test_kernel_h_requires_two_spatial_axes(make):
    with pytest.raises(LayerFault, match="for 2 spatial axes; the bottom has 1"):
        make("Convolution", (1, 1, 9), convolution_param={"num_output": 1, "kernel_h": 1, "kernel_w": 1})


@pytest.mark.parametrize(
    ("shape", "fields", "sides"),
    [
        ((2, 2, 9), {"kernel_size": [3], "pad_begin": [2]}, (2, 0)),
        ((2, 2, 9), {"kernel_size": [3], "pad_end": [1], "stride": [2]}, (0, 1)),
        ((2, 2, 7, 6), {"kernel_size": [3, 2], "pad_begin": [2, 1], "pad_end": [0, 1]}, (1, 1, 2, 0)),
        ((2, 2, 7, 6), {"kernel_size": [3], "pad_begin": [1], "pad_end": [2], "dilation": [2]}, (1, 2, 1, 2)),
        (
            (1, 2, 5, 4, 3),
            {"kernel_size": [2], "pad_begin": [1, 0, 1], "pad_end": [0, 2, 1]},
            (1, 1, 0, 2, 1, 0),
        ),
        ((1, 2, 9), {"kernel_size": [3], "causal": True, "dilation": [2]}, (4, 0)),
        ((1, 2, 9), {"kernel_size": [3], "causal": True, "stride": [2]}, (2, 0)),
        ((1, 2, 6, 5), {"kernel_size": [3, 3], "causal": True, "pad": [0, 1]}, (1, 1, 2, 0)),
        ((1, 2, 6, 5), {"kernel_size": [3], "causal": True, "pad_begin": [0, 2]}, (2, 0, 2, 0)),
    ],
)
def test_pads_of_sides_are_those_of_a_padded_bottom(make, shapes, tmp_path, shape, fields, sides):
    x = torch.randn(shape, dtype=torch.float64)
    layer = make("Convolution", shape, convolution_param={"num_output": 3, **fields}).double()
    for blob in layer.blobs:
        torch.nn.init.normal_(blob)
    kind = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}[len(shape)]
    stride, dilation = fields.get("stride", [1])[0], fields.get("dilation", [1])[0]
    expected = kind(F.pad(x, sides), layer.weight, layer.bias, stride, 0, dilation)
    torch.testing.assert_close(layer(x), expected)
    assert shapes("Convolution", shape, convolution_param={"num_output": 3, **fields}) == [expected.shape]
    param = LayerParameter(bottom=["x"], top=["y"])
    param.MergeFrom(layer.param)
    param.ClearField("phase")
    net = Net(NetParameter(layer=[Input(shape), param]), "TEST", seed=1)
    assert export_python(net, tmp_path / "net.py") < 1e-5


def Input(shape):  # noqa: N802 (a layer type)
    return parse_net(
        f'layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: {list(shape)} }} }} }}'
    ).message.layer[0]


def test_four_spatial_axes_have_pads_of_sides(make):
    x = torch.randn(1, 2, 3, 4, 3, 3)
    fields = {"num_output": 2, "kernel_size": [2], "bias_term": False}
    plain = conv(make, (1, 2, 4, 4, 3, 5), **fields)
    sides = conv(make, x.shape, **fields, pad_begin=[1, 0, 0, 2])
    torch.testing.assert_close(sides(x), plain(F.pad(x, (2, 0, 0, 0, 0, 0, 1, 0))))


def test_causal_convolution_sees_nothing_that_follows(make):
    layer = conv(make, (1, 1, 8, 3), num_output=1, kernel_size=[3, 1], dilation=[2, 1], causal=True)
    x = torch.randn(1, 1, 8, 3, requires_grad=True)
    top = layer(x)
    assert top.shape == (1, 1, 8, 3)
    (gradient,) = torch.autograd.grad(top[0, 0, 4].sum(), x)
    assert gradient[0, 0, :, 0].bool().tolist() == [True, False, True, False, True, False, False, False]


def test_equal_pads_of_both_sides_leave_the_convolution_to_torch(make):
    fields = {"num_output": 1, "kernel_size": [3]}
    even = conv(make, (1, 1, 5, 5), **fields, pad_begin=[1], pad_end=[1])
    assert even.filters() is not None
    assert even.filters().pad == (1, 1)
    assert even.filters().sides == ()
    uneven = conv(make, (1, 1, 5, 5), **fields, pad_begin=[1, 2], pad_end=[1, 0])
    assert (uneven.filters().pad, uneven.filters().sides) == ((1, 0), (2, 0, 0, 0))
    assert not conv(make, (1, 1, 5, 5), num_output=1, kernel_size=[1], pad_begin=[1]).filters().is_product


@pytest.mark.parametrize(
    ("fields", "message", "field"),
    [
        ({"pad": [1], "pad_begin": [1]}, "both pad and pad_begin", "pad_begin"),
        ({"pad_h": 1, "pad_end": [1]}, "both pad_h and pad_end", "pad_end"),
        ({"pad_t": 1, "pad_end": [1]}, "both pad_t and pad_end", "pad_end"),
        ({"pad_begin": [1, 1, 1]}, "pad_begin has 3 numbers; the bottom has 2 spatial axes", "pad_begin"),
        ({"pad": [1], "causal": True}, "causal with a pad of 1 before and 1 behind", "causal"),
        ({"pad_end": [2, 0], "causal": True}, "causal with a pad of 0 before and 2 behind", "causal"),
        ({"pad_t": 1, "causal": True}, "causal with a pad of 1 before and 0 behind", "causal"),
    ],
)
def test_pads_that_contradict_are_refused(make, fields, message, field):
    with pytest.raises(LayerFault, match=message) as caught:
        make("Convolution", (1, 1, 5, 5), convolution_param={"num_output": 1, "kernel_size": [3], **fields})
    assert caught.value.field == f"convolution_param.{field}"


def test_causal_without_spatial_axes_is_refused(make):
    with pytest.raises(LayerFault, match="causal without a spatial axis"):
        make("Convolution", (2, 3), convolution_param={"num_output": 1, "kernel_size": [3], "causal": True})
