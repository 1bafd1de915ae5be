from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.schema import TEST

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 3 dim: 2 dim: 2 dim: 2 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "CuDNNBatchNorm" bottom: "x" top: "y" batch_norm_param { momentum: 0.8 } }
"""

X = torch.tensor([1.0, 3]).view(2, 1)  # mean 2, variance 1, unbiased 2


def test_train_normalises_by_the_batch(make):
    layer = make("CuDNNBatchNorm", (2, 1), batch_norm_param={"eps": 3})
    layer.weight.data.fill_(4)
    layer.bias.data.fill_(1)
    assert layer(X).flatten().tolist() == [-1, 3]
    assert layer.mean.item() == pytest.approx(0.2)
    assert layer.variance.item() == pytest.approx(0.2)


def test_frozen_and_test_use_the_running_statistics(make):
    for fields, phase in (({"frozen": True}, 0), ({}, TEST)):
        layer = make("CuDNNBatchNorm", (2, 1), phase=phase, batch_norm_param={"eps": 0, **fields})
        layer.weight.data.fill_(1)
        layer.mean.data.fill_(1)
        layer.variance.data.fill_(4)
        assert layer(X).flatten().tolist() == [0, 1]
        assert layer.weight.requires_grad == (not fields)


def test_a_bottom_without_channels_is_refused(shapes):
    with pytest.raises(LayerFault, match="expected"):
        shapes("CuDNNBatchNorm", (3,))
