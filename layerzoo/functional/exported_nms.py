"""Non-maximum suppression for nets that are traced for export, whose programs can't read values."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from layerzoo.errors import ExportError
from layerzoo.functional import onnx_operators
from layerzoo.functional.boxes import pairwise_overlap

Measure = Callable[[Tensor, Tensor, float], Tensor]
"""The overlap of each box with each other; see `layerzoo.functional.boxes.pairwise_overlap`."""


def suppress_exported(
    boxes: Tensor, allowed: Tensor, limits: list[float], extra: float, measure: Measure
) -> Tensor:
    """Which boxes to keep, as `layerzoo.functional.nms.suppress`.

    Args:
        boxes: shape (groups, K, 4), by falling score.
        allowed: the candidates, bool, shape (groups, K).
        limits: the threshold after each number of kept boxes; the last one holds for all that follow.
        extra: added to width and height of boxes.
        measure: the overlap of boxes.

    Returns:
        bool, shape (groups, K).

    Raises:
        ExportError: ONNX has no operator for it.
    """
    if not onnx_operators.wanted():
        return _one_by_one(boxes, allowed, boxes.new_tensor(limits), extra, measure)
    if measure is not pairwise_overlap:
        raise ExportError("ONNX's NonMaxSuppression only measures intersection over union")
    if len(limits) > 1:
        raise ExportError("ONNX's NonMaxSuppression has one threshold; eta must be 1")
    if limits[0] < 0:
        return allowed & (allowed.cumsum(-1) == 1)  # even boxes that don't intersect suppress each other
    # ONNX exchanges corners in the wrong order; such boxes have no area and suppress nothing
    low, high = boxes[..., :2], boxes[..., 2:] + extra
    solid = torch.cat((low, torch.maximum(low, high)), -1)
    return onnx_operators.suppress(solid, allowed, min(limits[0], 1.0))


def _one_by_one(boxes: Tensor, allowed: Tensor, limits: Tensor, extra: float, measure: Measure) -> Tensor:
    """Visit the boxes in a loop of the program."""
    from torch._higher_order_ops.while_loop import while_loop  # torch has no public name for it

    number = torch.arange(allowed.shape[1], device=boxes.device)
    last = torch.where(allowed, number + 1, 0).amax()

    def unfinished(index: Tensor, kept: Tensor) -> Tensor:
        return index < last

    def visit(index: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        at = index.reshape(1)
        overlaps = measure(boxes.index_select(1, at), boxes, extra).squeeze(1)
        worst = overlaps.masked_fill(~kept, -1.0).amax(-1)
        limit = limits[kept.sum(-1).clamp(max=len(limits) - 1)]
        passes = allowed.index_select(1, at).squeeze(1) & (worst <= limit)
        return index + 1, kept | (passes.unsqueeze(-1) & (number == index))

    start = torch.zeros((), dtype=torch.int64, device=boxes.device)
    kept: Tensor = while_loop(unfinished, visit, (start, torch.zeros_like(allowed)))[1]  # type: ignore[no-untyped-call]  # torch's
    return kept
