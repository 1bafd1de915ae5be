"""Boxes move along with their images."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.transform.boxes import WHOLE, Boxes, areas, coverage, overlaps
from layerzoo.schema import EmitConstraint


def boxes(*edges: tuple[float, float, float, float]) -> Boxes:
    rows = np.array([[index, 0, 0] for index in range(len(edges))], np.float32)
    return Boxes(np.array(edges, np.float32), rows)


def test_cut_expresses_boxes_in_the_window_and_drops_those_outside() -> None:
    made = boxes((0.25, 0.25, 0.5, 0.5), (0.0, 0.0, 0.75, 0.3), (0.6, 0.6, 0.9, 0.9), (0.1, 0.1, 0.25, 0.4))
    made.cut((0.25, 0.0, 0.5, 0.5))
    np.testing.assert_allclose(made.edges, [[0, 0.5, 1, 1], [0, 0, 1, 0.6]], atol=1e-6)
    assert made.rows[:, 0].tolist() == [0, 1], "the last one touches the window"


def test_cut_of_a_larger_window_shrinks_boxes() -> None:
    made = boxes((0.0, 0.0, 1.0, 1.0))
    made.cut((-1.0, -0.5, 3.0, 1.5))
    np.testing.assert_allclose(made.edges, [[0.25, 0.25, 0.5, 0.75]])


@pytest.mark.parametrize(
    ("constraint", "kept"),
    [
        (None, [0, 1, 2]),
        (EmitConstraint(), [0, 1]),
        (EmitConstraint(emit_type="MIN_OVERLAP", emit_overlap=0.7), [0]),
    ],
)
def test_emit_constraint_drops_boxes_that_a_cut_divides(
    constraint: EmitConstraint | None, kept: list[int]
) -> None:
    made = boxes((0.0, 0.0, 0.4, 0.4), (0.2, 0.0, 0.7, 0.4), (0.4, 0.0, 0.9, 0.4))
    made.emit = constraint
    made.cut((0.0, 0.0, 0.5, 1.0))
    assert made.rows[:, 0].tolist() == kept


def test_mirror_twice_changes_nothing() -> None:
    made = boxes((0.1, 0.2, 0.4, 0.5))
    made.mirror()
    np.testing.assert_allclose(made.edges, [[0.6, 0.2, 0.9, 0.5]], atol=1e-6)
    made.mirror()
    np.testing.assert_allclose(made.edges, [[0.1, 0.2, 0.4, 0.5]], atol=1e-6)


def test_factor_follows_the_size_of_the_window() -> None:
    made = boxes((0.0, 0.0, 1.0, 1.0))
    made.cut((0.0, 0.0, 0.5, 1.0))
    assert made.factor is None
    made.factor = (2.0, 3.0)
    made.cut((0.0, 0.0, 0.5, 1.0))
    assert made.factor == (1.0, 3.0)


def test_whole_window_clips_boxes() -> None:
    made = boxes((-0.5, 0.0, 0.5, 2.0))
    made.cut(WHOLE)
    np.testing.assert_allclose(made.edges, [[0, 0, 0.5, 1]])


def test_areas_overlaps_and_coverage() -> None:
    one = np.array([[0, 0, 0.5, 0.5], [0.5, 0, 0.4, 1]], np.float32)
    other = np.array([[0.25, 0, 0.75, 0.5]], np.float32)
    np.testing.assert_allclose(areas(one), [0.25, 0])
    np.testing.assert_allclose(overlaps(one, other)[0], [1 / 3], rtol=1e-6)
    np.testing.assert_allclose(coverage(one, other), [[0.5], [0]], rtol=1e-6)


def test_finish_clips_boxes_and_applies_the_factor() -> None:
    cut = boxes((-0.5, 0, 0.5, 1), (1.2, 0, 1.5, 1))
    cut.finish(is_cut=False)
    assert cut.edges.tolist() == [[0, 0, 0.5, 1]]
    kept = boxes((-0.5, 0, 0.5, 1))
    kept.factor = (2.0, 4.0)
    kept.finish(is_cut=True)
    assert kept.edges.tolist() == [[-1, 0, 1, 4]]


def test_window_and_mirroring_are_known_whatever_was_cut() -> None:
    boxes = Boxes(np.array([[0.5, 0.5, 0.75, 0.75]], np.float32), np.zeros((1, 3), np.float32))
    boxes.cut((0.5, 0.25, 1.0, 0.75))
    assert (boxes.window, boxes.mirrored) == ((0.5, 0.25, 1.0, 0.75), False)
    boxes.mirror()
    boxes.cut((0.0, 0.0, 0.5, 1.0))
    assert (boxes.window, boxes.mirrored) == ((0.75, 0.25, 1.0, 0.75), True)
    boxes.mirror()
    boxes.cut((0.0, 0.5, 0.5, 1.0))
    assert (boxes.window, boxes.mirrored) == ((0.75, 0.5, 0.875, 0.75), False)
