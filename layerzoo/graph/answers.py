"""Check what a layer class answers when a graph asks it, since users write layer classes, too."""

from __future__ import annotations

from layerzoo.graph.facts import Range


def not_shapes(shapes: object, tops: int) -> str | None:
    """The problem of the value that ``top_shapes`` returned; None if it is valid."""
    expected = f"expected a list of {tops} shape{'s' * (tops != 1)}, each a tuple of whole numbers"
    if not isinstance(shapes, list | tuple):
        return f"top_shapes gave {shapes!r:.60}; {expected}"
    if shapes and len(shapes) < tops:
        return f"top_shapes gave {len(shapes)} shape{'s' * (len(shapes) != 1)}; {expected}"
    for shape in shapes:
        if not isinstance(shape, list | tuple) or not all(hasattr(size, "__index__") for size in shape):
            return f"top_shapes gave {shape!r:.60} as a shape; {expected}"
    return None


def not_params(own: object) -> str | None:
    """The problem of the value that ``param_shapes`` returned; None if it is valid."""
    if isinstance(own, list | tuple) and all(hasattr(one, "shape") and hasattr(one, "name") for one in own):
        return None
    return f"param_shapes gave {own!r:.60}; expected a list of OwnParam(name, shape)"


def counted(want: Range, what: str) -> str:
    """How many bottoms or tops a layer takes, for messages: ``1 to 3 bottoms``."""
    if want.max is None:
        return f"at least {want.min} {what}{'s' * (want.min != 1)}"
    if want.min == want.max:
        return f"exactly {want.min} {what}{'s' * (want.min != 1)}" if want.min else f"no {what}s"
    return f"{want.min} to {want.max} {what}s"
