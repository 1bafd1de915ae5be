"""The task of telling solids apart."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.drawn.points import (
    SOLIDS,
    Points,
    cone,
    cube,
    cylinder,
    rotation,
    sphere,
    tetrahedron,
    torus,
)
from tests.data.drawn.drawing import drawn


def test_clouds_are_centred_scaled_and_of_all_classes() -> None:
    points, label = drawn("points", "points: 50 noise: 0", count=600)
    assert points.shape == (600, 3, 50)
    np.testing.assert_allclose(points.mean(2), 0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1).max(1), 1, rtol=1e-6)
    assert (abs(np.bincount(label.astype(int)) - 100) < 40).all()
    assert len(SOLIDS) == len(Points.classes) == 6


def test_noise_has_its_standard_deviation() -> None:
    plain, noisy = (drawn("points", f"points: 400 noise: {noise}", count=20)[0] for noise in (0, 0.3))
    assert abs((noisy - plain).std() - 0.3) < 0.01


def test_rotations_are_rotations_and_turn_everywhere() -> None:
    rng = np.random.default_rng(5)
    turns = np.stack([rotation(rng) for _ in range(3000)])
    np.testing.assert_allclose(
        turns @ turns.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turns.shape), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(turns), 1)
    # the image of a vector under a uniform rotation is uniform on the sphere: each coordinate is uniform
    for column in range(3):
        shares = np.histogram(turns[:, :, column], 10, (-1, 1))[0] / turns[:, :, column].size
        np.testing.assert_allclose(shares, 0.1, atol=0.015)
    # cosine of the angle of a uniform rotation has mean -1/2 (trace 1 + 2 cos has mean 0)
    assert abs(np.trace(turns, axis1=1, axis2=2).mean()) < 0.06


def test_points_are_on_the_surfaces() -> None:
    rng, n = np.random.default_rng(1), 1000
    np.testing.assert_allclose(np.linalg.norm(sphere(rng, n), axis=1), 1)
    np.testing.assert_allclose(abs(cube(rng, n)).max(1), 1)
    x, y, z = cylinder(rng, n).T
    np.testing.assert_allclose(np.maximum(np.hypot(x, y), abs(z)), 1)
    x, y, z = cone(rng, n).T
    np.testing.assert_allclose(np.maximum(np.hypot(x, y) - (1 - z) / 2, -1 - z), 0, atol=1e-12)
    x, y, z = torus(rng, n).T
    np.testing.assert_allclose((np.hypot(x, y) - 1) ** 2 + z**2, 0.16)
    # the faces of this tetrahedron: the largest of the four signed sums of coordinates is 1
    faces = tetrahedron(rng, n) @ np.array([[-1, -1, -1], [-1, 1, 1], [1, -1, 1], [1, 1, -1]]).T
    np.testing.assert_allclose(faces.max(1), 1)


@pytest.mark.parametrize(
    ("solid", "inside", "share"),
    [
        (sphere, lambda x, y, z: z > 0.5, 0.25),  # the area of a zone goes with its height
        (cube, lambda x, y, z: x == 1, 1 / 6),
        (cylinder, lambda x, y, z: abs(z) < 1, 2 / 3),
        (cylinder, lambda x, y, z: (z == 1) & (np.hypot(x, y) < 0.5), 1 / 24),
        (cone, lambda x, y, z: z > -1, 5**0.5 / (5**0.5 + 1)),
        (cone, lambda x, y, z: z > 0, 5**0.5 / (5**0.5 + 1) / 4),
        (torus, lambda x, y, z: np.hypot(x, y) > 1, 0.5 + 0.4 / np.pi),
        (tetrahedron, lambda x, y, z: z > 0, 0.5),
    ],
)
def test_points_are_evenly_distributed(solid, inside, share) -> None:
    points = solid(np.random.default_rng(2), 20_000)
    assert abs(inside(*points.T).mean() - share) < 0.012
