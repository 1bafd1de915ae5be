from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter


def test_top_is_the_param(make):
    layer = make("Parameter", parameter_param={"shape": {"dim": [2, 2]}})
    (blob,) = layer.blobs
    assert blob.tolist() == [[0, 0], [0, 0]]
    blob.data.fill_(3)
    top = layer()
    assert top.tolist() == [[3, 3], [3, 3]]
    (top * torch.tensor([1.0, 2])).sum().backward()
    assert blob.grad.tolist() == [[1, 2], [1, 2]]


def test_filler_fills_the_param(make):
    fields = {"shape": {"dim": [2, 3]}, "filler": {"type": "constant", "value": 0.5}}
    layer = make("Parameter", parameter_param=fields)
    layer.fill_params(seed=1)
    assert layer().tolist() == [[0.5] * 3] * 2
    fields["filler"] = {"type": "gaussian", "std": 2}
    one, same, other = (make("Parameter", parameter_param=fields) for _ in range(3))
    for each, seed in ((one, 1), (same, 1), (other, 2)):
        each.fill_params(seed)
    assert torch.equal(one.value, same.value)
    assert not torch.equal(one.value, other.value)


def test_filler_is_checked():
    param = LayerParameter(parameter_param={"shape": {"dim": [2]}, "filler": {"type": "gausian"}})
    with pytest.raises(LayerFault, match="unknown filler type 'gausian'") as caught:
        LAYERS["Parameter"].check(param, [])
    assert caught.value.field == "parameter_param.filler.type"


def test_shape_is_required(make):
    with pytest.raises(LayerFault, match="shape is missing"):
        make("Parameter")
