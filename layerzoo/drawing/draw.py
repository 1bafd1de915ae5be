"""Write a net to a picture file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from layerzoo.atomic import write_atomic
from layerzoo.drawing.blocks import folded
from layerzoo.drawing.diagram import diagram_of
from layerzoo.drawing.dot import dot
from layerzoo.drawing.html import html
from layerzoo.drawing.scene import scene_of
from layerzoo.drawing.svg import svg
from layerzoo.errors import LayerzooError, UsageError
from layerzoo.graph import Graph


def _png(graph: Graph) -> bytes:
    from layerzoo.drawing.png import png  # imported here, as only PNG needs Pillow

    return png(scene_of(diagram_of(graph)))


FORMATS: Final[dict[str, Callable[[Graph], str | bytes]]] = {
    "svg": lambda graph: svg(scene_of(diagram_of(graph))),
    "html": lambda graph: html([scene_of(diagram) for diagram in folded(diagram_of(graph))]),
    "dot": lambda graph: dot(diagram_of(graph)),
    "png": _png,
}
"""The functions that draw a graph, by file suffix."""


def render(graph: Graph, form: str) -> str | bytes:
    """Draw a net in the given format, a key of `FORMATS`.

    Raises:
        UsageError: the format is unknown.
    """
    if form not in FORMATS:
        raise UsageError(f"unknown picture format '{form}'; expected one of {', '.join(FORMATS)}")
    return FORMATS[form](graph)


def draw(graph: Graph, path: str | os.PathLike[str]) -> None:
    """Draw a net to a file, in the format given by its suffix.

    Raises:
        UsageError: the suffix is unknown.
        LayerzooError: the file can't be written, or the picture is too large for its format.
    """
    target = Path(path)
    picture = render(graph, target.suffix.lower().removeprefix("."))
    try:
        write_atomic(target, picture)
    except OSError as error:
        raise LayerzooError(f"{target} can't be written: {error.strerror or error}") from None
