"""Arrays in messages."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from layerzoo.reader.arrays import packed, shape_of, unpacked
from layerzoo.reader.protocol import ProtocolError

ARRAYS = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.arange(12, dtype=np.int64).reshape(3, 4).T,
    np.array(2.5),
    np.zeros((0, 3), np.uint8),
    np.array([True, False]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_array_arrives_as_it_was(array: np.ndarray[Any, Any]) -> None:
    head, part = packed(array)
    arrived = unpacked(json.loads(json.dumps(head)), [memoryview(bytearray(part))])
    assert (arrived.dtype, arrived.shape) == (array.dtype, array.shape)
    assert np.array_equal(arrived, array)


@pytest.mark.parametrize(
    ("head", "count"),
    [
        ({"dtype": "object", "shape": [1]}, 8),
        ({"dtype": "float32"}, 4),
        ({"dtype": "float32", "shape": [2]}, 4),
        ({"dtype": "float32", "shape": [-1, -1]}, 4),
        ({"dtype": "float32", "shape": [True]}, 4),
        ({"dtype": "float32", "shape": ["1"]}, 4),
        ({"dtype": "float32", "shape": [1 << 60]}, 4),
        ({"dtype": "float32", "shape": [1] * 33}, 4),
        ({"dtype": ["float32"], "shape": [1]}, 4),
        ({"dtype": "<f4", "shape": [1]}, 4),
        ({}, 0),
    ],
)
def test_what_is_not_an_array_is_a_protocol_error(head: dict[str, Any], count: int) -> None:
    with pytest.raises(ProtocolError):
        unpacked(head, [memoryview(bytes(count))])


def test_array_must_have_one_part() -> None:
    with pytest.raises(ProtocolError):
        unpacked({"dtype": "uint8", "shape": [1]}, [memoryview(b"a"), memoryview(b"b")])


def test_shape_of_is_a_tuple() -> None:
    assert shape_of([2, 0]) == (2, 0)
    assert shape_of([]) == ()
