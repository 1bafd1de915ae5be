"""The task of moving shapes."""

from __future__ import annotations

import numpy as np

from layerzoo.data.drawn.moving_shapes import MovingShapes, _moved
from tests.data.drawn.drawing import drawn

STEPS = {
    "right": (1, 0),
    "right and down": (1, 1),
    "down": (0, 1),
    "left and down": (-1, 1),
    "left": (-1, 0),
    "left and up": (-1, -1),
    "up": (0, -1),
    "right and up": (1, -1),
}


def middle(frame: np.ndarray, axis: int) -> float:
    """The mean place of a frame's mass along an axis on a circle, from 0 to 1."""
    weights = frame.sum(axis)
    turns = np.exp(2j * np.pi * np.arange(len(weights)) / len(weights))
    return float(np.angle((weights * turns).sum()) / 2 / np.pi)


def test_mass_moves_into_the_direction_of_the_class() -> None:
    clip, label, shape = drawn("moving_shapes", "size: 20 frames: 6 noise: 0", count=160)
    assert clip.shape == (160, 1, 6, 20, 20)
    assert set(label) == set(range(8))
    assert set(shape) == {0, 1, 2, 3}
    for frames, number in zip(clip[:, 0], label.astype(int), strict=True):
        moves = []
        for axis in (0, 1):  # the sum over rows leaves x
            places = np.array([middle(frame, axis) for frame in frames])
            moves.append((np.diff(places) + 0.5) % 1 - 0.5)
        speed = np.hypot(*moves)
        assert 0.045 < speed.min() <= speed.max() < 0.105
        wanted = np.array(STEPS[MovingShapes.classes[number]])
        for move, sign in zip(moves, wanted / np.linalg.norm(wanted), strict=True):
            np.testing.assert_allclose(move, sign * speed.mean(), atol=0.006)


def test_shapes_are_whole_and_of_one_grey_in_each_frame() -> None:
    clip, _, shape = drawn("moving_shapes", "size: 24 noise: 0", count=60)
    mass = clip.sum((1, 3, 4))
    np.testing.assert_allclose(mass / mass[:, :1], 1, rtol=1e-5)
    tops = clip[shape != 3].max((1, 2, 3, 4))  # a ring is thinner than a pixel or two
    assert 0.5 <= tops.min() < tops.max() <= 1


def test_images_are_moved_bilinearly_across_their_edges() -> None:
    image = np.zeros((4, 4))
    image[1, 3] = 8
    moved = _moved(image, np.array([[0.0, 0.0], [1.0, 2.0], [0.25, -0.5]]))
    np.testing.assert_array_equal(moved[0], image)
    assert np.argwhere(moved[1]).tolist() == [[3, 0]]
    wanted = np.zeros((4, 4))
    wanted[:2, 3], wanted[:2, 0] = 3, 1
    np.testing.assert_allclose(moved[2], wanted)


def test_single_frame_says_nothing_of_the_direction() -> None:
    clip, label, _ = drawn("moving_shapes", "frames: 2 noise: 0", count=1600)
    for frame in (0, 1):
        places = np.array([middle(one[0, frame], 0) for one in clip])
        spread = [abs(np.exp(2j * np.pi * places[label == number]).mean()) for number in range(8)]
        assert max(spread) < 0.2  # evenly distributed around the circle, for each class
