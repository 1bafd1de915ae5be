from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.python_source import Operands, PythonSource


def test_each_channel_has_its_filter(make):
    layer = make(
        "DepthwiseConvolution",
        (1, 2, 1, 3),
        convolution_param={"num_output": 2, "kernel_size": [1], "group": 2},
    )
    layer.weight.data = torch.tensor([2.0, 3]).view(2, 1, 1, 1)
    layer.bias.data = torch.tensor([0.0, 1])
    y = layer(torch.tensor([[1.0, 2, 3], [4, 5, 6]]).view(1, 2, 1, 3))
    assert y.flatten().tolist() == [2, 4, 6, 13, 16, 19]


def test_other_groups_are_those_of_a_convolution(make):
    layer = make(
        "DepthwiseConvolution", (1, 2, 3, 3), convolution_param={"num_output": 4, "kernel_size": [3]}
    )
    assert layer.weight.shape == (4, 2, 3, 3)


def test_a_group_that_does_not_divide_is_refused(make):
    with pytest.raises(LayerFault, match="group 3 doesn't divide"):
        make(
            "DepthwiseConvolution",
            (1, 4, 3, 3),
            convolution_param={"num_output": 4, "kernel_size": [3], "group": 3},
        )


def test_python_source_is_a_grouped_convolution(make):
    layer = make(
        "DepthwiseConvolution",
        (1, 2, 3, 3),
        convolution_param={"num_output": 2, "kernel_size": [3], "group": 2},
    )
    source = PythonSource(member="dw")
    assert layer.as_python(source, Operands(["x"], [(1, 2, 3, 3)], [(1, 2, 1, 1)])) == "self.dw(x)"
    assert source.members == ["self.dw = nn.Conv2d(2, 2, 3, groups=2)"]
