from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault


def test_top_is_the_param(make):
    layer = make("Parameter", parameter_param={"shape": {"dim": [2, 2]}})
    (blob,) = layer.blobs
    assert blob.tolist() == [[0, 0], [0, 0]]
    blob.data.fill_(3)
    top = layer()
    assert top.tolist() == [[3, 3], [3, 3]]
    (top * torch.tensor([1.0, 2])).sum().backward()
    assert blob.grad.tolist() == [[1, 2], [1, 2]]


def test_needs_a_shape(make):
    with pytest.raises(LayerFault, match="shape is missing"):
        make("Parameter")
