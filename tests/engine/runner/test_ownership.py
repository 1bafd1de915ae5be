"""Ownership of the memory of a layer's tops."""

from __future__ import annotations

import torch

from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.engine.runner.ownership import on_host, owners
from layerzoo.loader import parse_net
from layerzoo.net import Net

NET = """
layer { name: "d" type: "DummyData" top: "x"
        dummy_data_param { shape { dim: 2 dim: 2 } data_filler { value: 1 } } }
layer { name: "f" type: "Flatten" bottom: "x" top: "f" flatten_param { axis: 0 } }
layer { name: "p" type: "Power" bottom: "f" top: "p" power_param { scale: 2 } }
"""


def owned(layer: int, given: list[torch.Tensor], tops: list[torch.Tensor]) -> list[bool]:
    runner = Layerwise(Net(parse_net(NET)))
    spec = runner.net.graph.layers[layer]
    bottoms = [runner.blobs[b] for b in spec.bottoms]
    return owners(spec, runner.layers[layer], bottoms, given, tops)


def test_owners_of_new_memory_are_the_tops() -> None:
    bottom = torch.ones(4)
    assert owned(2, [bottom], [bottom * 2]) == [True]
    assert owned(2, [bottom], [bottom.view(2, 2)]) == [False], "it lies in the bottom's memory"


def test_owners_of_shared_memory_are_those_of_the_bottom() -> None:
    runner = Layerwise(Net(parse_net(NET)))
    spec, layer = runner.net.graph.layers[1], runner.layers[1]
    (bottom,) = (runner.blobs[b] for b in spec.bottoms)
    for own in (True, False):
        bottom.values.put(torch.ones(2, 2), own)
        assert owners(spec, layer, [bottom], [torch.ones(2, 2)], [torch.ones(4)]) == [own]


def test_owners_of_data_are_the_sources() -> None:
    net = Net(
        parse_net(
            'layer { name: "d" type: "Dataset" top: "x" dataset_param { name: "digits" batch_size: 1 } }'
        )
    )
    (spec,), (layer,) = net.graph.layers, net.ordered_layers()
    made = [torch.ones(1, 1, 28, 28)]
    assert owners(spec, layer, [], [], made) == [False], "a program's write must not reach the source"


def test_on_host_is_false_for_layers_of_tensors() -> None:
    assert not any(map(on_host, Net(parse_net(NET)).ordered_layers()))
    assert not on_host("a string")
