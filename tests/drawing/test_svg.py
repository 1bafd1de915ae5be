"""Scenes as SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from layerzoo.drawing import render
from layerzoo.drawing.diagram import Diagram
from layerzoo.drawing.scene import scene_of
from layerzoo.drawing.svg import curve, svg
from layerzoo.graph import Graph

SVG = "{http://www.w3.org/2000/svg}"


def test_svg_has_a_box_per_layer_and_shapes_on_arrows(lenet: Graph) -> None:
    picture = ET.fromstring(str(render(lenet, "svg")))
    texts = {text.text for text in picture.iter(f"{SVG}text")}
    assert {"conv1", "Convolution  num_output 20, kernel_size 5", "100 x 20 x 24 x 24", "+ ReLU"} <= texts
    boxes = list(picture.iter(f"{SVG}g"))
    assert len(boxes) == len(lenet.layers) - 1 + 2, "ReLU is in place; accuracy and loss are outputs"
    assert len([path for path in picture.iter(f"{SVG}path") if path.get("marker-end")]) == 12


def test_svg_escapes_names(two: Diagram) -> None:
    picture = ET.fromstring(svg(scene_of(two)))
    title = picture.find(f"{SVG}title")
    assert title is not None
    assert title.text == "a & b"
    assert {"x < y", "blob"} <= {title.text for title in picture.iter(f"{SVG}title")}


def test_svg_places_boxes_and_size(two: Diagram) -> None:
    scene = scene_of(two)
    picture = ET.fromstring(svg(scene))
    assert picture.get("viewBox") == f"0 0 {scene.width:.0f} {scene.height:.0f}"
    rects = [rect for box in picture.iter(f"{SVG}g") for rect in box.iter(f"{SVG}rect")]
    places = [(rect.get("x"), rect.get("y"), rect.get("fill")) for rect in rects]
    assert places == [(f"{box.x:.1f}", f"{box.y:.1f}", box.colours[0]) for box in scene.boxes]


def test_curve_is_vertical_at_its_ends() -> None:
    assert curve([(0, 0), (10, 20)]) == "M0.0 0.0C0.0 10.0 10.0 10.0 10.0 20.0"
    assert curve([(5, 0), (5, 20)]) == "M5.0 0.0L5.0 20.0"
    assert curve([(5, 0), (5, 20), (7, 24)]) == "M5.0 0.0L5.0 20.0C5.0 22.0 7.0 22.0 7.0 24.0"
