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

    A sample's place is taken by the same one in each epoch, whatever was read before: the sequence is still a
    function of the sample's number.

    Args:
        source: the source.
        most: the most samples that may be unreadable.
        layer: name of the layer, for messages.

    Attributes:
        skipped: for each unreadable sample why, by its index.
        quiet: whether it logs nothing, since another process does.
    """

    def __init__(self, source: Samples, most: int, layer: str) -> None:
        super().__init__(source)
        self.skipped: dict[int, str] = {}
        self._most, self._layer = most, layer
        self._told = 0
        self.quiet = False

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch.

        Raises:
            DataError: more samples than allowed can't be read, or none can.
        """
        chosen = self._replaced(indices)
        try:
            return self.source.read(chosen, numbers, key)
        except DataError:
            bad = [
                index
                for index, number in zip(chosen.tolist(), numbers.tolist(), strict=True)
                if not self._is_readable(index, number, key)
            ]
            if not bad:
                bad = self._of_other_shape(chosen, numbers, key)
            if not bad:
                raise
        return self.read(indices, numbers, key)

    def learn(self, skipped: Mapping[int, str]) -> None:
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
        if len(self.skipped) > self._told and not self.quiet:
            self._told = len(self.skipped)
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
        chosen = indices.copy()
        for place in range(len(chosen)):
            while int(chosen[place]) in self.skipped:
                chosen[place] = (chosen[place] + 1) % len(self)
        return chosen

    def _is_readable(self, index: int, number: int, key: int) -> bool:
        if index in self.skipped:
            return False
        try:
            self.source.read(np.array([index]), np.array([number]), key)
        except DataError as error:
            self._skip(index, str(error))
            return False
        return True

    def _of_other_shape(self, chosen: Ints, numbers: Ints, key: int) -> list[int]:
        """Skip the samples whose shapes differ from those of the first sample of the source."""
        bad = []
        for index, number in zip(chosen.tolist(), numbers.tolist(), strict=True):
            arrays = self.source.read(np.array([index]), np.array([number]), key)
            shapes = [array.shape for array in arrays]
            if shapes != self._first_shapes:
                bad.append(index)
                self._skip(
                    index, f"{self.source.name(index)}: shapes {shapes}; expected {self._first_shapes}"
                )
        return bad

    @cached_property
    def _first_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the tops of the first sample that can be read."""
        for index in range(len(self)):
            if self._is_readable(index, 0, 0):
                arrays = self.source.read(np.array([index]), np.zeros(1, np.int64), 0)
                return [array.shape for array in arrays]
        raise DataError("no sample can be read")

    def _skip(self, index: int, why: str) -> None:
        if index in self.skipped:
            return
        self.skipped[index] = why
        if len(self.skipped) > min(self._most, len(self) - 1):
            count = f"{len(self.skipped)} of {len(self)} samples can't be read"
            raise DataError(f"{why}; {count}, and max_skipped is {self._most}")
        if not self.quiet:
            log.warning("layer '%s' skips a sample: %s", self._layer, why)
