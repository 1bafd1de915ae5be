"""Draw a scene as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from layerzoo.drawing.scene import LINE, PAD, TEXT_SIZE, TITLE_SIZE, Arrow, Box, Scene

_FONT = "Helvetica, Arial, sans-serif"
_BEND = 0.5


def svg(scene: Scene) -> str:
    """The scene as an SVG document; hovering over a box shows its config."""
    return "\n".join(_lines(scene)) + "\n"


def _lines(scene: Scene) -> Iterator[str]:
    width, height = f"{scene.width:.0f}", f"{scene.height:.0f}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONT}" font-size="{TEXT_SIZE:g}">'
    )
    yield f"<title>{escape(scene.name)}</title>"
    yield (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0.8L8 4L0 7.2z" fill="#5f6368"/></marker></defs>'
    )
    yield '<rect width="100%" height="100%" fill="#ffffff"/>'
    for arrow in scene.arrows:
        yield (
            f'<path d="{curve(arrow.points)}" fill="none" stroke="#5f6368" marker-end="url(#tip)">'
            f"<title>{escape(arrow.blob)}</title></path>"
        )
    for box in scene.boxes:
        yield from _box(box)
    for arrow in scene.arrows:
        if arrow.label:
            yield _label(arrow)
    yield "</svg>"


def _box(box: Box) -> Iterator[str]:
    inside, edge = box.colours
    opens = "" if box.node.opens is None else f' data-opens="{box.node.opens}"'
    yield f"<g{opens}><title>{escape(box.node.detail)}</title>"
    yield (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="5" '
        f'fill="{inside}" stroke="{edge}"/>'
    )
    x, y = box.x + box.width / 2, box.y + PAD + LINE - 5
    yield (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-weight="bold" font-size="{TITLE_SIZE:g}" '
        f'fill="#202124">{escape(box.node.title)}</text>'
    )
    for number, line in enumerate(box.node.lines, 1):
        yield (
            f'<text x="{x:.1f}" y="{y + number * LINE:.1f}" text-anchor="middle" fill="#3c4043">'
            f"{escape(line)}</text>"
        )
    yield "</g>"


def _label(arrow: Arrow) -> str:
    x, y = arrow.at
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="#5f6368" stroke="#ffffff" stroke-width="3" '
        'paint-order="stroke">'
        f"{escape(arrow.label)}</text>"
    )


def curve(points: Sequence[tuple[float, float]]) -> str:
    """A smooth SVG path through the points, vertical at each of them."""
    (x, y), *rest = points
    commands = [f"M{x:.1f} {y:.1f}"]
    for x2, y2 in rest:
        bend = (y2 - y) * _BEND
        if abs(x2 - x) < 0.5:
            commands.append(f"L{x2:.1f} {y2:.1f}")
        else:
            commands.append(f"C{x:.1f} {y + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}")
        x, y = x2, y2
    return "".join(commands)
