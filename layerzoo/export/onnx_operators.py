"""The operators of `layerzoo.functional.onnx_operators` as operators of ONNX's standard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch

_ALL: Final = -1.0
"""A score below that of any box which may be kept."""


def translations() -> dict[Callable[..., Any], Callable[..., Any]]:
    """A translation for each operator, in the form that ``torch.onnx.export`` takes.

    Requires onnxscript.
    """
    from onnxscript import opset18

    op: Any = opset18  # its types know no parts of translations

    def suppress(boxes: Any, allowed: Any, threshold: float) -> Any:
        shape = op.Shape(allowed)
        count = op.Gather(shape, op.Constant(value_ints=[1]))
        # a score for each place in the order, above 0 where the box may be kept
        places = op.Range(op.Constant(value_int=0), op.Squeeze(count), op.Constant(value_int=1))
        falling = op.Cast(op.Sub(count, places), to=1)
        scores = op.Where(allowed, falling, op.Constant(value_float=_ALL))
        found = op.NonMaxSuppression(
            boxes,
            op.Unsqueeze(scores, op.Constant(value_ints=[1])),
            count,
            op.Constant(value_floats=[threshold]),
            op.Constant(value_floats=[0.0]),
        )
        at = op.Gather(found, op.Constant(value_ints=[0, 2]), axis=1)
        none = op.Expand(op.Constant(value_float=0.0), shape)
        ones = op.Expand(
            op.Constant(value_float=1.0), op.Gather(op.Shape(found), op.Constant(value_ints=[0]))
        )
        return op.Cast(op.ScatterND(none, at, ones), to=9)

    def max_roi_pool(x: Any, regions: Any, rows: int, columns: int, scale: float) -> Any:
        return op.MaxRoiPool(x, regions, pooled_shape=[rows, columns], spatial_scale=scale)

    def roi_align(x: Any, boxes: Any, image: Any, rows: int, columns: int, samples: int, scale: float) -> Any:
        return op.RoiAlign(
            x,
            boxes,
            image,
            output_height=rows,
            output_width=columns,
            sampling_ratio=samples,
            spatial_scale=scale,
            coordinate_transformation_mode="output_half_pixel",
        )

    def sort(x: Any, stable: bool | None = None, dim: int = -1, descending: bool = False) -> Any:
        shape = op.Gather(op.Shape(x), op.Constant(value_ints=[dim]), axis=0)
        return op.TopK(x, shape, axis=dim, largest=descending)  # of equal numbers the first one comes first

    ops = torch.ops
    return {
        ops.layerzoo.suppress.default: suppress,
        ops.layerzoo.max_roi_pool.default: max_roi_pool,
        ops.layerzoo.roi_align.default: roi_align,
        ops.aten.sort.stable: sort,
    }
