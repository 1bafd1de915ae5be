"""Operators of ONNX that torch lacks, for nets that are traced for ONNX.

Within `tracing` layers call these; torch knows only the shapes of their results. `layerzoo.export.onnx`
writes each as the standard operator.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

import torch
from torch import Tensor

_active: ContextVar[bool] = ContextVar("tracing for ONNX", default=False)

_library = torch.library.Library("layerzoo", "DEF")  # type: ignore[no-untyped-call]  # torch's
for _schema in (
    "suppress(Tensor boxes, Tensor allowed, float threshold) -> Tensor",
    "max_roi_pool(Tensor x, Tensor regions, int rows, int columns, float scale) -> Tensor",
    "roi_align(Tensor x, Tensor boxes, Tensor image, int rows, int columns, int samples, float scale)"
    " -> Tensor",
):
    _library.define(_schema)  # type: ignore[no-untyped-call]  # torch's


@contextlib.contextmanager
def tracing() -> Iterator[None]:
    """Trace nets for ONNX in this context."""
    token = _active.set(True)
    try:
        yield
    finally:
        _active.reset(token)


def wanted() -> bool:
    """Whether a net is being traced for ONNX."""
    return torch.compiler.is_exporting() and _active.get()


def suppress(boxes: Tensor, allowed: Tensor, threshold: float) -> Tensor:
    """NonMaxSuppression of boxes that are ordered by falling score.

    Args:
        boxes: shape (groups, K, 4).
        allowed: bool, shape (groups, K): the boxes that may be kept and suppress others.
        threshold: the largest overlap at which a box is kept.

    Returns:
        the boxes to keep, bool, shape (groups, K).
    """
    kept: Tensor = torch.ops.layerzoo.suppress(boxes, allowed, threshold)
    return kept


def max_roi_pool(x: Tensor, regions: Tensor, rows: int, columns: int, scale: float) -> Tensor:
    """MaxRoiPool of images (N, C, H, W) over regions (R, 5); returns (R, C, ``rows``, ``columns``)."""
    pooled: Tensor = torch.ops.layerzoo.max_roi_pool(x, regions, rows, columns, scale)
    return pooled


def roi_align(
    x: Tensor, boxes: Tensor, image: Tensor, rows: int, columns: int, samples: int, scale: float
) -> Tensor:
    """RoiAlign without an offset of half a pixel.

    Args:
        x: images, shape (N, C, H, W).
        boxes: shape (R, 4).
        image: index of each box's image, int64, shape (R,).
        rows, columns: bins.
        samples: of each bin along each axis; 0: as many as it has elements.
        scale: factor of the boxes.

    Returns:
        shape (R, C, ``rows``, ``columns``).
    """
    pooled: Tensor = torch.ops.layerzoo.roi_align(x, boxes, image, rows, columns, samples, scale)
    return pooled


def _pooled(x: Tensor, regions: Tensor, rows: int, columns: int, scale: float) -> Tensor:
    return x.new_empty(regions.shape[0], x.shape[1], rows, columns)


def _aligned(
    x: Tensor, boxes: Tensor, image: Tensor, rows: int, columns: int, samples: int, scale: float
) -> Tensor:
    return _pooled(x, boxes, rows, columns, scale)


torch.library.register_fake("layerzoo::suppress", lambda boxes, allowed, threshold: torch.empty_like(allowed))
torch.library.register_fake("layerzoo::max_roi_pool", _pooled)
torch.library.register_fake("layerzoo::roi_align", _aligned)
