from __future__ import annotations

import os
import zlib

import h5py
import numpy as np
import pytest

from layerzoo.errors import DataError
from layerzoo.hdf5_file import arrays, open_hdf5
from tests.hdf5_file.reading import refused, values


@pytest.mark.parametrize(
    "options", [{"scaleoffset": 2}, {"compression": "szip"}], ids=["scaleoffset", "szip"]
)
def test_other_filters_are_refused(path, options):
    try:
        with h5py.File(path, "w") as file:
            file.create_dataset("x", data=np.arange(100), **options)
    except ValueError:  # this build of HDF5 has no szip: its number stands in a file all the same
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((10,))
        plist.set_filter(4, h5py.h5z.FLAG_OPTIONAL, (4, 8))
        with h5py.File(path, "w") as file:
            h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_INT, h5py.h5s.create_simple((100,)), plist)
    refused(path, r"'/x' is stored by filter \d; expected gzip, shuffle, fletcher32, lzf")


def test_chunks_that_are_not_stored_hold_the_fill_value(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (9, 5), ">f4", chunks=(4, 3), fillvalue=7, compression="gzip")[4:8, :3] = 1
    expected = np.full((9, 5), 7.0)
    expected[4:8, :3] = 1
    assert values(path).tolist() == expected.tolist()
    with open_hdf5(path, DataError) as root:
        rows = root.child("x").numbers().read_rows(np.array([8, 4, 3]), np.float64)
    assert rows.tolist() == expected[[8, 4, 3]].tolist()


@pytest.mark.parametrize(
    ("options", "stored"),
    [
        ({}, b"abc"),
        ({"shuffle": True}, b"abc"),
        ({"compression": "gzip"}, zlib.compress(b"abc")),
        ({"compression": "gzip"}, zlib.compress(bytes(1 << 24))),
        ({"compression": "gzip"}, b"abc"),
        ({"compression": "lzf"}, b"\x02abc"),
        ({"fletcher32": True}, b"abc"),
        ({"fletcher32": True}, bytes(8)),
    ],
)
def test_chunks_of_another_size_are_errors(path, options, stored):
    """HDF5 itself reads past the end of such chunks: other memory of the process, or a crash."""
    with h5py.File(path, "w") as file:
        data = file.create_dataset("x", (4096,), "f4", chunks=(4096,), **options)
        data.id.write_direct_chunk((0,), stored)
    refused(path, "'/x'(: HDF5 can't be read| declares)")


def test_chunks_outside_the_file_are_errors(path):
    with h5py.File(path, "w", libver="earliest") as file:
        file.create_dataset("x", data=np.arange(1000.0), chunks=(1000,))
    with h5py.File(path) as file:
        place = file["x"].id.get_chunk_info(0).byte_offset
    data = path.read_bytes()
    key = place.to_bytes(8, "little")
    assert data.count(key) == 1
    path.write_bytes(data.replace(key, (1 << 40).to_bytes(8, "little")))
    refused(path, "'/x'(: HDF5 can't be read| has a chunk outside the file)")


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", "u1", ">i8"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunks": (2, 2)},
        {"compression": "gzip", "shuffle": True, "fletcher32": True},
        {"compression": "lzf"},
    ],
    ids=["contiguous", "chunked", "gzip", "lzf"],
)
def test_numbers_are_read_in_any_type_and_layout(path, dtype, options):
    stored = np.arange(12).reshape(4, 3).astype(dtype)
    with h5py.File(path, "w") as file:
        file.create_dataset("g/x", data=stored, **options)
    assert values(path, "g/x").tolist() == stored.tolist()
    assert values(path, "g/x").dtype == np.dtype(dtype).newbyteorder("=")
    with open_hdf5(path, DataError) as root:
        numbers = root.find("/g/x").numbers()
        assert (numbers.shape, numbers.size) == ((4, 3), 12)
        assert numbers.read(np.float32).dtype == np.float32
        assert numbers.read_rows(np.array([3, 0, 1, 3]), np.float32).tolist() == stored[[3, 0, 1, 3]].tolist()
        assert numbers.read_rows(np.array([], int), np.float32).shape == (0, 3)


