"""The objects of an image, and the boxes of the grid that the losses of YOLO match with them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from layerzoo.functional.transforms import may_read


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of each image.

    Attributes:
        rows: class, centre x, centre y, width, height; shape (N, T, 5).
        near: the objects before the first whose centre x is 0, bool, shape (N, T): those that excuse a
            box near them, as the forks have it.
        valid: the objects before the first whose width is 0, bool, shape (N, T): those that are matched.
            Those without a positive width and height are left out.
    """

    rows: Tensor
    near: Tensor
    valid: Tensor

    @classmethod
    def of(cls, labels: Tensor) -> Objects:
        """Objects of a blob of labels, of shape (N, T, 5) or any with as many values.

        On the CPU, rows that no image uses are left out. On a GPU that would need a host read.
        """
        rows = labels.detach().reshape(labels.shape[0], -1, 5)
        near, valid = leading(rows[..., 1]), leading(rows[..., 3])
        if rows.is_cpu and rows.numel() and may_read():
            used = int((near | valid).sum(-1).max())
            rows, near, valid = rows[:, :used], near[:, :used], valid[:, :used]
        return cls(rows, near, valid & (rows[..., 3:] > 0).all(-1))

    @property
    def boxes(self) -> Tensor:
        """Centre x, centre y, width, height; shape (N, T, 4)."""
        return self.rows[..., 1:]

    def cells(self, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Row and column of the cell of each centre; a centre outside the image counts to the nearest cell.

        Args:
            height, width: number of cells.

        Returns:
            two tensors of int64, shape (N, T).
        """
        column = (self.rows[..., 1] * width).nan_to_num().long().clamp(0, max(0, width - 1))
        row = (self.rows[..., 2] * height).nan_to_num().long().clamp(0, max(0, height - 1))
        return row, column


@dataclass(frozen=True, slots=True)
class Matches:
    """Objects and the boxes that they are matched with, in the order in which they are visited.

    Attributes:
        place: index of the box among all of an image, int64, shape (N, E).
        valid: whether the match counts, bool, shape (N, E).
        label: class of the object, int64, shape (N, E).
        truth: box of the object, shape (N, E, 4).
        total: number of boxes of an image.
    """

    place: Tensor
    valid: Tensor
    label: Tensor
    truth: Tensor
    total: int

    @property
    def hit(self) -> Tensor:
        """Whether each box has a match; bool, shape (N, total)."""
        return self._extreme("amax") >= 0

    @property
    def last(self) -> Tensor:
        """Whether a match is the last one of its box; bool, shape (N, E)."""
        return self.valid & (self._extreme("amax").gather(1, self.place) == self._order)

    @property
    def first(self) -> Tensor:
        """Whether a match is the first one of its box; bool, shape (N, E)."""
        return self.valid & (self._extreme("amin").gather(1, self.place) == self._order)

    def classes(self, count: int, which: Tensor | None = None) -> Tensor:
        """Which classes the matches of each box have; bool, shape (N, total, count).

        Args:
            count: number of classes.
            which: the matches to look at, bool, shape (N, E); None: the valid ones.
        """
        counted = (self.valid if which is None else which).to(self.truth.dtype)
        index = self.place * count + self.label.clamp(0, max(0, count - 1))
        start = counted.new_zeros(*self.place.shape[:1], self.total * count)
        sums = start.scatter_add(1, index.clamp(max=max(0, self.total * count - 1)), counted)
        return sums.reshape(-1, self.total, count) > 0

    def at(self, values: Tensor) -> Tensor:
        """The values of the boxes that are matched: shape (N, total, K) → (N, E, K)."""
        return values.gather(1, self._index(values.shape[-1]))

    def sums(self, values: Tensor) -> Tensor:
        """Sums over the matches of each box: shape (N, E, K) → (N, total, K)."""
        start = values.new_zeros(values.shape[0], self.total, values.shape[-1])
        return start.scatter_add(1, self._index(values.shape[-1]), values)

    def _index(self, width: int) -> Tensor:
        return self.place.unsqueeze(-1).expand(-1, -1, width)

    @property
    def _order(self) -> Tensor:
        return torch.arange(self.place.shape[1], device=self.place.device)

    def _extreme(self, which: str) -> Tensor:
        """The last (``amax``) or first (``amin``) match of each box, -1 or the number of matches if none."""
        none = -1 if which == "amax" else self.place.shape[1]
        order = torch.where(self.valid, self._order, none)
        start = order.new_full((*self.place.shape[:1], self.total), none)
        return start.scatter_reduce(1, self.place, order, which)


def leading(values: Tensor) -> Tensor:
    """Which values along the last axis stand before the first zero; bool, of the same shape."""
    return (values != 0).long().cumprod(-1).bool()
