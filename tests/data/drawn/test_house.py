"""The task of prices of houses."""

from __future__ import annotations

import numpy as np

from tests.data.drawn.drawing import drawn


def starts(values: np.ndarray) -> int:
    """How many runs of True a row has."""
    return int((values & ~np.concatenate([[False], values[:-1]])).sum())


def test_price_follows_from_table_and_image() -> None:
    image, table, price, seen = drawn("house", "noise: 0")
    assert image.shape == (200, 3, 32, 32)
    assert 0 <= image.min() < image.max() <= 1
    area, age, distance = table.T
    floors, trees = seen.T
    wanted = 1 + 2 * area - 0.5 * age - distance + 0.5 * (floors - 1) + 0.3 * trees
    np.testing.assert_allclose(price[:, 0], wanted, rtol=1e-5)
    assert set(floors) == {1, 2, 3}
    assert set(trees) == {0, 1, 2, 3}


def test_image_shows_the_floors_and_trees() -> None:
    for size in (24, 32, 64):
        image, _, _, seen = drawn("house", f"size: {size}", count=60)
        for (blue, green, red), (floors, trees) in zip(image, seen, strict=True):
            windows = (blue > 0.83) & (green > 0.85) & (red > 0.85)
            assert starts(windows.any(1)) == floors
            crowns = (blue < 0.2) & (abs(green - 0.4) < 0.1) & (red < 0.2)
            sides = np.arange(size) / size
            crowns[:, (sides > 0.3) & (sides < 0.7)] = False  # the roof may be dark green
            assert starts(crowns.any(0)) == trees


def test_neither_input_tells_the_price_alone() -> None:
    _, table, price, seen = drawn("house", count=3000)

    def unexplained(inputs: np.ndarray) -> float:
        given = np.hstack([np.ones((len(inputs), 1)), inputs])
        found, *_ = np.linalg.lstsq(given, price[:, 0], rcond=None)
        return float((price[:, 0] - given @ found).var() / price.var())

    assert unexplained(table) > 0.3
    assert unexplained(seen) > 0.3
    both = np.hstack([np.ones((3000, 1)), table, seen])
    found, *_ = np.linalg.lstsq(both, price[:, 0], rcond=None)
    assert abs((price[:, 0] - both @ found).std() - 0.05) < 0.003  # the noise
