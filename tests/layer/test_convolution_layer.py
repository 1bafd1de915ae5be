from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter


def convolution(**fields):
    param = LayerParameter(
        name="l", type="Convolution", convolution_param={"num_output": 1, "kernel_size": [1], **fields}
    )
    return LAYERS["Convolution"], param


def test_sides_are_padded():
    kind, param = convolution(pad_l=1, pad_b=2)
    assert kind.top_shapes(param, [(1, 1, 2, 3)]) == [(1, 1, 4, 4)]
    layer = kind(param, [(1, 1, 1, 2)])
    layer.weight.data.fill_(2)
    assert layer(torch.tensor([1.0, 5]).view(1, 1, 1, 2))[0, 0].tolist() == [[0, 2, 10], [0, 0, 0], [0, 0, 0]]


def test_sides_and_pad_together_are_refused():
    kind, param = convolution(pad_l=1, pad=[1])
    with pytest.raises(LayerFault, match="both pad and pad_l"):
        kind.top_shapes(param, [(1, 1, 2, 3)])
    kind, param = convolution(pad_l=1)
    with pytest.raises(LayerFault, match="for 2 spatial axes; the bottom has 1"):
        kind.top_shapes(param, [(1, 1, 2)])


def test_multiply_adds_count_the_inputs_of_a_group():
    kind, param = convolution(num_output=4, kernel_size=[3], group=2)
    assert kind.macs(param, [(1, 6, 5, 5)], [(1, 4, 3, 3)]) == 3 * 9 * 4 * 9
