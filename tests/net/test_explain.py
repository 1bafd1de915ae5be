from __future__ import annotations

import pytest
import torch

from layerzoo.errors import BatchError, ConfigError, DataError, LayerFault
from layerzoo.graph import GraphLayer
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net, graph_of
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


PARTIAL = """
name: "n"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 } } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 4 dim: 2 } } }
layer { name: "l" type: "SigmoidCrossEntropyLoss" bottom: "x" bottom: "y" top: "l" }
"""


def test_batch_that_a_bottom_does_not_follow_is_a_fault_of_the_config() -> None:
    net = Net(parse_net(PARTIAL), phase="TEST")
    with pytest.raises(ConfigError) as caught:
        net(torch.zeros(3, 2), torch.zeros(4, 2))
    first, *_, hint = str(caught.value).splitlines()
    assert first == (
        "<prototxt>:5:1: blob 'x' has 3 samples in this batch in place of 4, but 'y' doesn't follow:"
        " shape '[3, 2]' is invalid for input of size 8 (layer 'l')"
    )
    assert "take a batch_size that divides the set" in hint
    assert net(torch.zeros(3, 2), torch.ones(3, 2))["l"] > 0


def test_other_errors_of_an_odd_batch_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(parse_net(PARTIAL), phase="TEST")

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(net.layer("l"), "forward", fail)
    for sizes in [(4, 4), (3, 3)]:
        with pytest.raises(RuntimeError, match="broken"):
            net(*(torch.zeros(size, 2) for size in sizes))


@pytest.mark.parametrize("kind", ["memory", "user"])
def test_errors_with_an_explanation_of_their_own_keep_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(parse_net(PARTIAL), phase="TEST")
    error = torch.OutOfMemoryError("out of memory") if kind == "memory" else ValueError("mine")
    if kind == "user":
        setattr(error, "users_traceback", None)  # noqa: B010 (no declared attribute)

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(net.layer("l"), "forward", fail)
    with pytest.raises(type(error)) as caught:
        net(torch.zeros(3, 2), torch.zeros(4, 2))
    assert caught.value is error
