"""Pictures of nets: a box a layer, an arrow a blob with its shape.

``draw(graph, "net.svg")`` writes SVG, PNG, HTML or graphviz's dot, by the suffix; no graphviz is needed.
"""

from __future__ import annotations

from layerzoo.drawing.draw import FORMATS, draw, render

__all__ = ["FORMATS", "draw", "render"]
