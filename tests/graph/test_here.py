"""The node of the layer that is being checked."""

from __future__ import annotations

from layerzoo.graph.here import at, node_here
from layerzoo.loader import parse_net


def test_node_here_is_that_of_the_innermost_block() -> None:
    outer, inner = parse_net('layer { name: "a" type: "ReLU" }\nlayer { name: "b" type: "ReLU" }').root.all(
        "layer"
    )
    assert node_here() is None
    with at(outer):
        with at(inner):
            assert node_here() is inner
        assert node_here() is outer
    assert node_here() is None
