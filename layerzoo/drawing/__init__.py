"""Draw nets: a box for each layer, an arrow with a shape for each blob.

``draw(graph, "net.svg")`` writes SVG, PNG, HTML or graphviz's dot, by the suffix; graphviz isn't required.
"""

from __future__ import annotations

from layerzoo.drawing.draw import FORMATS, draw, render

__all__ = ["FORMATS", "draw", "render"]
