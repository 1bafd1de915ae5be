from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter


def inner(make, shape, **fields):
    layer = make("InnerProduct", shape, inner_product_param=fields)
    for blob in layer.blobs:
        blob.data.copy_(torch.arange(1.0, blob.numel() + 1).reshape(blob.shape))
    return layer


def test_values_by_hand(make):
    layer = inner(make, (1, 2), num_output=2)
    assert layer(torch.tensor([[10.0, 100]])).tolist() == [[10 + 200 + 1, 30 + 400 + 2]]


def test_transpose_and_no_bias(make):
    layer = inner(make, (1, 2), num_output=3, transpose=True, bias_term=False)
    assert layer.weight.shape == (2, 3)
    assert len(layer.blobs) == 1
    assert layer(torch.tensor([[10.0, 100]])).tolist() == [[410, 520, 630]]


@pytest.mark.parametrize(
    ("axis", "top", "inputs"), [(1, (2, 7), 60), (2, (2, 3, 7), 20), (-1, (2, 3, 4, 7), 5), (0, (7,), 120)]
)
def test_axis_selects_flattened_inputs(make, axis, top, inputs):
    layer = inner(make, (2, 3, 4, 5), num_output=7, axis=axis)
    assert layer.weight.shape == (7, inputs)
    assert layer(torch.ones(2, 3, 4, 5)).shape == top
    kind = LAYERS["InnerProduct"]
    assert kind.top_shapes(layer.param, [(2, 3, 4, 5)]) == [top]


def test_multiply_adds_of_alexnet_fc6():
    # fc6 of AlexNet
    param = LayerParameter(type="InnerProduct", inner_product_param={"num_output": 4096})
    kind = LAYERS["InnerProduct"]
    assert kind.macs(param, [(1, 256, 6, 6)], [(1, 4096)]) == 37_748_736


def test_faults(make):
    with pytest.raises(LayerFault, match="num_output must be at least 1") as caught:
        inner(make, (1, 2))
    assert caught.value.field == "inner_product_param.num_output"
    with pytest.raises(LayerFault, match="axis 2 of a blob with 2 axes"):
        inner(make, (1, 2), num_output=1, axis=2)
