"""The boxes of annotated images, which move along as the images are transformed.

Edges are fractions of the image's width and height, in single precision, in which SSD computes them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.samples import Floats
from layerzoo.data.warping import Matrix, moved_points
from layerzoo.schema import EmitConstraint

Window = tuple[float, float, float, float]
"""A region of an image: left, top, right, bottom, as fractions; beyond 0 to 1 where the image is expanded."""

WHOLE: Window = (0.0, 0.0, 1.0, 1.0)
"""The window of a whole image."""


class Boxes:
    """The boxes of one image.

    Attributes:
        edges: K x 4: left, top, right, bottom.
        rows: K x 3: class, instance, difficult (0 or 1).
        emit: which boxes stay in a window that cuts them; None for all that reach into it.
        factor: width and height of the image in units of the size that its boxes become fractions of at the
            end (``width_scale`` and ``height_scale``); None if that is the image itself.
        window: the region of the original image that is left.
        mirrored: whether it is mirrored.
    """

    def __init__(self, edges: Floats, rows: Floats) -> None:
        self.edges = edges.reshape(-1, 4).astype(np.float32)
        self.rows = rows.reshape(-1, 3)
        self.emit: EmitConstraint | None = None
        self.factor: tuple[float, float] | None = None
        self.window = WHOLE
        self.mirrored = False

    def __len__(self) -> int:
        return len(self.edges)

    def cut(self, window: Window) -> None:
        """Express the boxes in a window, clipped to it; boxes outside are dropped, see `emit`."""
        part = np.array(window, np.float32)
        kept = np.ones(len(self), bool) if self.emit is None else stays(self.edges, part, self.emit)
        low, high = part[:2], part[2:]
        inside = (self.edges[:, :2] < high).all(1) & (self.edges[:, 2:] > low).all(1)
        size = high - low
        moved = ((self.edges.reshape(-1, 2, 2) - low) / size).clip(0, 1).reshape(-1, 4).astype(np.float32)
        kept &= inside & (areas(moved) > 0)
        self.edges, self.rows = moved[kept], self.rows[kept]
        if self.factor is not None:
            self.factor = (self.factor[0] * float(size[0]), self.factor[1] * float(size[1]))
        self.window = _within(self.window, window, self.mirrored)

    def finish(self, is_cut: bool) -> None:
        """Clip the boxes to the image, unless a step has cut them, and express them in units of `factor`."""
        if not is_cut:
            self.cut(WHOLE)
        if self.factor is not None:
            self.edges = self.edges * np.array(self.factor * 2, np.float32)

    def warp(self, matrix: Matrix, height: int, width: int) -> None:
        """Move the boxes as an image is warped: each becomes the upright box around its corners, clipped.

        Args:
            matrix: the map from the result to the image, see `layerzoo.data.warping`.
            height, width: of the image and of the result.
        """
        size = np.array((width, height), np.float64)
        corners = self.edges[:, [[0, 1], [2, 1], [2, 3], [0, 3]]].astype(np.float64) * size - 0.5
        moved = ((moved_points(corners.reshape(-1, 2), matrix) + 0.5) / size).reshape(-1, 4, 2)
        self.edges = np.concatenate((moved.min(1), moved.max(1)), 1).astype(np.float32)
        seen = np.isfinite(self.edges).all(1)
        self.edges, self.rows = self.edges[seen], self.rows[seen]
        self.cut(WHOLE)

    def mirror(self) -> None:
        """Mirror the boxes horizontally."""
        left, right = 1 - self.edges[:, 2], 1 - self.edges[:, 0]
        self.edges[:, 0], self.edges[:, 2] = left, right
        self.mirrored = not self.mirrored


def _within(whole: Window, part: Window, mirrored: bool) -> Window:
    """A window of a window, as one of the original image."""
    left, top, right, bottom = whole
    width, height = right - left, bottom - top
    first, end = (1 - part[2], 1 - part[0]) if mirrored else (part[0], part[2])
    return left + first * width, top + part[1] * height, left + end * width, top + part[3] * height


def stays(edges: Floats, window: Floats, emit: EmitConstraint) -> NDArray[np.bool_]:
    """Whether each box meets a constraint in a window."""
    if emit.emit_type == EmitConstraint.CENTER:
        centre = (edges[:, :2] + edges[:, 2:]) / 2
        inside = (centre >= window[:2]) & (centre <= window[2:])
        return inside[:, 0] & inside[:, 1]
    covered: NDArray[np.bool_] = coverage(edges, window[None])[:, 0] > np.float32(emit.emit_overlap)
    return covered


def areas(edges: Floats) -> Floats:
    """Areas of boxes; 0 for one whose edges are exchanged."""
    size = edges[..., 2:] - edges[..., :2]
    area: Floats = np.where((size < 0).any(-1), np.float32(0), size[..., 0] * size[..., 1])
    return area


def shared_areas(boxes: Floats, others: Floats) -> Floats:
    """Areas of the intersection of each box with each other one, K x M."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    size = (high - low).clip(0)
    shared: Floats = size[..., 0] * size[..., 1]
    return shared


def coverage(boxes: Floats, others: Floats) -> Floats:
    """The fraction of each box that each other one covers, K x M."""
    whole = areas(boxes)[:, None]
    zeros = np.zeros((len(boxes), len(others)), np.float32)
    fractions: Floats = np.divide(shared_areas(boxes, others), whole, out=zeros, where=whole > 0)
    return fractions


def overlaps(boxes: Floats, others: Floats) -> Floats:
    """Intersection over union of each box with each other one, K x M."""
    shared = shared_areas(boxes, others)
    union = areas(boxes)[:, None] + areas(others) - shared
    fractions: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return fractions