def test_zero_rows_are_read(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", shape=(0, 3), dtype="f4")
    assert values(path).shape == (0, 3)


def secret(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["s"] = np.arange(4.0)
        file["g/x"] = np.arange(4.0)
    return "secret.h5"


def test_external_storage_is_not_read(path, tmp_path):
    (tmp_path / "raw").write_bytes(bytes(32))
    with h5py.File(path, "w") as file:
        file.create_dataset("x", shape=(4,), dtype="f8", external=[(str(tmp_path / "raw"), 0, 32)])
    refused(path, "'/x' keeps its values in another file")


def test_virtual_datasets_are_not_read(path, tmp_path):
    layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
    layout[:] = h5py.VirtualSource(secret(tmp_path), "s", shape=(4,))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("x", layout)
    refused(path, "'/x' keeps its values in another file")


def test_virtual_dataset_without_end_opens_no_other_file(path, tmp_path, monkeypatch):
    space = h5py.h5s.create_simple((0,), (h5py.h5s.UNLIMITED,))
    space.select_hyperslab((0,), (h5py.h5s.UNLIMITED,), (1,), (1,))
    source = h5py.h5s.create_simple((0,), (h5py.h5s.UNLIMITED,))
    source.select_hyperslab((0,), (h5py.h5s.UNLIMITED,), (1,), (1,))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    os.mkfifo(tmp_path / "fifo")
    plist.set_virtual(space, os.fsencode(tmp_path / "fifo"), b"s", source)
    with h5py.File(path, "w") as file:
        h5py.h5d.create(file.id, b"x", h5py.h5t.IEEE_F64LE, space, plist)
    refused(path, "'/x' keeps its values in another file")


def test_declared_values_must_be_stored(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", shape=(1 << 40,), dtype="f4", chunks=(1 << 20,))
        file.create_dataset("y", shape=(1 << 40,), dtype="f4")
        file.create_dataset("z", shape=(1 << 32, 1 << 32), dtype="f4", chunks=(1 << 10, 1 << 10))
    refused(path, "'/x' declares 1,099,511,627,776 values and holds 0 bytes")
    refused(path, "'/y' declares 1,099,511,627,776 values and holds 0 bytes", "y")
    refused(path, "'/z' declares 18,446,744,073,709,551,616 values", "z")  # 2**64, 0 in 64 bits


def test_declared_size_is_checked_against_the_file(path):
    """The size of a contiguous dataset is only what its header says: here it is changed there."""
    with h5py.File(path, "w", libver="latest") as file:
        file["x"] = np.zeros(1000)
    data = path.read_bytes()
    for old, new in ((1000, 1 << 40), (8000, 1 << 43)):
        assert data.count(old.to_bytes(8, "little")) >= 1
        data = data.replace(old.to_bytes(8, "little"), new.to_bytes(8, "little"))
    path.write_bytes(data)
    refused(path, r"'/x'(:| declares)|HDF5 can't be read")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, "HDF5 can't be read")


def test_compression_has_a_highest_ratio(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.zeros(1 << 20, "u1"), compression="gzip", chunks=(1 << 20,))
    assert values(path).shape == (1 << 20,)
    with h5py.File(path, "a") as file:
        file.create_dataset("y", shape=(1 << 31,), maxshape=(None,), dtype="u1", chunks=(1 << 20,))
        file["y"][:1] = 1
    refused(path, "'/y' declares 2,147,483,648 values and holds 1,048,576 bytes", "y")


def test_chunks_have_a_largest_size(path, monkeypatch):
    with h5py.File(path, "w") as file:
        options = {"maxshape": (None,), "chunks": (1 << 12,), "compression": "gzip"}
        file.create_dataset("x", data=np.ones(4, "f4"), **options)
    assert values(path).tolist() == [1] * 4
    monkeypatch.setattr(arrays, "MAX_CHUNK", (1 << 14) - 1)
    refused(path, r"'/x' has chunks of \(4096,\) values, over 16,383 bytes")


@pytest.mark.parametrize(
    "value",
    [
        "text of any length",
        np.array([b"bytes"]),
        np.array([True]),
        np.zeros(2, [("a", "f4"), ("b", "i4")]),
        np.array([1 + 2j]),
        np.array([b"raw"], "V3"),
        h5py.Empty("f4"),
    ],
    ids=["vlen text", "bytes", "bool", "compound", "complex", "opaque", "empty"],
)
def test_other_types_hold_no_numbers(path, value):
    with h5py.File(path, "w") as file:
        file["x"] = value
    refused(path, "'/x' holds no numbers")


def test_lists_references_and_named_types_hold_no_numbers(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("v", (1,), h5py.vlen_dtype("f4"))[0] = [1, 2]
        file.create_dataset("x", data=[file.ref], dtype=h5py.ref_dtype)
        file["t"] = np.dtype("f4")
    refused(path, "'/x' holds no numbers")
    refused(path, "'/v' holds no numbers", "v")
    refused(path, "'/t' is neither a group nor a dataset", "t")


def test_text_is_one_string_of_fixed_length(path):
    with h5py.File(path, "w") as file:
        file["x"] = np.array(b"net.caffemodel\0\0")
        file["one"] = np.array([b"net"])
        file["two"] = np.array([b"a", b"b"])
        file["long"] = np.array(b"a" * (1 << 17))
        file["vlen"] = "text"
        file["number"] = 1.0
    with open_hdf5(path, DataError) as root:
        assert root.child("x").text() == "net.caffemodel"
        assert root.child("one").text() == "net"
        for name, message in (
            ("two", "not one string"),
            ("long", "not a string of fixed length, at most 65,536 bytes"),
            ("vlen", "not a string of fixed length"),
            ("number", "not a string of fixed length"),
        ):
            with pytest.raises(DataError, match=f"'/{name}' is {message}"):
                root.child(name).text()


def test_damaged_chunks_are_errors(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.arange(1000.0), compression="gzip", fletcher32=True)
    with h5py.File(path) as file:
        place = file["x"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[place + 20 : place + 40] = bytes(20)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"a\.h5: '/x': HDF5 can't be read"):
        values(path)
