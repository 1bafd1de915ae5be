"""Drawing of shapes: distances, boxes, and pictures as functions of their seeds."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.drawn_shapes import NAMES, disc, draw, ring, square, triangle


def test_disc_has_its_area_and_box() -> None:
    distance, box = disc(40, 20.0, 18.0, 10.0, 0.3)
    assert (distance < 0).sum() == pytest.approx(np.pi * 100, rel=0.02)
    assert box == (10, 8, 30, 28)


def test_ring_is_hollow() -> None:
    distance, _ = ring(40, 20.0, 20.0, 12.0, 0.0)
    assert (distance < 0).sum() == pytest.approx(np.pi * (144 - 64), rel=0.05)
    assert distance[20, 20] > 0


@pytest.mark.parametrize(("shape", "area"), [(square, 2.0), (triangle, 3 * 3**0.5 / 4)])
@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_polygons_have_their_area_and_box(shape, area: float, angle: float) -> None:
    distance, box = shape(60, 30.0, 30.0, 20.0, angle)
    inside = distance < 0
    assert inside.sum() == pytest.approx(area * 400, rel=0.03)
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    assert box == pytest.approx((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1), abs=1.6)


def test_draw_is_a_function_of_its_seed() -> None:
    first, again, other = draw((0, 5), 48, 3), draw((0, 5), 48, 3), draw((0, 6), 48, 3)
    assert (first.image == again.image).all()
    assert (first.boxes == again.boxes).all()
    assert not (first.image == other.image).all()
    assert NAMES == ("disc", "square", "triangle", "ring")
