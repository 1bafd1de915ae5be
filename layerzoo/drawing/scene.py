"""A diagram with coordinates and colours, the input of the picture formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from layerzoo.drawing.diagram import OUTPUT, Diagram, Node
from layerzoo.drawing.layout import Layout, lay_out

TITLE_SIZE: Final = 13.0
TEXT_SIZE: Final = 11.0
LINE: Final = 15.0
PAD: Final = 9.0
_CHARACTER: Final = 0.56
"""Mean width of a character, relative to the font size."""
COLOURS: Final = {
    "data": ("#e8eaed", "#5f6368"),
    "vision": ("#d2e3fc", "#1a67d2"),
    "recurrent": ("#e9d7fb", "#7b2cbf"),
    "common": ("#fde2c4", "#c05a00"),
    "normalisation": ("#d5f0e3", "#0d7a4b"),
    "activation": ("#fff3c4", "#a87900"),
    "utility": ("#f1f3f4", "#80868b"),
    "loss": ("#fbd5d5", "#c5221f"),
    OUTPUT: ("#ffffff", "#5f6368"),
    "block": ("#e3e7fb", "#3f51b5"),
}
_OTHER: Final = ("#f8e8f4", "#a1327f")


@dataclass(frozen=True)
class Box:
    """A box with coordinates: left, top, width and height in pixels."""

    node: Node
    x: float
    y: float
    width: float
    height: float

    @property
    def colours(self) -> tuple[str, str]:
        """The colours of the fill and the border."""
        return COLOURS.get(self.node.family, _OTHER)


@dataclass(frozen=True)
class Arrow:
    """An arrow with coordinates; its label, which may be empty, is at ``at``."""

    points: list[tuple[float, float]]
    label: str
    at: tuple[float, float]
    blob: str


@dataclass(frozen=True)
class Scene:
    """All boxes and arrows of a picture."""

    name: str
    boxes: list[Box]
    arrows: list[Arrow]
    width: float
    height: float


def scene_of(diagram: Diagram) -> Scene:
    """Lay out a diagram; a blob's shape labels only the first of its arrows."""
    sizes = [_size(node) for node in diagram.nodes]
    layout = lay_out(sizes, [(edge.start, edge.end) for edge in diagram.edges])
    boxes = [
        Box(node, x - width / 2, y - height / 2, width, height)
        for node, (width, height), (x, y) in zip(diagram.nodes, sizes, layout.centres, strict=True)
    ]
    return Scene(diagram.name, boxes, _arrows(diagram, layout), layout.width, layout.height)


def _arrows(diagram: Diagram, layout: Layout) -> list[Arrow]:
    arrows, labelled = [], set()
    for edge, points in zip(diagram.edges, layout.paths, strict=True):
        key = (edge.start, edge.blob, edge.label)
        label = "" if key in labelled else edge.label
        labelled.add(key)
        (x, y), (x2, y2) = points[0], points[1]
        share = min(0.5, 16 / max(1.0, y2 - y))
        arrows.append(Arrow(points, label, (x + (x2 - x) * share + 5, y + (y2 - y) * share + 4), edge.blob))
    return arrows


def _size(node: Node) -> tuple[float, float]:
    title = text_width(node.title, TITLE_SIZE)
    texts = (text_width(line, TEXT_SIZE) for line in node.lines)
    return max([title, *texts, 40.0]) + 2 * PAD, LINE * (1 + len(node.lines)) + 1.2 * PAD


def text_width(text: str, size: float) -> float:
    """Estimate the width of a text in pixels."""
    return len(text) * size * _CHARACTER
