"""An example net for each layer type."""

from __future__ import annotations

import pytest

from layerzoo.catalogue.examples import example_net, example_text
from layerzoo.errors import LayerFault
from layerzoo.layer import LAYERS, Shape
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, LayerParameter, NetState

FROM_OUTSIDE = {
    *("AnnotatedData", "Data", "DenseImageData", "HDF5Data", "ImageData", "ImageSegData", "Python"),
    *(
        "VideoData",
        "WindowData",
        "AudioData",
        "COCOData",
        "CSVData",
        "FolderData",
        "HuggingFaceData",
        "MaskData",
    ),
    *("SequenceData", "TextData", "VOCData", "WebDataset"),
}
"""Their examples name a file or a module that is the user's."""


@pytest.mark.parametrize("name", list(LAYERS))
def test_example_net_loads_and_wires(name: str) -> None:
    document = parse_net(example_text(name))
    assert document.message == example_net(name)
    assert document.message.layer[-1].type == name
    if name not in FROM_OUTSIDE:
        graph = graph_of(document, NetState(phase=TEST))
        assert graph.layers[-1].kind.type_name == name
        assert not graph.unread


def test_example_net_has_suitable_bottom_shapes() -> None:
    *inputs, loss = example_net("SoftmaxWithLoss").layer
    assert [list(layer.input_param.shape[0].dim) for layer in inputs] == [[4, 10], [4]]
    assert list(loss.bottom) == ["x1", "x2"]


def test_example_net_of_a_data_layer_opens_its_missing_source_once_per_number_of_tops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[list[str]] = []
    kind = LAYERS["Data"]

    def top_shapes(param: LayerParameter, bottoms: object) -> list[Shape]:
        opened.append(list(param.bottom))
        raise LayerFault("no such folder")

    monkeypatch.setattr(kind, "top_shapes", top_shapes)
    example_net("Data")
    assert opened == [[], []], "a data layer has no bottoms, and one or two tops"
