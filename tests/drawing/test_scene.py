"""Diagrams with coordinates and colours."""

from __future__ import annotations

import pytest

from layerzoo.drawing.diagram import OUTPUT, Diagram, Edge, Node
from layerzoo.drawing.layout import GAP_X
from layerzoo.drawing.scene import COLOURS, scene_of, text_width


def test_text_width_is_proportional_to_length_and_size() -> None:
    assert text_width("abcd", 10) == pytest.approx(22.4)
    assert text_width("", 10) == 0


def test_scene_sizes_boxes_by_their_longest_line() -> None:
    lines = Node("t", ["x" * 50, "y"])
    wide, small = scene_of(Diagram("n", [lines, Node("t")])).boxes
    assert wide.width == pytest.approx(50 * 11 * 0.56 + 18)
    assert wide.height == pytest.approx(3 * 15 + 1.2 * 9)
    assert small.width == pytest.approx(40 + 18), "the minimum"
    assert small.height == pytest.approx(15 + 1.2 * 9)


def test_scene_boxes_of_a_rank_keep_the_gap() -> None:
    left, right = sorted(scene_of(Diagram("n", [Node("a"), Node("b")])).boxes, key=lambda box: box.x)
    assert left.y == right.y
    assert right.x - (left.x + left.width) == pytest.approx(GAP_X)


def test_scene_arrows_join_the_sides_of_boxes(two: Diagram) -> None:
    scene = scene_of(two)
    top, bottom = scene.boxes
    (arrow,) = scene.arrows
    assert arrow.points[0] == pytest.approx((top.x + top.width / 2, top.y + top.height))
    assert arrow.points[-1] == pytest.approx((bottom.x + bottom.width / 2, bottom.y))
    assert (arrow.label, arrow.blob, scene.name) == ("2 x 3", "blob", "a & b")
    assert bottom.y + bottom.height < scene.height


def test_scene_labels_a_blob_once() -> None:
    edges = [Edge(0, 1, "2", "b"), Edge(0, 2, "2", "b"), Edge(0, 2, "2", "other")]
    arrows = scene_of(Diagram("n", [Node("a"), Node("b"), Node("c")], edges)).arrows
    assert [arrow.label for arrow in arrows] == ["2", "", "2"]


def test_box_colours_follow_the_family() -> None:
    nodes = [Node("a", family="loss"), Node("b", family=OUTPUT), Node("c", family="unheard of")]
    colours = [box.colours for box in scene_of(Diagram("n", nodes)).boxes]
    assert colours == [COLOURS["loss"], ("#ffffff", "#5f6368"), ("#f8e8f4", "#a1327f")]
