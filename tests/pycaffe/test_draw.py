from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format
from PIL import Image

import layerzoo.pycaffe as caffe
from layerzoo.loader import parse_net
from layerzoo.pycaffe import draw
from layerzoo.pycaffe.proto import caffe_pb2
from tests.pycaffe.conftest import NET


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("shutil.which", lambda name: None)
    relu = " layer { name: 'relu' type: 'ReLU' bottom: 'conv' top: 'conv' include { phase: TEST } }"
    return text_format.Parse(NET + relu, caffe_pb2.NetParameter())  # type: ignore[attr-defined]  # reflection


def test_to_string_writes_dot(net: Any) -> None:
    text = draw.get_pydot_graph(net, "LR").to_string()
    assert 'label="conv\\n(Convolution)\\nkernel size: 2\\nstride: 1\\npad: 3"' in text
    assert '"conv_Convolution" -> "conv_blob" [label="11"]' in text
    assert "relu" in text
    assert "relu" not in draw.get_pydot_graph(net, "LR", phase=caffe.TRAIN).to_string()
    assert "lr mult: 1.0, 1.0" in draw.get_pydot_graph(net, "TB", display_lrm=True).to_string()


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_draw_net_without_graphviz(net: Any, rankdir: str) -> None:
    with Image.open(io.BytesIO(draw.draw_net(net, rankdir))) as image:
        assert (image.width > image.height) == (rankdir == "LR")
        assert (255, 80, 80) in {colour for _, colour in image.convert("RGB").getcolors(10**6) or ()}


def test_draw_net_to_file_follows_the_suffix(net: Any, tmp_path: Path) -> None:
    for ext, start in [("png", b"\x89PNG"), ("svg", b"<svg"), ("pdf", b"%PDF"), ("dot", b"digraph")]:
        draw.draw_net_to_file(net, str(tmp_path / f"net.{ext}"), "TB")
        assert (tmp_path / f"net.{ext}").read_bytes().startswith(start)


def test_get_pydot_graph_reads_old_formats() -> None:
    old = text_format.Parse(
        "layers { name: 'p' type: POOLING bottom: 'x' top: 'y' pooling_param { kernel_size: 3 } }",
        caffe_pb2.NetParameter(),  # type: ignore[attr-defined]  # made by reflection
    )
    assert "(Pooling MAX)" in draw.get_pydot_graph(old, "LR").to_string()


def test_labels_of_layers_and_edges(net: Any) -> None:
    data, conv, _, loss, relu = net.layer
    words = ["conv", "(Convolution)", "kernel size: 2", "stride: 1", "pad: 3"]
    assert draw.get_layer_label(conv, "LR") == '"' + r"\n".join(words) + '"'
    words.append("lr mult: 1.0, 1.0")
    assert draw.get_layer_label(conv, "TB", display_lrm=True) == '"' + " ".join(words) + '"'
    assert draw.get_layer_label(loss, "TB", display_lrm=True) == '"loss (SoftmaxWithLoss)"'
    assert (draw.get_edge_label(conv), draw.get_edge_label(relu)) == ("11", '""')
    conv.param[0].lr_mult = 0.5
    assert draw.get_layer_lr_mult(conv) == (0.5, 1)
    del conv.param[1]
    assert draw.get_layer_lr_mult(conv) == (0.5, 1)
    conv.param.extend(conv.param[:1] * 2)
    with pytest.raises(ValueError, match="3 params"):
        draw.get_layer_lr_mult(conv)
    with pytest.raises(ValueError, match="DummyData layers do not have"):
        draw.get_layer_lr_mult(data)


def test_in_place_layers_have_their_own_colour(net: Any) -> None:
    nodes = draw.get_pydot_graph(net, "LR").nodes
    assert nodes["relu_ReLU"][1] == "#90EE90"
    assert nodes["loss_SoftmaxWithLoss"][1] == "#6495ED"


def test_graph_has_pydots_write_and_create_methods(net: Any, tmp_path: Path) -> None:
    graph = draw.get_pydot_graph(net, "LR")
    graph.write(str(tmp_path / "net"))
    assert (tmp_path / "net").read_text() == graph.to_string()
    graph.write_png(str(tmp_path / "net.png"))
    assert (tmp_path / "net.png").read_bytes() == graph.create_png()
    with pytest.raises(AttributeError, match="no 'paint'"):
        graph.paint()


def test_blob_of_a_param_is_an_edge() -> None:
    text = """layer { name: "w" type: "Parameter" top: "w" }
    layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" param { blob: "w" } }"""
    edges = [
        edge[:2] for edge in draw.get_pydot_graph(parse_net(text, format="prototxt").message, "LR").edges
    ]
    assert ("w_blob", "ip_InnerProduct") in edges
