"""A scene as SVG for a page: colours come from the page's style sheet, boxes say which layers they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from layerzoo.drawing.scene import LINE, PAD, TEXT_SIZE, TITLE_SIZE, Arrow, Box, Scene
from layerzoo.drawing.svg import curve


def picture(scene: Scene, labels: Mapping[int, str]) -> str:
    """The scene as SVG.

    Args:
        scene: what is drawn.
        labels: what is said of each layer of the graph.
    """
    return "".join(_parts(scene, labels))


def _parts(scene: Scene, labels: Mapping[int, str]) -> Iterator[str]:
    width, height = f"{scene.width:.0f}", f"{scene.height:.0f}"
    boxes = len(scene.boxes)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-size="{TEXT_SIZE:g}" role="img" '
        f"aria-label={quoteattr(f'{scene.name}: {boxes} boxes; the table of layers says the same')}>"
    )
    for arrow in scene.arrows:
        yield f'<path class="arrow" d="{curve(arrow.points)}"/>{_tip(arrow)}'
    for box in scene.boxes:
        yield from _box(box, labels)
    for arrow in scene.arrows:
        if arrow.label:
            x, y = arrow.at
            yield f'<text class="shape" x="{x:.1f}" y="{y:.1f}">{escape(arrow.label)}</text>'
    yield "</svg>"


def _tip(arrow: Arrow) -> str:
    """The tip; a marker would need a name that is unique in the page."""
    x, y = arrow.points[-1]
    return f'<path class="tip" d="M{x - 3:.1f} {y - 6:.1f}L{x:.1f} {y:.1f}L{x + 3:.1f} {y - 6:.1f}z"/>'


def _box(box: Box, labels: Mapping[int, str]) -> Iterator[str]:
    node = box.node
    opens = "" if node.opens is None else f' data-opens="{node.opens}"'
    layers = " ".join(map(str, node.layers))
    yield f'<g class="box {escape(node.family)}" data-layers="{layers}"{opens}>'
    said = "\n".join(labels[index] for index in node.layers[:8] if index in labels)
    yield f"<title>{escape(said or node.detail)}</title>"
    yield (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="5"/>'
    )
    x, y = box.x + box.width / 2, box.y + PAD + LINE - 5
    place = f'x="{x:.1f}" y="{y:.1f}"'
    yield f'<text class="title" {place} font-size="{TITLE_SIZE:g}">{escape(node.title)}</text>'
    for number, line in enumerate(node.lines, 1):
        yield f'<text x="{x:.1f}" y="{y + number * LINE:.1f}">{escape(line)}</text>'
    yield "</g>"
