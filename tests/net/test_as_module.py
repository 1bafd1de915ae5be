"""A net as a module from tensors to a tensor."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from layerzoo.errors import UsageError
from layerzoo.loader import parse_net
from layerzoo.net import Net

BODY = """
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 3 weight_filler { type: "constant" value: 1 } } }
layer { name: "relu" type: "ReLU" bottom: "ip" top: "ip" }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
INPUT = """layer { name: "in" type: "Input" top: "data" top: "label"
  input_param { shape { dim: 1 dim: 2 } shape { dim: 1 } } }"""
DATA = """layer { name: "in" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 1 dim: 2 } shape { dim: 1 } } }"""


def net(text: str = INPUT + BODY) -> Net:
    return Net(parse_net(text))


def test_blob_module_fits_into_sequential() -> None:
    n = net()
    model = nn.Sequential(nn.Linear(4, 2), n.as_module(output="ip"), nn.Linear(3, 1))
    x = torch.rand(5, 4)
    made = model(x)
    wanted = model[2](n(data=model[0](x), end="relu")["ip"])
    assert torch.equal(made, wanted)
    assert {id(p) for p in n.parameters()} <= {id(p) for p in model.parameters()}
    made.sum().backward()
    assert n.params["ip"][0].grad is not None
    assert len(model.state_dict()) == 6


def test_blob_module_runs_only_needed_layers() -> None:
    n = net()
    seen: list[str] = []
    for layer in n.ordered_layers():
        layer.register_forward_hook(lambda layer, given, made: seen.append(layer.name))
    n.as_module("ip")(torch.ones(1, 2))
    assert seen == ["ip", "relu"]


def test_inputs_by_name() -> None:
    n = net()
    assert n.as_module("prob", inputs=["ip"])(torch.zeros(2, 3)).tolist() == [[pytest.approx(1 / 3)] * 3] * 2
    loss = n.as_module("loss", inputs=["label", "data"])
    assert loss(torch.zeros(1), torch.ones(1, 2)).item() == pytest.approx(1.0986, abs=1e-4)
    assert n.as_module("loss")(torch.ones(1, 2), torch.zeros(1)).item() == pytest.approx(1.0986, abs=1e-4)


def test_data_layers_become_inputs() -> None:
    assert net(DATA + BODY).as_module("ip")(torch.ones(2, 2)).tolist() == [[2.0] * 3] * 2


def test_data_layers_beside_inputs_are_read() -> None:
    text = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
    layer { name: "k" type: "DummyData" top: "k"
      dummy_data_param { shape { dim: 1 dim: 2 } data_filler { value: 4 } } }
    layer { name: "sum" type: "Eltwise" bottom: "x" bottom: "k" top: "sum" }"""
    assert net(text).as_module()(torch.ones(1, 2)).tolist() == [[5.0, 5.0]]


def test_blob_module_compiles_exports_and_copies() -> None:
    module = net().as_module("prob")
    x = torch.rand(3, 2)
    wanted = module(x)
    assert torch.equal(torch.compile(module, fullgraph=True, backend="eager")(x), wanted)
    assert torch.equal(torch.export.export(module, (x,)).module()(x), wanted)
    other = copy.deepcopy(module)
    with torch.no_grad():
        next(module.parameters()).copy_(torch.eye(3)[:, :2])
    assert torch.equal(other(x), wanted)
    assert not torch.equal(module(x), wanted)


def test_blob_module_follows_a_replaced_layer() -> None:
    n = net()
    module = n.as_module("ip")
    n.layers["ip"] = nn.Linear(2, 7)
    assert module(torch.ones(1, 2)).shape == (1, 7)


def test_blob_module_repr_names_inputs_and_output() -> None:
    assert repr(net().as_module("prob")).startswith("BlobModule(\n  data -> prob\n")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({}, "has the outputs loss, prob; choose one"),
        ({"output": "prb"}, "no blob 'prb'.*did you mean 'prob'"),
        ({"output": "prob", "inputs": ["dat"]}, "no blob 'dat'.*did you mean 'data'"),
        ({"output": "loss", "inputs": ["ip"]}, "'loss' depends on label too: add it to inputs"),
    ],
)
def test_blob_module_refuses_wrong_blobs(how: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        net().as_module(**how)  # type: ignore[arg-type]


def test_blob_module_refuses_another_number_of_tensors() -> None:
    with pytest.raises(UsageError, match="received 2 tensors; this module takes data"):
        net().as_module("ip")(torch.ones(1, 2), torch.ones(1))
