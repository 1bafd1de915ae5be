"""The task of reading pen strokes."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.drawn.strokes import CHARACTERS, Strokes
from tests.data.drawn.drawing import drawn


def test_labels_end_with_minus_one_and_steps_with_cont() -> None:
    pen, cont, labels, steps = drawn("strokes", "length: 5 min_length: 2", count=300)
    counts = set()
    for moves, going, classes, count in zip(pen, cont, labels, steps.astype(int), strict=True):
        written = int((classes >= 0).sum())
        counts.add(written)
        assert (classes[written:] == -1).all()
        assert going.tolist() == [0, *[1] * (count - 1), *[0] * (len(going) - count)]
        assert not moves[count:].any()
        assert not moves[0].any()
        assert count > 2 * written  # CTC needs a step for each label, and for blanks between equal ones
    assert counts == {2, 3, 4, 5}
    assert set(labels[labels >= 0]) == set(range(10))


def test_pen_is_lifted_between_the_strokes_of_each_character() -> None:
    pen, cont, labels, steps = drawn("strokes", "symbols: 20 length: 3", count=300)
    for moves, classes, count in zip(pen, labels.astype(int), steps.astype(int), strict=True):
        names = [Strokes.classes[number] for number in classes if number >= 0]
        assert (moves[:count, 2] == 0).sum() == sum(len(CHARACTERS[name]) for name in names)
    assert cont.shape == pen.shape[:2]


def test_path_without_noise_is_an_affine_image_of_the_character() -> None:
    pen, _, labels, steps = drawn("strokes", "symbols: 20 length: 1 noise: 0", count=100)
    for moves, (number,), count in zip(pen, labels.astype(int), steps.astype(int), strict=True):
        path = np.cumsum(moves[:count, :2], 0)
        ends = np.flatnonzero(np.append(moves[1:count, 2] == 0, True))
        begins = np.flatnonzero(moves[:count, 2] == 0)
        strokes = CHARACTERS[Strokes.classes[number]]
        wanted = np.array([point for stroke in strokes for point in (stroke[0], stroke[-1])])
        found = path[np.stack([begins, ends], 1).ravel()]
        # the ends of strokes, from the first one: one matrix takes those of the template to those of the path
        matrix, *_ = np.linalg.lstsq(wanted - wanted[0], found - found[0], rcond=None)
        np.testing.assert_allclose((wanted - wanted[0]) @ matrix, found - found[0], atol=1e-5)
        assert np.ptp(path[:, 1]) == pytest.approx(1, abs=0.45)


def test_characters_of_a_text_stand_side_by_side() -> None:
    pen, _, labels, steps = drawn("strokes", "length: 4 min_length: 4 noise: 0", count=50)
    for moves, classes, count in zip(pen, labels.astype(int), steps.astype(int), strict=True):
        path = np.cumsum(moves[:count], 0)[:, 0]
        strokes = np.split(path, np.flatnonzero(moves[1:count, 2] == 0) + 1)
        right = -np.inf
        for name in (Strokes.classes[number] for number in classes):
            mine = [strokes.pop(0) for _ in CHARACTERS[name]]
            assert min(part.min() for part in mine) > right - 0.25  # a slant may reach a little to the left
            right = max(part.max() for part in mine)


def test_longest_characters_fit() -> None:
    pen, _, _, steps = drawn("strokes", "symbols: 20 length: 1", count=2000)
    assert steps.max() == pen.shape[1]
    assert steps.min() >= 4
