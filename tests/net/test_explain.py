from __future__ import annotations

import pytest

from layerzoo.errors import BatchError
from layerzoo.graph import GraphLayer
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.net.explain import explain
from layerzoo.schema import TEST, NetState

TEXT = 'name: "n"\nlayer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }\n'


@pytest.fixture
def layer() -> GraphLayer:
    return graph_of(parse_net(TEXT), NetState(phase=TEST)).layers[0]


def test_explain_adds_layer_position_and_shapes(layer: GraphLayer) -> None:
    error = ValueError("wrong")
    explain(error, layer, [(2, 3), "missing"])
    assert error.__notes__ == ["in layer 'x' (Input, <prototxt>:2:1), bottoms: (2, 3), missing"]
    explain(error, layer, [])
    assert error.__notes__[1].endswith("bottoms: none")


def test_explain_puts_a_batch_error_at_the_line_of_its_layer(layer: GraphLayer) -> None:
    error = BatchError("b is wider than a", "crop them")
    assert str(error) == "b is wider than a\n    crop them"
    explain(error, layer, [])
    first, line, carets, hint = str(error).splitlines()
    assert first == "<prototxt>:2:1: b is wider than a (layer 'x')"
    assert line.startswith("     2 | layer {")
    assert carets.strip(" |").startswith("^")
    assert hint == "    crop them"
    assert error.exit_code == 4
    assert not hasattr(error, "__notes__")
