"""Pictures for a page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from layerzoo.drawing.diagram import Diagram, Edge, Node
from layerzoo.drawing.scene import scene_of
from layerzoo.studio.checker.picture import picture

NODES = [
    Node('a "<1>"', ["Input"], "data", layers=(0,)),
    Node("b", ["block"], "block", "of two", opens=1, layers=(1, 2)),
]
SVG = picture(scene_of(Diagram('n & "m"', NODES, [Edge(0, 1, "2 x 3", "x")])), {0: "a: Input, 2 x 3"})
NAME = "{http://www.w3.org/2000/svg}"


def test_boxes_say_which_layers_they_hold() -> None:
    boxes = ElementTree.fromstring(SVG).findall(f"{NAME}g")
    assert [(box.get("class"), box.get("data-layers"), box.get("data-opens")) for box in boxes] == [
        ("box data", "0", None),
        ("box block", "1 2", "1"),
    ]
    titles = [box.findtext(f"{NAME}title") for box in boxes]
    assert titles == ["a: Input, 2 x 3", "of two"]


def test_it_has_no_style_and_no_script_and_no_names() -> None:
    assert not re.search(r"style=|<style|<script|\bid=|\bon\w+=|href", SVG)


def test_texts_are_escaped_and_arrows_drawn() -> None:
    root = ElementTree.fromstring(SVG)
    assert 'a "<1>"' in [text.text for text in root.iter(f"{NAME}text")]
    assert "2 x 3" in [text.text for text in root.findall(f"{NAME}text")]
    assert [path.get("class") for path in root.findall(f"{NAME}path")] == ["arrow", "tip"]
