"""Scenes as HTML pages."""

from __future__ import annotations

from layerzoo.drawing import render
from layerzoo.drawing.diagram import Diagram
from layerzoo.drawing.html import html
from layerzoo.drawing.scene import scene_of
from layerzoo.drawing.svg import svg
from layerzoo.graph import Graph


def test_html_is_self_contained(lenet: Graph) -> None:
    page = str(render(lenet, "html"))
    assert page.startswith("<!doctype html>")
    assert "conv1" in page
    assert "{{" not in page
    assert "src=" not in page
    assert "href=" not in page


def test_html_embeds_the_svg_and_escapes_the_title(two: Diagram) -> None:
    scene = scene_of(two)
    page = html([scene])
    assert svg(scene) in page
    assert "<title>a &amp; b</title>" in page.partition("<style>")[0]


def test_blocks_open_to_pictures_of_their_own(two: Diagram) -> None:
    scene = scene_of(two)
    page = html([scene, scene])
    assert svg(scene) in page
    assert page.count("<svg") == 2
    assert 'id="tip1"' in page
    assert "url(#tip1)" in page
