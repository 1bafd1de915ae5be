"""The axes of items, labels and time of a blob of sequences."""

from __future__ import annotations

from typing import Any

from layerzoo.errors import LayerFault


def sequence_axes(p: Any, shape: tuple[int, ...], with_indicators: bool) -> tuple[int, int, int]:
    """The axes of items, labels and time.

    Args:
        p: a CTCParameter.
        shape: shape of the blob.
        with_indicators: whether indicators come with it; its axes are then time, items, labels.

    Raises:
        LayerFault: the axes don't exist, or more than one axis is left for time.
    """
    given = tuple(p.nct_axis)
    if with_indicators:
        if given:
            raise LayerFault(
                "nct_axis for a blob with indicators, whose axes are time, items, labels",
                field="ctc_param.nct_axis",
                hint="remove it",
            )
        if len(shape) < 3 or any(size != 1 for size in shape[3:]) or not shape[0] or not shape[2]:
            raise LayerFault(f"scores of shape {shape}; expected (time steps, N, labels)", bottom=0)
        return 1, 2, 0
    if len(shape) not in (3, 4) or 0 in shape[1:]:
        raise LayerFault(f"scores of shape {shape}; expected 3 or 4 axes", bottom=0)
    items, labels = given if len(given) == 2 else (0, 1)
    if len(given) not in (0, 2) or items == labels or items > 1 or labels >= len(shape):
        raise LayerFault(
            f"nct_axis {list(given)}; expected two axes, of items (0 or 1) and of labels",
            field="ctc_param.nct_axis",
        )
    rest = [axis for axis in range(len(shape)) if axis not in (items, labels)]
    longer = [axis for axis in rest if shape[axis] != 1] or rest[-1:]
    if len(longer) > 1:
        raise LayerFault(f"scores of shape {shape}: two axes left for time; one must be 1", bottom=0)
    return items, labels, longer[0]
