"""Datasets of an HDF5 file, checked before they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Final, NamedTuple

import h5py
import numpy as np
from numpy.typing import DTypeLike, NDArray

from layerzoo.errors import LayerzooError
from layerzoo.hdf5_file.chunks import FILTERS, decode_chunk
from layerzoo.hdf5_file.opened import MAX_COMPRESSION, OpenFile

MAX_CHUNK: Final = 1 << 26
"""The largest chunk in bytes, unless the dataset is larger; whole chunks are read."""
MAX_TEXT: Final = 1 << 16
"""The longest string in bytes."""

_LAYOUTS: Final = frozenset({h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED})


class Chunk(NamedTuple):
    """A stored chunk of a dataset.

    Attributes:
        start: its place in the dataset, an index for each axis.
        skipped: the filters that it is stored without: bit i for filter i.
    """

    start: tuple[int, ...]
    skipped: int


class HDF5Array:
    """A dataset of an open file; nothing of it is checked or read before `numbers` or `text`.

    Args:
        file: the file.
        dataset: h5py's dataset.
        name: its path in the file.
    """

    def __init__(self, file: OpenFile, dataset: h5py.Dataset, name: str) -> None:
        self._file, self._dataset, self.name = file, dataset, name

    def numbers(self) -> HDF5Numbers:
        """The dataset as numbers, after a check of what it declares against what is stored.

        Raises:
            LayerzooError: it holds no integers or floats; it is stored elsewhere or by a filter that isn't
                known; it declares more than is stored.
        """
        with self._file.reading(self.name):
            plist, kind = self._stored_here(), self._dataset.id.get_type()
            space = self._dataset.id.get_space().get_simple_extent_type()
            if kind.get_class() not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT) or space == h5py.h5s.NULL:
                raise self._refused("holds no numbers")
            shape, dtype = tuple(map(int, self._dataset.shape)), self._dataset.dtype
            self._check_size(shape, dtype.itemsize, plist)
            chunks = None
            if plist.get_layout() == h5py.h5d.CHUNKED:
                if not kind.equal(h5py.h5t.py_create(dtype)):
                    raise self._refused("holds numbers of an unusual type")
                filters = [plist.get_filter(index)[0] for index in range(plist.get_nfilters())]
                chunks = Chunks(self, tuple(map(int, plist.get_chunk())), dtype, filters)
            return HDF5Numbers(self, shape, dtype.newbyteorder("="), chunks)

    def text(self) -> str:
        """The dataset as a string of fixed length.

        Raises:
            LayerzooError: it is not one string, is longer than `MAX_TEXT`, compressed, or stored elsewhere.
        """
        with self._file.reading(self.name):
            plist, kind = self._stored_here(), self._dataset.id.get_type()
            if kind.get_class() != h5py.h5t.STRING or kind.is_variable_str() or kind.get_size() > MAX_TEXT:
                raise self._refused(f"is not a string of fixed length, at most {MAX_TEXT:,} bytes")
            if self._dataset.shape is None or prod(self._dataset.shape) != 1:
                raise self._refused("is not one string")
            if plist.get_layout() == h5py.h5d.CHUNKED:
                raise self._refused("is a string in chunks, which are not read")
            self._check_size((), kind.get_size(), plist)
            value = np.zeros(self._dataset.shape, f"S{kind.get_size()}")
            self._dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, value)
        return bytes(value.ravel()[0]).partition(b"\0")[0].decode(errors="replace")

    def read_into(self, values: NDArray[Any], rows: slice | None = None, places: slice | None = None) -> None:
        """Read values that are not in chunks, or some rows of them into some places.

        HDF5 converts them to the type of ``values``.
        """
        if rows is None:
            self._dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, values)
        else:
            self._dataset.read_direct(values, np.s_[rows], np.s_[places])

    def stored_chunk(self, chunk: Chunk) -> bytes:
        """The bytes of a chunk as they are stored."""
        skipped, data = self._dataset.id.read_direct_chunk(chunk.start)
        if skipped != chunk.skipped:
            raise self._refused("has a damaged index of chunks")
        return bytes(data)

    def stored_chunks(self) -> list[Chunk]:
        """The chunks that are stored; a value outside them is the fill value."""
        chunks: list[Chunk] = []
        size = self._file.size

        def add(info: Any) -> None:
            if not 0 < info.size <= size - info.byte_offset or info.byte_offset < 0:
                raise self._refused("has a chunk outside the file, which is truncated or damaged")
            chunks.append(Chunk(tuple(map(int, info.chunk_offset)), int(info.filter_mask)))

        self._dataset.id.chunk_iter(add)
        return chunks

    @property
    def fill_value(self) -> Any:
        """The value that is not stored."""
        return self._dataset.fillvalue

    def reading(self) -> AbstractContextManager[None]:
        """Convert what h5py raises in the block into the caller's error."""
        return self._file.reading(self.name)

    def _stored_here(self) -> Any:
        """The dataset's creation properties, after a check that its values are in this file.

        It precedes everything else: to tell the shape of a virtual dataset, HDF5 opens the files behind it.
        """
        plist = self._dataset.id.get_create_plist()
        if plist.get_layout() not in _LAYOUTS or plist.get_external_count():
            raise self._refused("keeps its values in another file, which is not followed")
        for index in range(plist.get_nfilters()):
            if (code := plist.get_filter(index)[0]) not in FILTERS:
                raise self._refused(f"is stored by filter {code}; expected {', '.join(FILTERS.values())}")
        return plist

    def _check_size(self, shape: tuple[int, ...], itemsize: int, plist: Any) -> None:
        wanted, stored = prod(shape) * itemsize, min(self._dataset.id.get_storage_size(), self._file.size)
        chunked = plist.get_layout() == h5py.h5d.CHUNKED
        if wanted > stored * (MAX_COMPRESSION if chunked else 1):
            raise self._refused(f"declares {prod(shape):,} values and holds {stored:,} bytes")
        if plist.get_layout() == h5py.h5d.CONTIGUOUS and wanted:
            start = self._dataset.id.get_offset()
            if start is None or not 0 <= start <= self._file.size - wanted:
                raise self._refused("lies outside the file, which is truncated or damaged")
        if chunked and prod(plist.get_chunk()) * itemsize > max(wanted, MAX_CHUNK):
            chunk = tuple(map(int, plist.get_chunk()))
            raise self._refused(f"has chunks of {chunk} values, over {MAX_CHUNK:,} bytes")
        self._file.declare(wanted, self.name)

    def _refused(self, why: str) -> LayerzooError:
        return self._file.refused(self.name, why)


