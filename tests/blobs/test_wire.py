from __future__ import annotations

import struct

import numpy as np
import pytest

from layerzoo.blobs import wire
from layerzoo.blobs.wire import BYTES, FIXED32, FIXED64, VARINT, Wire, header, open_wire
from layerzoo.errors import SnapshotError


def wire_of(data: bytes) -> Wire:
    return Wire(data, "f", "a state", SnapshotError)


def fields(data: bytes) -> list[tuple[int, int, int, int]]:
    return list(wire_of(data).fields(0, len(data)))


def test_fields_of_all_kinds():
    data = b"\x08\x96\x01" + b"\x12\x02hi" + b"\x1d\x00\x00\x80\x3f" + b"\x21" + bytes(8)
    assert fields(data) == [(1, VARINT, 150, 0), (2, BYTES, 5, 7), (3, FIXED32, 7, 12), (4, FIXED64, 12, 21)]
    assert wire_of(data).text(5, 7) == "hi"


def test_unpacked_values_are_one_field():
    run = b"".join(b"\x2d" + struct.pack("<f", v) for v in (1.5, -2, 3))
    data = b"\x08\x01" + run + b"\x08\x02" + run[:5]
    found = fields(data)
    assert found == [(1, VARINT, 1, 0), (5, FIXED32, 2, 17), (1, VARINT, 2, 0), (5, FIXED32, 19, 24)]
    assert wire_of(data).fixed_values(2, 17, "<f4").tolist() == [1.5, -2, 3]


def test_unpacked_values_longer_than_a_chunk_are_one_field(monkeypatch):
    monkeypatch.setattr(wire, "_RUN_CHUNK", 4)
    values = np.arange(11, dtype="<f4")
    data = b"".join(b"\x2d" + v.tobytes() for v in values) + b"\x08\x01"
    assert fields(data) == [(5, FIXED32, 0, 55), (1, VARINT, 1, 0)]
    assert wire_of(data).fixed_values(0, 55, "<f4").tolist() == values.tolist()


def test_packed_values_are_a_view():
    data = b"x" + np.array([1, 2], "<f4").tobytes()
    values = wire_of(data).packed_values(1, 9, "<f4")
    assert values.tolist() == [1, 2]
    assert values.base is not None
    with pytest.raises(SnapshotError, match=r"7 bytes are not a whole number of <f4"):
        wire_of(data).packed_values(1, 8, "<f4")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x80", "ends inside a number"),
        (b"\x08" + b"\xff" * 11, "over 64 bits"),
        (b"\x12\x05hi", "a field of 5 bytes, but only 2 are left"),
        (b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7fhi", "but only 2 are left"),
        (b"\x1d\x00\x00", "ends inside a number"),
        (b"\x0b", "unknown kind 3"),
        (b"\x0f", "unknown kind 7"),
    ],
)
def test_damaged_bytes_are_refused(data, message):
    with pytest.raises(SnapshotError, match=f"f: damaged at byte .*, or not a state: .*{message}"):
        fields(data)


def test_number_of_fields_is_limited(monkeypatch):
    monkeypatch.setattr(wire, "MAX_FIELDS", 10)
    assert len(fields(b"\x08\x01" * 10)) == 10
    with pytest.raises(SnapshotError, match="more than 10 fields"):
        fields(b"\x08\x01" * 11)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 1 << 32])
def test_header_reads_back(size):
    before = header(100, size)
    wire = wire_of(before)
    tag, at = wire.varint(0, len(before))
    assert (tag >> 3, tag & 7) == (100, BYTES)
    assert wire.varint(at, len(before)) == (size, len(before))


def test_open_wire_maps_a_file(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"\x08\x05")
    assert list(open_wire(path, "a state", SnapshotError).fields(0, 2)) == [(1, VARINT, 5, 0)]
    path.write_bytes(b"")
    with pytest.raises(SnapshotError, match="f: the file is empty; expected a state"):
        open_wire(path, "a state", SnapshotError)
