"""Keep samples in memory after they were first read: whole ones, or their decoded images."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import numpy as np
import torch
from torch import Tensor

from layerzoo.data.draws import Ints
from layerzoo.data.sample_store import SampleStore
from layerzoo.data.samples import Array, Image, Kept, Samples
from layerzoo.data.wrapped import Wrapped
from layerzoo.errors import BatchError, DataError, LayerFault
from layerzoo.memory.device import available_memory

_PROBED: Final = 8
"""Samples whose sizes the estimate of a cache comes from."""
_SLACK: Final = 1.25
"""How much more than its estimate a cache may take, since samples differ in size."""
_FIELD: Final = "reading_param.cache"
_AT_ONCE: Final = 256
"""Samples that are read at once to fill a device."""


class WholeCache(Wrapped):
    """A source without random transforms, whose samples stay in memory.

    Args:
        source: the source.

    Raises:
        LayerFault: its samples need more memory than there is, or their tops aren't one row for each.
    """

    def __init__(self, source: Samples) -> None:
        super().__init__(source)
        _check_rows(source)
        rows = [_row(source, index) for index in _probes(len(source))]
        self.store = _store_for(len(source), [sum(map(_size, row)) for row in rows])

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch: from memory if all of its samples are there."""
        rows = [self.store.get(index) for index in indices.tolist()]
        missing = [place for place, row in enumerate(rows) if row is None]
        if missing:
            batch = self.source.read(indices[missing], numbers[missing], key)
            for at, place in enumerate(missing):
                row = [array[at] for array in batch]
                rows[place] = row
                self.store.put(int(indices[place]), row)
            if len(missing) == len(rows):
                return batch
        columns = list(zip(*rows, strict=True))
        if any(array.shape != column[0].shape for column in columns for array in column):
            return self.source.read(indices, numbers, key)  # says what is wrong
        return tuple(np.stack(column) for column in columns)


class ImageCache(Wrapped, Kept):
    """A source whose images stay in memory after decoding and the other leading steps that aren't random.

    Args:
        source: the source.

    Raises:
        LayerFault: the source can't keep them, or the images need more memory than there is.
    """

    def __init__(self, source: Samples) -> None:
        super().__init__(source)
        self._reading: list[int] = []
        self._sizes: list[int] = []
        if not source.keep(self):
            raise LayerFault(
                "cache has no effect: transforms are random, and layers of this type keep no images before",
                field=_FIELD,
                hint="remove cache",
            )
        self.store: SampleStore | None = None
        for index in _probes(len(source)):
            with suppress(DataError):  # raised again when the sample is needed
                self.read(np.array([index]), np.zeros(1, np.int64), 0)
        if self._sizes:  # else the images aren't encoded, and only the source holds them
            self.store = _store_for(len(source), self._sizes)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch; images that are kept aren't decoded again."""
        self._reading = indices.tolist()
        return self.source.read(indices, numbers, key)

    def get(self, index: int) -> Image | None:
        """An image of the batch that is being read."""
        arrays = None if self.store is None else self.store.get(self._reading[index])
        return None if arrays is None else arrays[0]

    def put(self, index: int, image: Image) -> None:
        """Keep an image of the batch that is being read."""
        if self.store is None:
            self._sizes.append(_size(image))
        else:
            self.store.put(self._reading[index], [image])


class DeviceCache:
    """All samples of a source without random transforms, on a device.

    Args:
        source: the source.
        device: where they stay.

    Raises:
        LayerFault: they need more memory than there is, or their shapes differ.
    """

    def __init__(self, source: Samples, device: torch.device) -> None:
        _check_rows(source)
        row = _row(source, 0)
        size = len(source) * sum(map(_size, row))
        _check_room(size, available_memory(device), len(source), f"memory of {device}")
        self._tops = [
            torch.empty((len(source), *value.shape), dtype=torch.from_numpy(value[None]).dtype, device=device)
            for value in map(np.asarray, row)
        ]
        for first in range(0, len(source), _AT_ONCE):
            indices = np.arange(first, min(first + _AT_ONCE, len(source)))
            for top, array in zip(self._tops, source.read(indices, indices, 0), strict=True):
                if array.shape != (len(indices), *top.shape[1:]):
                    raise _no_rows(f"arrays of shape {array.shape} for {len(indices)} samples")
                top[first : first + len(indices)].copy_(torch.from_numpy(array))

    def read(self, indices: Ints) -> tuple[Tensor, ...]:
        """One batch, as copies on the device."""
        chosen = torch.from_numpy(indices).to(self._tops[0].device)
        return tuple(top.index_select(0, chosen) for top in self._tops)


def _probes(count: int) -> list[int]:
    """Indices of samples from the whole source, for an estimate."""
    return sorted({count * place // _PROBED for place in range(_PROBED)})


def _row(source: Samples, index: int) -> list[Array]:
    """The row of each top for a sample."""
    return [array[0] for array in source.read(np.array([index]), np.array([index]), 0)]


def _check_rows(source: Samples) -> None:
    """Check that each top has a row for each sample."""
    two = np.array([0, len(source) - 1])
    with suppress(BatchError):  # images of different sizes, which batches of one can have
        arrays = source.read(two, two, 0)
        if any(array.ndim < 1 or len(array) != len(two) for array in arrays):
            shapes = ", ".join(str(array.shape) for array in arrays)
            raise _no_rows(f"arrays of shapes {shapes} for two samples")


def _no_rows(what: str) -> LayerFault:
    message = f"cache needs one row of each top for each sample; the source has {what}"
    return LayerFault(message, field=_FIELD, hint="remove cache")


def _size(array: Array) -> int:
    return int(np.asarray(array).nbytes)


def _store_for(count: int, sizes: Sequence[int]) -> SampleStore:
    """A store for samples of about these sizes.

    Raises:
        LayerFault: they need more memory than there is.
    """
    needed = count * (sum(sizes) // len(sizes) + 256)
    _check_room(needed, available_memory(torch.device("cpu")), count, "memory")
    return SampleStore(count, int(needed * _SLACK) + (1 << 16))


def _check_room(needed: int, available: int | None, count: int, what: str) -> None:
    if available is not None and needed > available:
        raise LayerFault(
            f"cache needs about {_text(needed)} of {what} for {count:,} samples; {_text(available)} are free",
            field=_FIELD,
            hint="remove cache, make the images smaller, or read fewer with limit",
        )


def _text(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"