class Chunks:
    """The stored chunks of a dataset of numbers.

    Args:
        array: the dataset.
        shape: shape of a chunk.
        dtype: type in the file.
        filters: numbers of the filters, in the order in which they were applied.
    """

    def __init__(
        self, array: HDF5Array, shape: tuple[int, ...], dtype: np.dtype[Any], filters: Sequence[int]
    ) -> None:
        self._array, self._shape, self._dtype, self._filters = array, shape, dtype, filters

    def read_into(self, values: NDArray[Any], rows: NDArray[np.int64]) -> None:
        """Read rows, given in ascending order, into the rows of ``values``.

        Raises:
            ValueError: a chunk is damaged.
        """
        values[...] = self._array.fill_value
        height = self._shape[0]
        for start in np.unique(rows // height * height).tolist():
            first, last = np.searchsorted(rows, [start, start + height]).tolist()
            for chunk in self._by_row.get(start, ()):
                inside = tuple(
                    slice(place, min(place + size, whole))
                    for place, size, whole in zip(
                        chunk.start[1:], self._shape[1:], values.shape[1:], strict=True
                    )
                )
                part = tuple(slice(0, place.stop - place.start) for place in inside)
                with np.errstate(over="ignore", invalid="ignore"):  # a type that holds less, as in Caffe
                    values[(slice(first, last), *inside)] = self._decoded(chunk)[
                        (rows[first:last] - start, *part)
                    ]

    @cached_property
    def _by_row(self) -> dict[int, list[Chunk]]:
        """The stored chunks by the first row of each."""
        chunks: dict[int, list[Chunk]] = {}
        for chunk in self._array.stored_chunks():
            chunks.setdefault(chunk.start[0], []).append(chunk)
        return chunks

    def _decoded(self, chunk: Chunk) -> NDArray[Any]:
        filters = [code for place, code in enumerate(self._filters) if not chunk.skipped >> place & 1]
        size = prod(self._shape) * self._dtype.itemsize
        data = decode_chunk(self._array.stored_chunk(chunk), filters, size, self._dtype.itemsize)
        return np.frombuffer(data, self._dtype).reshape(self._shape)


@dataclass(frozen=True)
class HDF5Numbers:
    """The numbers of a dataset, whose size is checked; reading them needs the file open.

    Attributes:
        array: the dataset.
        shape: its shape.
        dtype: its type, in native byte order.
        chunks: its chunks; None if it has none.
    """

    array: HDF5Array
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunks: Chunks | None = None

    @property
    def size(self) -> int:
        """The number of values."""
        return prod(self.shape)

    def read(self, dtype: DTypeLike = None) -> NDArray[Any]:
        """Read all values into a new array of ``dtype``; None keeps the type.

        Raises:
            LayerzooError: the stored bytes are damaged, or the memory is not there.
        """
        with self.array.reading():
            values = np.empty(self.shape, self.dtype if dtype is None else dtype)
            if values.size and self.chunks is not None:
                self.chunks.read_into(values, np.arange(len(values)))
            elif values.size:
                self.array.read_into(values)
            return values

    def read_rows(self, rows: NDArray[np.int64], dtype: DTypeLike) -> NDArray[Any]:
        """Read some rows along axis 0, in any order, into a new array of ``dtype``.

        Raises:
            LayerzooError: see `read`.
        """
        order = np.unique(rows)
        with self.array.reading():
            values = np.empty((len(order), *self.shape[1:]), dtype)
            if values.size and self.chunks is not None:
                self.chunks.read_into(values, order)
            elif values.size:
                for first, start, stop in _runs(order):
                    self.array.read_into(values, slice(first, first + stop - start), slice(start, stop))
        return values[np.searchsorted(order, rows)]


def _runs(order: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Runs of consecutive numbers: the first number of each, its place, and the place after its last."""
    starts = np.flatnonzero(np.diff(order, prepend=-2) != 1).tolist()
    for start, stop in zip(starts, [*starts[1:], len(order)], strict=True):
        yield int(order[start]), start, stop
