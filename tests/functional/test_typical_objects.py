"""Typical numbers of annotated objects."""

from __future__ import annotations

from layerzoo.functional.typical_objects import ssd_rows, yolo_rows


def test_ssd_rows_have_an_object_in_each_image_and_then_none() -> None:
    rows = ssd_rows((1, 1, 3, 8), 2)
    assert rows is not None
    assert [rows[8 * row : 8 * row + 2] for row in range(3)] == [[0, 1], [1, 1], [-1, -1]]
    left, top, right, bottom = rows[3:7]
    assert 0 < left < right < 1
    assert 0 < top < bottom < 1
    assert ssd_rows((1, 1, 1, 8), 2) == rows[:8]


def test_yolo_rows_have_one_object_of_the_first_class() -> None:
    rows = yolo_rows((2, 1, 3, 5))
    assert rows is not None
    assert len(rows) == 15
    assert rows[0] == 0
    assert all(0 < number < 1 for number in rows[1:5])
    assert not any(rows[5:])


def test_rows_of_another_shape_are_not_typical() -> None:
    assert ssd_rows((4, 7), 2) is None
    assert yolo_rows((4, 6)) is None
