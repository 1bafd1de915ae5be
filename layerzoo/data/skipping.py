"""Go on where samples can't be read: others take their places."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Final

import numpy as np

from layerzoo.data.draws import Ints
from layerzoo.data.samples import Array, Samples
from layerzoo.data.wrapped import Wrapped
from layerzoo.errors import DataError

log = logging.getLogger("layerzoo")

_SHOWN: Final = 10
"""Samples that the summary names."""


class Skipping(Wrapped):
    """A source in which the next sample that can be read takes the place of one that can't.

    A sample can't be read if it is damaged, or doesn't fit into a batch with the first one that isn't. Its
    place is taken by the same one in each epoch, whatever was read before: the sequence is still a function
    of the sample's number.

    Args:
        source: the source.
        most: the most samples that may be unreadable.
        layer: name of the layer, for messages.
        any_size: whether samples need not fit into a batch with others, since each is read alone.

    Attributes:
        skipped: for each unreadable sample why, by its index.
        quiet: whether it logs nothing, since another process does.
    """

    def __init__(self, source: Samples, most: int, layer: str, any_size: bool = False) -> None:
        super().__init__(source)
        self.skipped: dict[int, str] = {}
        self.quiet = False
        self._most, self._layer, self._any_size = most, layer, any_size
        self._instead: dict[int, int] = {}
        self._fitting: set[int] = set()
        self._reported = 0

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch.

        Raises:
            DataError: more samples than allowed can't be read, or none can.
        """
        while True:
            chosen = self._replaced(indices)
            before = len(self.skipped)
            try:
                arrays = self.source.read(chosen, numbers, key)
            except DataError:
                self._skip_unreadable(chosen, numbers, key)
                if len(self.skipped) == before:
                    raise
                continue
            if self._any_size or [array.shape[1:] for array in arrays] == self._first_shapes:
                return arrays
            # shapes may differ from batch to batch, as those of boxes or padded sequences do; the samples of
            # a batch fit together, so all of them fit to the first one of the source or none does
            if self._fits(int(chosen[0]), int(numbers[0]), key):
                return arrays
            for index, number in zip(chosen.tolist(), numbers.tolist(), strict=True):
                self._fits(index, number, key)

    def name(self, index: int) -> str:
        """The name of the sample that is read at an index."""
        return self.source.name(int(self._replaced(np.array([index]))[0]))

    def add_skipped(self, skipped: Mapping[int, str]) -> None:
        """Count samples that another process could not read.

        Raises:
            DataError: they are more than allowed.
        """
        for index, why in skipped.items():
            self._skip(index, why)

    def close(self) -> None:
        """Log which samples were skipped, and close the source."""
        self.report()
        super().close()

    def report(self) -> None:
        """Log which samples were skipped, unless all of them were reported before."""
        if len(self.skipped) > self._reported and not self.quiet:
            self._reported = len(self.skipped)
            names = [self.source.name(index) for index in sorted(self.skipped)]
            more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
            log.warning(
                "layer '%s': %d of %d samples could not be read, and others took their places: %s%s",
                self._layer,
                len(names),
                len(self.source),
                ", ".join(names[:_SHOWN]),
                more,
            )

    def _replaced(self, indices: Ints) -> Ints:
        """The indices with the next readable sample in the place of each that can't be read."""
        if not self.skipped:
            return indices
        return np.array([self._next_readable(index) for index in indices.tolist()], np.int64)

    def _next_readable(self, index: int) -> int:
        """The first sample from an index on that isn't known as unreadable."""
        passed = []
        while index in self.skipped:
            passed.append(index)
            index = self._instead.get(index, (index + 1) % len(self))
        for each in passed:  # so that a long row of unreadable samples is walked through once
            self._instead[each] = index
        return index

    def _skip_unreadable(self, chosen: Ints, numbers: Ints, key: int) -> None:
        """Skip what prevents that a batch is read: its damaged samples, or else those of another size."""
        pairs = list(zip(chosen.tolist(), numbers.tolist(), strict=True))
        readable = [self._is_readable(index, number, key) for index, number in pairs]
        if all(readable):
            for index, number in pairs:
                self._fits(index, number, key)

    def _is_readable(self, index: int, number: int, key: int) -> bool:
        if index in self.skipped:
            return False
        try:
            self.source.read(np.array([index]), np.array([number]), key)
        except DataError as error:
            self._skip(index, str(error))
            return False
        return True

    def _fits(self, index: int, number: int, key: int) -> bool:
        """Whether a sample fits into a batch with the first readable one; skip it if it doesn't."""
        if index in self.skipped:
            return False
        if index in self._fitting or index == self._first:
            return True
        try:
            self.source.read(np.array([self._first, index]), np.full(2, number), key)
        except DataError:
            shapes = self._shapes(index, number, key)
            name, expected = self.source.name(index), self._shapes(self._first, number, key)
            self._skip(index, f"{name}: shapes {shapes}; expected {expected}")
            return False
        self._fitting.add(index)
        return True

    def _shapes(self, index: int, number: int, key: int) -> list[tuple[int, ...]]:
        """Shapes of the tops for one sample."""
        return [array.shape for array in self.source.read(np.array([index]), np.array([number]), key)]

    @cached_property
    def _first(self) -> int:
        """The first sample that can be read."""
        for index in range(len(self)):
            if self._is_readable(index, 0, 0):
                return index
        raise DataError("no sample can be read")

    @cached_property
    def _first_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the tops for the first sample that can be read, without the batch's axis."""
        return [shape[1:] for shape in self._shapes(self._first, 0, 0)]

    def _skip(self, index: int, why: str) -> None:
        if index in self.skipped:
            return
        self.skipped[index] = why
        if len(self.skipped) > min(self._most, len(self) - 1):
            count = f"{len(self.skipped)} of {len(self)} samples can't be read"
            raise DataError(f"{why}; {count}, and max_skipped is {self._most}")
        if not self.quiet:
            log.warning("layer '%s' skips a sample: %s", self._layer, why)
