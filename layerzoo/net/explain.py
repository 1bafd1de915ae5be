"""Add the layer, and its position in the config, to an error of a pass."""

from __future__ import annotations

from collections.abc import Iterable

from layerzoo.errors import BatchError
from layerzoo.graph import GraphLayer


def explain(error: Exception, layer: GraphLayer, bottoms: Iterable[object]) -> None:
    """Add to an error which layer raised it and where it stands; ``bottoms`` are the shapes it was given."""
    origin = layer.origin()
    if isinstance(error, BatchError):
        error.locate(layer.name, origin)
        return
    where = f", {origin}" if origin else ""
    shapes = ", ".join(map(str, bottoms)) or "none"
    error.add_note(f"in layer '{layer.name}' ({layer.param.type}{where}), bottoms: {shapes}")
