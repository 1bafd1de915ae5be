"""The task ``house``: prices of houses, from an image and a table."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task

Image = NDArray[np.float64]
MOST_FLOORS, MOST_TREES = 3, 3
_SKY, _GRASS = (0.9, 0.75, 0.6), (0.3, 0.6, 0.45)
_CROWN, _WINDOW = (0.1, 0.4, 0.1), (0.9, 0.95, 0.95)
"""Blue, green and red of what an image shows."""
_GROUND: Final = 0.85
"""Where the ground begins, as a share of the image's height."""
_SLOTS: Final = (0.08, 0.22, 0.78, 0.92)
"""Where trees may stand, as shares of the image's width."""


@drawn_task
class House(DrawnTask):
    """Predict the price of a house from an image of it and a row of a table; neither tells it alone.

    The image shows 1 to 3 floors, with a row of windows each, and 0 to 3 trees, all as likely; walls and
    roofs have any colour. The row has area, age and distance from the centre, each from 0 to 1. The price is
    ``1 + 2 area - 0.5 age - distance + 0.5 (floors - 1) + 0.3 trees``, with normal noise of standard
    deviation ``noise``.
    """

    tops: ClassVar = (
        Top("image", "3, size, size", "blue, green and red, from 0 to 1"),
        Top("table", "3", "area, age and distance"),
        Top("price", "1", "the price"),
        Top("seen", "2", "floors and trees in the image"),
    )
    fields: ClassVar = {"size": Setting(32, 24, 512), "noise": Setting(0.05, 0, 1e6)}

    def shapes(self) -> list[tuple[int, ...]]:
        return [(3, self.integer("size"), self.integer("size")), (3,), (1,), (2,)]

    def draw(self, rng: np.random.Generator) -> Sample:
        floors, trees = int(rng.integers(1, MOST_FLOORS + 1)), int(rng.integers(MOST_TREES + 1))
        area, age, distance = table = rng.random(3)
        price = 1 + 2 * area - 0.5 * age - distance + 0.5 * (floors - 1) + 0.3 * trees
        price += rng.normal(0, self.settings["noise"])
        return picture(rng, self.integer("size"), floors, trees), table, [price], [floors, trees]


def picture(rng: np.random.Generator, side: int, floors: int, trees: int) -> Image:
    """An image of a house.

    Args:
        rng: draws colours and places.
        side: height and width in pixels.
        floors: floors of the house.
        trees: trees beside it, at most 4.
    """
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    image = np.empty((3, side, side))
    _fill(image, y < _GROUND, _SKY)
    _fill(image, y >= _GROUND, _GRASS)
    high, left, right = 0.2, 0.36, 0.64
    top = _GROUND - floors * high
    _fill(image, (y >= top) & (y < _GROUND) & (x >= left) & (x < right), rng.uniform(0.2, 0.7, 3))
    _fill(image, (y < top) & (abs(x - 0.5) < (y - top + 0.15) * 1.2), rng.uniform(0.1, 0.5, 3))
    for floor in range(floors):
        middle = _GROUND - (floor + 0.5) * high
        for place in (0.43, 0.57):
            _fill(image, (abs(y - middle) < 0.05) & (abs(x - place) < 0.04), _WINDOW)
    for place in rng.permutation(len(_SLOTS))[:trees]:
        crown = np.hypot(x - _SLOTS[int(place)], y - rng.uniform(0.55, 0.7)) < 0.06
        _fill(image, crown, _CROWN)
    image += rng.normal(0, 0.02, image.shape)
    return np.clip(image, 0, 1)


def _fill(image: Image, where: NDArray[np.bool_], colour: ArrayLike) -> None:
    image[:, where] = np.asarray(colour)[:, None]
