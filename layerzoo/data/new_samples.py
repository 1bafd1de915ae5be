"""Samples that a trained net is asked about: they have no labels, and come from another source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from layerzoo.data.draws import Ints
from layerzoo.data.samples import Array, Samples
from layerzoo.errors import DataError
from layerzoo.regular_file import read_bytes

Inputs = Mapping[str, Sequence[int]]
"""The shape of each input of a net that a data layer gives, by the name of its blob."""


class NewSource(NamedTuple):
    """Where new samples come from.

    Attributes:
        name: its name in messages and results.
        path: a file or folder; None for what was typed or comes from stdin.
        data: the content, where there is no file.
    """

    name: str
    path: Path | None = None
    data: bytes = b""

    @classmethod
    def of(cls, path: str | Path) -> NewSource:
        """A file or folder."""
        return cls(str(path), Path(path))

    def file(self, expected: str) -> Path:
        """The path of the file.

        Raises:
            DataError: there is none, since the samples come from stdin.
        """
        if self.path is None:
            raise DataError(f"{self.name}: expected {expected}, which has to be named by its path")
        return self.path

    def read(self, most: int) -> bytes:
        """The content.

        Args:
            most: the most bytes.

        Raises:
            DataError: the file can't be read, or has more bytes.
        """
        if self.path is None:
            data = self.data
        else:
            try:
                data = read_bytes(self.path, most + 1)
            except OSError as error:
                raise DataError(f"{self.name}: can't be read: {error.strerror or error}") from None
        if len(data) > most:
            raise DataError(f"{self.name}: more than {most:,} bytes")
        return data


class NewSamples(Samples):
    """Samples of a new source, each an array for every input of a net.

    Args:
        names: the name of each sample.
        source: reads the samples.
        places: for each input, the place of its array among those that the source reads.
        notes: what was done about values that are missing or were not there in training.
    """

    def __init__(
        self, names: Sequence[str], source: Samples, places: Sequence[int], notes: Sequence[str] = ()
    ) -> None:
        self._names, self._source, self._places, self.notes = names, source, places, notes

    def __len__(self) -> int:
        return len(self._names)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch: an array for each input."""
        arrays = self._source.read(indices, numbers, key)
        return tuple(arrays[place] for place in self._places)

    def name(self, index: int) -> str:
        """The name of a sample."""
        return self._names[index]

    def close(self) -> None:
        """Close the source."""
        self._source.close()


def check_axis(what: str, size: int, inputs: Inputs, axis: int) -> None:
    """Check that the samples have the size that a net takes.

    Args:
        what: what the size counts.
        size: that of the samples.
        inputs: the inputs, of which the first one is looked at.
        axis: its axis.

    Raises:
        DataError: the net takes another one.
    """
    name, shape = next(iter(inputs.items()))
    if len(shape) > axis and shape[axis] != size:
        raise DataError(f"{size:,} {what}, but the net's input '{name}' takes {shape[axis]:,}")
