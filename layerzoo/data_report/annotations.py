"""What a data layer's tops say of one sample: a class, probabilities, boxes, a mask, or numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from layerzoo.data.samples import Array

Edges = tuple[float, float, float, float]
_SSD, _YOLO, _ROI = 8, 5, 5
_SHOWN: Final = 3


@dataclass
class Annotation:
    """The annotation of a sample.

    Attributes:
        label: its class; None if it has not exactly one.
        shares: the probability of each class that has one.
        values: other numbers.
        boxes: class and edges (left, top, right, bottom) of each box.
        in_pixels: whether the edges are pixels, not fractions of the sides.
        mask: the class of each pixel, height x width.
    """

    label: int | None = None
    shares: dict[int, float] = field(default_factory=dict)
    values: list[float] = field(default_factory=list)
    boxes: list[tuple[int, Edges]] = field(default_factory=list)
    in_pixels: bool = False
    mask: Array | None = None

    @property
    def labels_of_pixels(self) -> list[int]:
        """The classes in the mask."""
        return [] if self.mask is None else [int(label) for label in np.unique(self.mask)]

    def fractions(self, height: int, width: int) -> Iterator[tuple[int, Edges]]:
        """Class and edges of each box as fractions of an image's sides."""
        for label, (left, top, right, bottom) in self.boxes:
            if self.in_pixels:
                yield label, (left / width, top / height, (right + 1) / width, (bottom + 1) / height)
            else:
                yield label, (left, top, right, bottom)

    def text(self, name: Callable[[int], str]) -> str:
        """The annotation in a line; boxes and masks are only counted.

        Args:
            name: gives the name of a class.
        """
        if self.label is not None:
            return name(self.label)
        if self.shares:
            best = sorted(self.shares.items(), key=lambda pair: -pair[1])[:_SHOWN]
            return ", ".join(f"{name(label)} {share:.2f}" for label, share in best)
        if self.mask is not None:
            return ""
        if self.values:
            return ", ".join(f"{value:.4g}" for value in self.values[:6])
        return f"{len(self.boxes)} boxes" if len(self.boxes) != 1 else "1 box"


def annotation_of(tops: Sequence[Array]) -> Annotation:
    """The annotation of a batch of one sample, from the shapes of a data layer's tops.

    Args:
        tops: the images and, if there is one, the top with the labels.
    """
    if len(tops) < 2:
        return Annotation(values=[])
    images, labels = tops[0], np.asarray(tops[1])
    if labels.size == 1:
        value = float(labels.reshape(()))
        return Annotation(label=int(value)) if value == int(value) else Annotation(values=[value])
    if labels.shape[-1] == _SSD and labels.ndim == 4 and labels.shape[:2] == (1, 1):
        rows = labels.reshape(-1, _SSD)
        return Annotation(boxes=[(int(row[1]), _edges(row[3:7])) for row in rows if row[0] >= 0])
    spatial = labels.ndim >= 3 and labels.shape[-2:] == images.shape[-2:]
    if spatial and labels.size == labels.shape[-1] * labels.shape[-2]:
        return Annotation(mask=labels.reshape(labels.shape[-2:]))
    if labels.ndim >= 3 and labels.shape[-1] == _YOLO:
        rows = labels.reshape(-1, _YOLO)
        return Annotation(boxes=[(int(row[0]), _around(row[1:5])) for row in rows if row[3] > 0])
    if labels.ndim == 2 and labels.shape[1] == _ROI and images.ndim == 4 and labels[:, 2].max() > 1:
        return Annotation(
            boxes=[(int(row[4]), _edges(row[:4])) for row in np.unique(labels, axis=0)], in_pixels=True
        )
    flat = labels.reshape(-1).astype(np.float64)
    if (flat >= 0).all() and abs(flat.sum() - 1) < 1e-3:
        return Annotation(shares={int(place): float(flat[place]) for place in np.flatnonzero(flat)})
    return Annotation(values=flat.tolist())


def _edges(row: Array) -> Edges:
    left, top, right, bottom = (float(value) for value in row)
    return left, top, right, bottom


def _around(row: Array) -> Edges:
    x, y, width, height = (float(value) for value in row)
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2
