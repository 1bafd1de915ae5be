from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def test_values_by_hand(make):
    layer = make("Im2col", (1, 1, 2, 3), convolution_param={"kernel_size": [2]})
    x = torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]]])
    # each channel of the top is one position of the kernel
    assert layer(x).tolist() == [[[[1, 2]], [[2, 3]], [[4, 5]], [[5, 6]]]]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"stride": [2, 1], "pad": [1, 2]},
        {"dilation": [2]},
        {"pad_begin": [2, 0]},
        {"pad_t": 1},
        {"causal": True},
    ],
)
def test_convolution_is_matrix_product_of_columns(make, fields):
    fields = {"kernel_size": [3, 2], **fields}
    x = torch.randn(2, 3, 6, 7)
    conv = make("Convolution", (2, 3, 6, 7), convolution_param={"num_output": 4, **fields})
    torch.nn.init.normal_(conv.weight)
    columns = make("Im2col", (2, 3, 6, 7), convolution_param=fields)(x)
    product = torch.einsum("ok,nkhw->nohw", conv.weight.flatten(1), columns)
    assert torch.allclose(product, conv(x), atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 3, 5), (1, 2, 3, 4, 3)])
def test_columns_for_any_number_of_spatial_axes(make, shape):
    fields = {"kernel_size": [2], "pad": [1]}
    x = torch.randn(shape)
    conv = make("Convolution", shape, convolution_param={"num_output": 4, **fields})
    torch.nn.init.normal_(conv.weight)
    columns = make("Im2col", shape, convolution_param=fields)(x)
    product = (conv.weight.flatten(1) @ columns.flatten(2)).reshape(conv(x).shape)
    assert torch.allclose(product, conv(x), atol=1e-5)


def test_axes_before_channels_are_batch_axes(make):
    x = torch.randn(2, 3, 2, 4)
    y = make("Im2col", (2, 3, 2, 4), convolution_param={"kernel_size": [3], "axis": 2})(x)
    assert y.shape == (2, 3, 6, 2)
    assert torch.equal(y[1, 2, 3:, 0], x[1, 2, 1, :3])


def test_kernel_larger_than_padded_bottom_is_an_error(make):
    with pytest.raises(LayerFault, match="doesn't fit"):
        make("Im2col", (1, 1, 2, 2), convolution_param={"kernel_size": [3]})
