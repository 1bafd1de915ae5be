from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter


def test_values_by_hand(make):
    layer = make(
        "Deconvolution", (1, 1, 2), convolution_param={"num_output": 1, "kernel_size": [3], "stride": [2]}
    )
    layer.weight.data.copy_(torch.tensor([[[1.0, 10, 100]]]))
    layer.bias.data.fill_(0.5)
    # 2 adds 2 20 200 at 0, 3 adds 3 30 300 at 2
    assert layer(torch.tensor([[[2.0, 3]]])).tolist() == [[[2.5, 20.5, 203.5, 30.5, 300.5]]]


def test_pad_crops_top_and_dilation_spreads_kernel(make):
    fields = {"num_output": 1, "kernel_size": [2], "pad": [1], "dilation": [2], "bias_term": False}
    layer = make("Deconvolution", (1, 1, 3), convolution_param=fields)
    layer.weight.data.copy_(torch.tensor([[[1.0, 10]]]))
    # 1 2 3 0 0 + 0 0 10 20 30 without the first and last element
    assert layer(torch.tensor([[[1.0, 2, 3]]])).tolist() == [[[2, 13, 20]]]


def test_weight_shape_has_input_channels_first(make):
    fields = {"num_output": 6, "kernel_size": [3], "group": 2}
    layer = make("Deconvolution", (1, 4, 5, 5), convolution_param=fields)
    assert layer.weight.shape == (4, 3, 3, 3)
    assert layer.bias.shape == (6,)
    assert layer(torch.ones(1, 4, 5, 5)).shape == (1, 6, 7, 7)


@pytest.mark.parametrize(
    ("shape", "fields"),
    [
        ((2, 4, 5, 6), {"group": 2, "stride": [2], "pad": [1]}),
        ((2, 3, 4, 5), {"axis": 2}),
        ((3, 4), {"axis": 0}),
        ((2, 4), {"kernel_size": []}),
        ((1, 2, 3, 2, 3, 2), {"stride": [2, 1, 2, 1], "pad": [1, 0, 1, 0], "kernel_size": [2]}),
        ((1, 2, 2, 3, 2, 2), {"dilation": [2, 1, 1, 3], "kernel_size": [2]}),
    ],
)  # fmt: skip
def test_deconvolution_is_transpose_of_convolution(make, shape, fields):
    fields = {"num_output": 4, "kernel_size": [3], "bias_term": False, **fields}
    deconv = make("Deconvolution", shape, convolution_param=fields).double()
    torch.nn.init.normal_(deconv.weight)
    x = torch.randn(shape, dtype=torch.float64)
    y = deconv(x)
    axis = fields.get("axis", 1)
    back = make(
        "Convolution", tuple(y.shape), convolution_param={**fields, "num_output": shape[axis]}
    ).double()
    assert back.weight.shape == deconv.weight.shape
    back.weight.data.copy_(deconv.weight)
    other = torch.randn_like(y)
    assert back(other).shape == x.shape
    assert (y * other).sum().item() == pytest.approx((x * back(other)).sum().item(), rel=1e-9)


def test_multiply_adds_count_kernels_per_bottom_element():
    param = LayerParameter(type="Deconvolution", top=["y"])
    param.convolution_param.num_output = 6
    param.convolution_param.kernel_size.append(4)
    # each of 2 * 3 * 5 * 5 elements is multiplied by 6 kernels of 4 x 4
    shapes = [(2, 3, 5, 5)]
    kind = LAYERS["Deconvolution"]
    assert kind.macs(param, shapes, kind.top_shapes(param, shapes)) == 150 * 6 * 16


def test_pad_that_crops_the_whole_top_is_an_error(make):
    with pytest.raises(LayerFault, match="pad 2 x 2 crops the whole top") as caught:
        make(
            "Deconvolution", (1, 1, 1, 1), convolution_param={"num_output": 1, "kernel_size": [3], "pad": [2]}
        )
    assert caught.value.field == "convolution_param.pad"


@pytest.mark.parametrize("fields", [{"pad_begin": [1]}, {"pad_end": [1]}, {"causal": True}, {"pad_l": 1}])
def test_pads_of_sides_are_refused(make, fields):
    with pytest.raises(LayerFault, match="only Convolution pads a side") as caught:
        make("Deconvolution", (1, 1, 3, 3), convolution_param={"num_output": 1, "kernel_size": [2], **fields})
    assert caught.value.field == f"convolution_param.{next(iter(fields))}"
