from __future__ import annotations

import zlib

import h5py
import numpy as np
import pytest

from layerzoo.hdf5_file.chunks import DEFLATE, FLETCHER32, LZF, SHUFFLE, decode_chunk

VALUES = [
    np.arange(1000.0),
    np.zeros(500),
    np.random.default_rng(0).integers(0, 4, 3000).astype("<i2"),
    np.random.default_rng(1).normal(size=700).astype("<f4"),
    np.tile(np.arange(37, dtype="u1"), 50),
]


@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}, {"compression": "lzf"}])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("fletcher32", [False, True])
@pytest.mark.parametrize("index", range(len(VALUES)))
def test_chunks_of_hdf5_are_decoded(tmp_path, options, shuffle, fletcher32, index):
    values = VALUES[index]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset(
            "x", data=values, chunks=values.shape, shuffle=shuffle, fletcher32=fletcher32, **options
        )
        plist = data.id.get_create_plist()
        filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
        skipped, stored = data.id.read_direct_chunk((0,))
    applied = [code for place, code in enumerate(filters) if not skipped >> place & 1]
    assert decode_chunk(bytes(stored), applied, values.nbytes, values.itemsize) == values.tobytes()


@pytest.mark.parametrize(
    ("data", "filters", "message"),
    [
        (b"abc", [], "a chunk has 3 bytes; expected 8"),
        (zlib.compress(bytes(7)), [DEFLATE], "has 7 bytes"),
        (zlib.compress(bytes(10**7)), [DEFLATE], "has 9 bytes"),
        (b"abc", [DEFLATE], "can't be inflated"),
        (bytes(12), [SHUFFLE], "has 12 bytes"),
        (b"abc", [FLETCHER32], "shorter than its checksum"),
        (b"\1" + bytes(11), [FLETCHER32], "the checksum of a chunk is wrong"),
        (b"\x02abc", [LZF], "has 3 bytes"),
        (b"\x00a\x20\x05", [LZF], "a copy of bytes before its start"),
        (b"\x00a\xe0", [LZF], "a copy of bytes before its start|has"),
        (b"\x00a" + b"\xe0\xff\x00" * 1000, [LZF], "has 26[0-9] bytes"),
        (bytes(8), [6], "filter 6 can't be decoded"),
    ],
)
def test_damaged_chunks_are_errors(data, filters, message):
    with pytest.raises(ValueError, match=message):
        decode_chunk(data, filters, 8, 4)


def test_checksum_is_found_in_both_orders_of_bytes():
    content = b"\x01\x02\x03\x04\x05\x06\x07\x08"
    words = [0x0102, 0x0304, 0x0506, 0x0708]
    first = sum(words)
    second = sum(word * weight for word, weight in zip(words, (4, 3, 2, 1), strict=True))
    for order in ("<u2", ">u2"):
        stored = content + np.array([first, second], order).tobytes()
        assert decode_chunk(stored, [FLETCHER32], 8, 4) == content
