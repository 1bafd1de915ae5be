"""Places in a text, as the protocol counts them."""

from __future__ import annotations

import pytest

from layerzoo.editor.positions import Lines, Place

TEXT = "ab\r\nc😀d\n\rx"


@pytest.mark.parametrize(
    ("offset", "place"),
    [(0, (0, 0)), (2, (0, 2)), (4, (1, 0)), (5, (1, 1)), (6, (1, 3)), (8, (2, 0)), (9, (3, 0)), (10, (3, 1))],
)
def test_place_and_offset(offset: int, place: tuple[int, int]) -> None:
    assert Lines(TEXT).place(offset) == place
    assert Lines(TEXT).offset(Place(*place)) == offset


def test_places_outside_the_text_are_moved_to_its_ends() -> None:
    lines = Lines("ab\ncd")
    assert lines.place(99) == (1, 2)
    assert lines.offset(Place(0, 99)) == 2
    assert lines.offset(Place(9, 0)) == 5
    assert Lines("").place(0) == (0, 0)
