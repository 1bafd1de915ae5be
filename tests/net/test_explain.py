from __future__ import annotations

import pytest

from layerzoo.errors import BatchError, ConfigError, DataError, LayerFault
from layerzoo.graph import GraphLayer
from layerzoo.layer import LAYERS
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


def reading(text: str) -> GraphLayer:
    document = parse_net(text)
    node = next(child for child in document.root.children if child.key == "layer")
    return GraphLayer(0, "d", document.message.layer[0], LAYERS["ImageData"], node)


def test_data_error_gets_layer_position_and_advice() -> None:
    text = (
        'layer { name: "d" type: "ImageData" top: "a" top: "b"\n  image_data_param { source: "list.txt" } }'
    )
    layer = reading(text)
    error = DataError("x.jpg (list.txt:3): damaged")
    explain(error, layer, ())
    first, *_, advice = str(error).splitlines()
    assert first == "<prototxt>:2:30: x.jpg (list.txt:3): damaged (layer 'd')"
    assert "on_error: SKIP" in advice


def test_fault_of_a_layer_that_reads_becomes_a_config_error() -> None:
    text = 'layer { name: "d" type: "ImageData" top: "a" top: "b"\n  reading_param { sampler: BALANCED } }'
    layer = reading(text)
    with pytest.raises(ConfigError, match=r"^<prototxt>:2:28: no labels \(layer 'd'\)") as caught:
        explain(LayerFault("no labels", field="reading_param.sampler", hint="remove it"), layer, ())
    assert caught.value.faults[0].hint == "remove it"
