from __future__ import annotations

import struct

import numpy as np
import pytest
import torch

from layerzoo.blobs.blob_proto import blob_pieces, read_binaryproto, read_blob, write_pieces
from layerzoo.blobs.stored import Shape, StoredBlob
from layerzoo.blobs.wire import Wire
from layerzoo.errors import DataError
from layerzoo.schema import BlobProto
from tests.messages import data, floats, legacy, number, shape


def stored(content: bytes) -> StoredBlob:
    return read_blob(Wire(content, "f", "a blob", DataError), 0, len(content), "it")


def parse_blob(content: bytes) -> tuple[Shape, list[float]]:
    blob = stored(content)
    values = blob.tensor()
    assert values.shape == blob.shape
    return blob.shape, values.flatten().tolist()


def test_unpacked_values_are_read():
    singles = b"".join(b"\x2d" + floats(v) for v in (1, 2, 3))
    assert parse_blob(singles + shape(3)) == ((3,), [1, 2, 3])
    doubles = b"".join(b"\x41" + struct.pack("<d", v) for v in (1, 2))
    assert parse_blob(doubles + shape(2)) == ((2,), [1, 2])


def test_values_in_several_fields_are_joined():
    assert parse_blob(data(5, floats(1, 2)) + shape(3) + b"\x2d" + floats(3)) == ((3,), [1, 2, 3])


def test_unpacked_shape_is_read():
    assert parse_blob(data(5, floats(1, 2)) + data(7, number(1, 2) + number(1, 1))) == ((2, 1), [1, 2])


def test_double_precision_stays_double():
    blob = stored(data(8, struct.pack("<d", 0.1)) + shape(1)).tensor()
    assert blob.dtype == torch.float64
    assert blob.item() == 0.1


@pytest.mark.parametrize(("code", "dtype"), [(0, "<f8"), (1, "<f4"), (2, "<f2"), (3, "<i4"), (4, "<u4")])
def test_raw_data_is_read(code, dtype):
    raw = np.array([1, 2, 300], dtype).tobytes()
    assert parse_blob(shape(3) + number(10, code) + data(12, raw)) == ((3,), [1, 2, 300])


@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<f2"])
def test_raw_data_without_a_type_is_inferred(dtype):
    raw = np.array([1, 2, 300], dtype).tobytes()
    assert parse_blob(data(12, raw) + shape(3)) == ((3,), [1, 2, 300])


def test_raw_data_of_an_unknown_type_is_refused():
    with pytest.raises(DataError, match=r"it has raw data of a type \(5\)"):
        parse_blob(shape(3) + number(10, 5) + data(12, bytes(3)))


def test_c3d_has_five_sizes():
    blob = legacy(1, 2, 1, 1, 2) + data(6, floats(1, 2, 3, 4)) + data(7, floats(0, 0, 0, 0))
    assert parse_blob(blob) == ((1, 2, 1, 1, 2), [1, 2, 3, 4])


def test_shape_is_a_vector_by_default():
    assert parse_blob(data(5, floats(1, 2))) == ((2,), [1, 2])
    assert parse_blob(data(5, floats(1))) == ((), [1])


def test_empty_blob_is_read():
    assert parse_blob(shape(0, 3)) == ((0, 3), [])


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (data(5, floats(1, 2)) + shape(3), r"it declares 3 and holds 2 values"),
        (shape(1 << 40, 1 << 40), r"declares 1099511627776 x 1099511627776 and holds 0 values"),
        (shape(1 << 62) + data(5, floats(1)), r"holds 1 values"),
        (data(7, number(1, (1 << 64) - 1)), r"holds 0 values"),
        (shape(0, (1 << 63) + 1), r"declares 0 x 9223372036854775809 and holds 0 values"),
        (shape(0, 1 << 30, 1 << 30, 1 << 30), r"holds 0 values"),
        (data(5, floats(1)) + shape(*[1] * 33), r"declares 1 x 1"),
        (data(5, b"\0\0\0"), r"3 bytes are not a whole number of <f4 values"),
    ],
)
def test_shape_is_checked_against_the_size(blob, message):
    with pytest.raises(DataError, match=message):
        parse_blob(blob)


def test_blob_reads_back_as_written(tmp_path):
    path = tmp_path / "b"
    blob = torch.tensor([[1.0, 0.1]], dtype=torch.float64)
    write_pieces(path, blob_pieces(blob, torch.tensor([[3.0, 4.0]])), DataError, "")
    found = BlobProto.FromString(path.read_bytes())
    assert (list(found.shape.dim), list(found.double_data)) == ([1, 2], [1, 0.1])
    assert list(found.double_diff) == [3, 4]
    assert torch.equal(read_binaryproto(path, "a blob", DataError).tensor(), blob)


def test_file_without_values_is_refused(tmp_path):
    (tmp_path / "b").write_bytes(bytes(6))
    with pytest.raises(DataError, match="b: the file holds no values; it is damaged, or not a mean"):
        read_binaryproto(tmp_path / "b", "a mean", DataError)
