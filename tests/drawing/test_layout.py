"""Layered layout of boxes and edges."""

from __future__ import annotations

from itertools import combinations

from layerzoo.drawing.layout import GAP_X, lay_out

WIDE = (60.0, 30.0)


def test_chain_is_one_column() -> None:
    layout = lay_out([WIDE, (100.0, 40.0), WIDE], [(0, 1), (1, 2)])
    (x0, y0), (x1, y1), (x2, y2) = layout.centres
    assert x0 == x1 == x2
    assert y0 < y1 < y2
    assert layout.paths[0] == [(x0, y0 + 15), (x1, y1 - 20)]


def test_ranks_are_ordered_without_crossings_and_overlap() -> None:
    # 0 feeds 1, 2, 3, which feed 6, 5, 4 in turn, all under 7
    edges = [(0, 1), (0, 2), (0, 3), (1, 6), (2, 5), (3, 4), (4, 7), (5, 7), (6, 7)]
    centres = lay_out([WIDE] * 8, edges).centres
    for one, other in combinations(range(8), 2):
        (x, y), (x2, y2) = centres[one], centres[other]
        assert y != y2 or abs(x - x2) >= 60 + GAP_X - 1e-6
    order = [centres[i][0] < centres[j][0] for i, j in ((1, 2), (6, 5))]
    assert order[0] == order[1], "6 is under 1 as 5 is under 2"


def test_edges_past_a_rank_avoid_its_boxes() -> None:
    layout = lay_out([WIDE, (200.0, 50.0), WIDE], [(0, 1), (1, 2), (0, 2)])
    start, upper, lower, end = layout.paths[2]
    (x, y) = layout.centres[1]
    assert upper[0] == lower[0]
    assert abs(upper[0] - x) > 100, "beside the box"
    assert (upper[1], lower[1]) == (y - 25, y + 25)
    assert start[1] < upper[1] < lower[1] < end[1]


def test_inputs_are_placed_right_above_their_first_consumer() -> None:
    centres = lay_out([WIDE] * 5, [(0, 1), (1, 2), (2, 3), (4, 3)]).centres
    assert centres[4][1] == centres[2][1]


def test_layout_of_nothing_is_empty() -> None:
    layout = lay_out([], [])
    assert (layout.centres, layout.paths) == ([], [])
