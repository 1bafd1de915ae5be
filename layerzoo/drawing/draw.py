"""A net to a picture file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from layerzoo.atomic import write_atomic
from layerzoo.drawing.diagram import diagram_of
from layerzoo.drawing.dot import dot
from layerzoo.drawing.html import html
from layerzoo.drawing.scene import scene_of
from layerzoo.drawing.svg import svg
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.graph import Graph


def _png(graph: Graph) -> bytes:
    from layerzoo.drawing.png import png  # late: only this format needs Pillow

    return png(scene_of(diagram_of(graph)))


FORMATS: Final[dict[str, Callable[[Graph], str | bytes]]] = {
    "svg": lambda graph: svg(scene_of(diagram_of(graph))),
    "html": lambda graph: html(scene_of(diagram_of(graph))),
    "dot": lambda graph: dot(diagram_of(graph)),
    "png": _png,
}
"""How a graph is drawn, by the suffix of the file."""


def render(graph: Graph, form: str) -> str | bytes:
    """The picture of a net.

    Raises:
        UsageError: there is no such format.
    """
    if form not in FORMATS:
        raise UsageError(f"no picture format '{form}'; there are {', '.join(FORMATS)}")
    return FORMATS[form](graph)


def draw(graph: Graph, path: str | os.PathLike[str]) -> None:
    """Write the picture of a net to a file, in the format of its suffix.

    Raises:
        UsageError: the suffix is of no format.
        LayerzooError: the file can't be written, or the picture is too large for its format.
    """
    target = Path(path)
    picture = render(graph, target.suffix.lower().removeprefix("."))
    try:
        write_atomic(target, picture)
    except OSError as error:
        raise LayerzooError(f"{target} can't be written: {error.strerror or error}") from None
