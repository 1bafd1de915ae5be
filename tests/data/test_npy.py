from __future__ import annotations

import io
import os
import warnings

import numpy as np
import pytest

from layerzoo.data.npy import MAGIC, read_npy
from layerzoo.errors import DataError


def header(text, version=1):
    data = text.encode().ljust(100)
    return MAGIC + bytes([version, 0]) + len(data).to_bytes(2 if version == 1 else 4, "little") + data


def fields(shape, descr="'<f4'"):
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "i2", "bool"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_numbers_are_read(tmp_path, dtype, order):
    values = np.arange(12).reshape(3, 4).astype(dtype, order=order)
    np.save(tmp_path / "a.npy", values)
    assert read_npy(tmp_path / "a.npy").tolist() == values.tolist()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MAGIC,
        header(fields("(4,)")),
        header(fields("(1000000000000, 4)")) + bytes(16),
        header(fields("(4294967296, 4294967296)")) + bytes(16),
        header(fields("(-1, -4)")) + bytes(16),
        header(fields("(2,)", "'|O'")) + bytes(16),
        header(fields("(2,)", "'|S8'")) + bytes(16),
        header(fields("(2,)", "[('a', '<f4')]")) + bytes(16),
        header(fields("(2,)", "'nonsense'")) + bytes(16),
        header("(" * 90) + bytes(16),
        header("{'descr'") + bytes(16),
        header("\0"),
        header(fields("(4,)"), version=9),
        b"PK\x03\x04" + bytes(100),
    ],
)
def test_damaged_files_are_errors_without_allocation(tmp_path, data):
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.npy: not a readable numpy file: \S"):
        read_npy(tmp_path / "a.npy")


def test_archives_and_objects_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(2))
    np.save(tmp_path / "o.npy", np.array([{}], object), allow_pickle=True)
    for name in ("a.npz", "o.npy"):
        with pytest.raises(DataError, match="not a readable numpy file"):
            read_npy(tmp_path / name)


def test_headers_of_python_2_are_read_without_a_warning(tmp_path):
    (tmp_path / "a.npy").write_bytes(header(fields("(2L,)")) + np.array([1, 2], "<f4").tobytes())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_npy(tmp_path / "a.npy").tolist() == [1, 2]


def test_random_changes_raise_nothing_but_data_errors(tmp_path):
    stream = io.BytesIO()
    np.save(stream, np.arange(6.0))
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        data = bytearray(stream.getvalue())
        for place in rng.integers(0, 90, 3):
            data[place] = rng.integers(0, 256)
        (tmp_path / "a.npy").write_bytes(data)
        try:
            read_npy(tmp_path / "a.npy")
        except DataError:
            refused += 1
    assert refused > 200


def test_fifo_is_an_oserror(tmp_path):
    os.mkfifo(tmp_path / "a.npy")
    with pytest.raises(OSError, match="a FIFO"):
        read_npy(tmp_path / "a.npy")
