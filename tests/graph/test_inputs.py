"""The inputs that a net names at its top level, as a layer."""

from __future__ import annotations

from layerzoo.graph.inputs import input_layer
from layerzoo.schema import BlobShape, NetParameter


def shapes(net: NetParameter) -> list[tuple[int, ...]]:
    return [tuple(shape.dim) for shape in input_layer(net).input_param.shape]


def test_inputs_of_a_net_are_the_tops_of_a_layer() -> None:
    net = NetParameter(input=["a", "b"], input_shape=[BlobShape(dim=[2, 3]), BlobShape(dim=[4])])
    layer = input_layer(net)
    assert (layer.name, layer.type, list(layer.top)) == ("input", "Input", ["a", "b"])
    assert shapes(net) == [(2, 3), (4,)]


def test_old_dimensions_come_in_fours() -> None:
    assert shapes(NetParameter(input=["a", "b"], input_dim=range(1, 9))) == [(1, 2, 3, 4), (5, 6, 7, 8)]
