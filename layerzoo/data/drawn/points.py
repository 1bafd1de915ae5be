"""The task ``points``: clouds of points on the surfaces of solids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.drawn_task import DrawnTask, Sample, Setting, Top, drawn_task

Cloud = NDArray[np.float64]


@drawn_task
class Points(DrawnTask):
    """Tell solids apart by a cloud of points on their surface, turned at random.

    The points are in no order and evenly distributed over the surface, which is then stretched by up to a
    fifth along each axis of the solid. A cloud is turned by a random rotation, all as likely, moved to mean 0
    and scaled so that its farthest point is at distance 1. Normal noise of standard deviation ``noise`` is
    added last.
    """

    tops: ClassVar = (
        Top("points", "3, points", "x, y and z of each point"),
        Top("label", "", "the class of the solid"),
    )
    fields: ClassVar = {"points": Setting(128, 1, 100_000), "noise": Setting(0.01, 0, 10)}
    label = 1
    classes: ClassVar = ("sphere", "cube", "cylinder", "cone", "torus", "tetrahedron")

    def shapes(self) -> list[tuple[int, ...]]:
        return [(3, self.integer("points")), ()]

    def draw(self, rng: np.random.Generator) -> Sample:
        count, label = self.integer("points"), int(rng.integers(len(SOLIDS)))
        cloud = SOLIDS[label](rng, count) * rng.uniform(1, 1.2, 3)
        cloud = cloud @ rotation(rng).T
        cloud -= cloud.mean(0)
        cloud /= max(float(np.linalg.norm(cloud, axis=1).max()), 1e-6)  # one point is its own mean
        cloud += rng.normal(0, self.settings["noise"], cloud.shape)
        return cloud.T, label


def rotation(rng: np.random.Generator) -> NDArray[Any]:
    """A random rotation, all as likely: that of a random unit quaternion (Shoemake 1992)."""
    quaternion = rng.normal(size=4)
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def sphere(rng: np.random.Generator, count: int) -> Cloud:
    """Points on a sphere of radius 1."""
    points = rng.normal(size=(count, 3))
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def cube(rng: np.random.Generator, count: int) -> Cloud:
    """Points on a cube from -1 to 1."""
    points = rng.uniform(-1, 1, (count, 3))
    points[np.arange(count), rng.integers(0, 3, count)] = rng.choice([-1.0, 1.0], count)
    return points


def cylinder(rng: np.random.Generator, count: int) -> Cloud:
    """Points on a cylinder of radius 1 from z = -1 to 1 with both lids; its side has 2/3 of the area."""
    turn, where = rng.uniform(0, 2 * np.pi, count), rng.uniform(0, 6, count)
    radius = np.where(where < 4, 1, np.sqrt(rng.random(count)))
    z = np.where(where < 4, rng.uniform(-1, 1, count), np.where(where < 5, -1, 1))
    return np.stack((radius * np.cos(turn), radius * np.sin(turn), z), 1)


def cone(rng: np.random.Generator, count: int) -> Cloud:
    """Points on a cone with a base of radius 1 at z = -1 and the apex at z = 1.

    The area within a distance from the axis grows as its square, on the side as on the base; the side has
    sqrt(5) times the area of the base.
    """
    turn, radius = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.random(count))
    on_side = rng.random(count) < _CONE_SIDE / (_CONE_SIDE + 1)
    z = np.where(on_side, 1 - 2 * radius, -1)
    return np.stack((radius * np.cos(turn), radius * np.sin(turn), z), 1)


def torus(rng: np.random.Generator, count: int) -> Cloud:
    """Points on a torus whose tube has radius 0.4, around a circle of radius 1.

    The outer half of the tube has more area than the inner one: the angle in the tube is drawn by its
    cumulative share ``(t + r sin t) / 2 pi``, which is inverted by a table.
    """
    angles = np.linspace(0, 2 * np.pi, 1001)
    tube = np.interp(rng.uniform(0, 2 * np.pi, count), angles + _TUBE * np.sin(angles), angles)
    turn, away = rng.uniform(0, 2 * np.pi, count), 1 + _TUBE * np.cos(tube)
    return np.stack((away * np.cos(turn), away * np.sin(turn), _TUBE * np.sin(tube)), 1)


def tetrahedron(rng: np.random.Generator, count: int) -> Cloud:
    """Points on a regular tetrahedron with the corners at four of those of a cube from -1 to 1."""
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    missing = rng.integers(0, 4, count)
    shares = rng.dirichlet(np.ones(3), count)
    faces = np.array([[c for c in range(4) if c != face] for face in range(4)])
    return np.asarray((corners[faces[missing]] * shares[:, :, None]).sum(1))


_CONE_SIDE: Final = 5**0.5
_TUBE: Final = 0.4
SOLIDS: Final[tuple[Callable[[np.random.Generator, int], Cloud], ...]] = (
    sphere,
    cube,
    cylinder,
    cone,
    torus,
    tetrahedron,
)
"""The solids in the order of their classes."""
