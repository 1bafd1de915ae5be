"""Read a dataset as every reader does, and expect that it is refused."""

from __future__ import annotations

import tracemalloc

import pytest

from layerzoo.errors import DataError
from layerzoo.hdf5_file import HDF5Array, open_hdf5


def values(path, name="x"):
    """What every reader does: find a dataset, check it, read it."""
    with open_hdf5(path, DataError) as root:
        array = root.find(name)
        assert isinstance(array, HDF5Array)
        return array.numbers().read()


def refused(path, message, name="x"):
    tracemalloc.start()
    with pytest.raises(DataError, match=message):
        values(path, name)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
