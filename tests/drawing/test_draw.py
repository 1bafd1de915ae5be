"""Pictures as files."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image

from layerzoo.drawing import FORMATS, draw, render
from layerzoo.drawing.diagram import Diagram, Edge, Node
from layerzoo.drawing.dot import dot
from layerzoo.drawing.png import png
from layerzoo.drawing.scene import Scene, scene_of
from layerzoo.drawing.svg import curve, svg
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.graph import Graph
from layerzoo.loader import load_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, NetState

SVG = "{http://www.w3.org/2000/svg}"
TWO = Diagram(
    "a & b", [Node('in "1"', ["Input"], "data", "x < y"), Node("out")], [Edge(0, 1, "2 x 3", "blob")]
)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return graph_of(load_net("configs/lenet_train_test.yaml"), NetState(phase=TEST))


def test_svg_has_a_box_a_layer_and_shapes_on_its_arrows(graph: Graph) -> None:
    picture = ET.fromstring(str(render(graph, "svg")))
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"conv1", "Convolution  num_output 20, kernel_size 5", "100 x 20 x 24 x 24", "+ ReLU"} <= set(
        texts
    )
    boxes = list(picture.iter(f"{SVG}g"))
    assert len(boxes) == len(graph.layers) - 1 + 2, "ReLU is in place; accuracy and loss are outputs"
    assert len([path for path in picture.iter(f"{SVG}path") if path.get("marker-end")]) == 12


def test_svg_escapes_names() -> None:
    picture = ET.fromstring(svg(scene_of(TWO)))
    assert picture.find(f"{SVG}title").text == "a & b"  # type: ignore[union-attr]
    assert "x < y" in [title.text for title in picture.iter(f"{SVG}title")]


def test_curves_leave_and_enter_upright() -> None:
    assert curve([(0, 0), (10, 20)]) == "M0.0 0.0C0.0 10.0 10.0 10.0 10.0 20.0"
    assert curve([(5, 0), (5, 20)]) == "M5.0 0.0L5.0 20.0"


def test_png_shows_boxes_in_their_colours() -> None:
    scene = scene_of(TWO)
    image = Image.open(io.BytesIO(png(scene)))
    assert image.size == (int(2 * scene.width) + 1, int(2 * scene.height) + 1)
    box = scene.boxes[0]
    assert image.getpixel((int(2 * box.x) + 14, int(2 * box.y) + 14)) == (0xE8, 0xEA, 0xED)


def test_png_refuses_what_no_memory_would_hold() -> None:
    with pytest.raises(LayerzooError, match="too large for PNG"):
        png(Scene("n", [], [], 1e6, 1e6))


def test_html_is_one_file_with_nothing_from_outside(graph: Graph) -> None:
    page = str(render(graph, "html"))
    assert page.startswith("<!doctype html>")
    assert "conv1" in page
    assert "{{" not in page
    assert "src=" not in page
    assert "href=" not in page


def test_dot() -> None:
    assert dot(TWO).splitlines()[3:] == [
        '  n0 [label="in \\"1\\"\\nInput" fillcolor="#e8eaed" color="#5f6368"]',
        '  n1 [label="out" fillcolor="#f8e8f4" color="#a1327f"]',
        '  n0 -> n1 [label="2 x 3"]',
        "}",
    ]
    assert dot(TWO).startswith('digraph "a & b" {\n')


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_files_by_suffix(form: str, graph: Graph, tmp_path: Path) -> None:
    target = tmp_path / f"net.{form.upper()}"
    draw(graph, target)
    written, rendered = target.read_bytes(), render(graph, form)
    assert written == (rendered if isinstance(rendered, bytes) else rendered.encode())


def test_mistakes(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no picture format 'pdf'; there are svg, html, dot, png"):
        draw(graph, "net.pdf")
    with pytest.raises(LayerzooError, match="can't be written"):
        draw(graph, tmp_path / "no" / "net.svg")
