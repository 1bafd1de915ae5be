"""Linear, logistic and softmax regression: the solutions and gradients that mathematics gives, by numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from layerzoo.solver import Solver
from tests.courses.lessons import COURSES, make_solver

Matrix = NDArray[np.float64]


def table_of(solver: Solver) -> tuple[Matrix, Matrix]:
    """The rows that train, with a column of ones for the bias, and their targets."""
    net = solver.net
    feed = net.fetch(0)
    x, y = (
        feed.blobs[next(b.index for b in net.graph.blobs if b.name == n)]
        for n in net.graph.layers[0].param.top
    )
    return np.column_stack([x.double().numpy(), np.ones(len(x))]), y.double().numpy()[:, 0]


def learned(solver: Solver) -> Matrix:
    weight, bias = solver.net.learnable
    found: Matrix = np.append(weight.detach().double().numpy()[0], bias.detach().double().numpy())
    return found


def test_table_is_drawn_as_its_columns_say() -> None:
    rng = np.random.default_rng(0)
    n = 300
    area = rng.uniform(25, 140, n).round()
    rooms = np.clip((area / 28 + rng.normal(0, 0.7, n)).round(), 1, 6)
    age = rng.uniform(0, 90, n).round()
    centre = rng.gamma(2, 3, n).round(1)
    price = (120 + 3.1 * area + 9 * rooms - 0.8 * age - 6.5 * centre + rng.normal(0, 25, n)).round(1)
    chance = 1 / (1 + np.exp(-(0.4 + 0.03 * (area - 80) - 0.35 * (centre - 6) - 0.03 * (age - 45))))
    sold = (rng.uniform(size=n) < chance).astype(int)
    table = np.loadtxt(COURSES / "apartments.csv", delimiter=",", skiprows=1)
    assert np.allclose(table, np.column_stack([area, rooms, age, centre, price, sold]))


@pytest.mark.parametrize(
    "changes",
    [[], ["type=Newton", "base_lr=1", "momentum=0", "max_iter=2"]],
    ids=["gradient descent", "one step of Newton's method"],
)
def test_linear_regression_reaches_the_closed_form(changes: list[str], tmp_path: Path) -> None:
    solver = make_solver("linear_regression", changes, tmp_path)
    x, y = table_of(solver)
    assert len(x) == 245
    solver.finish()
    assert np.abs(learned(solver) - np.linalg.solve(x.T @ x, x.T @ y)).max() < 1e-3


@pytest.mark.parametrize(
    "changes",
    [[], ["type=SGD", "base_lr=0.5", "momentum=0.9", "max_iter=400"], ["type=LBFGS", "max_iter=30"]],
    ids=["Newton's method", "gradient descent", "L-BFGS"],
)
def test_logistic_regression_reaches_that_of_reweighted_least_squares(
    changes: list[str], tmp_path: Path
) -> None:
    solver = make_solver("logistic_regression", changes, tmp_path)
    x, y = table_of(solver)
    assert set(y) == {0, 1}
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        w += np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (y - p))
    solver.finish()
    assert np.abs(learned(solver) - w).max() < 1e-3


def test_softmax_gradient_is_what_was_said_minus_what_was_true(tmp_path: Path) -> None:
    solver = make_solver("softmax", [], tmp_path)
    solver.step(20)  # away from equal scores
    net = solver.net
    feed = net.fetch(99)
    places = {blob.name: blob.index for blob in net.graph.blobs}
    x = feed.blobs[places["data"]].flatten(1).double().numpy()
    labels = feed.blobs[places["label"]].long().numpy()
    weight, bias = (param.detach().double().numpy() for param in net.learnable)
    z = x @ weight.T + bias
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    error = (p - np.eye(10)[labels]) / len(x)
    for param in net.learnable:
        param.grad = None
    net.loss(net.run(feed, net.outputs_only)).backward()
    by_weight, by_bias = (param.grad for param in net.learnable)
    assert by_weight is not None
    assert by_bias is not None
    assert np.allclose(by_weight.numpy(), error.T @ x, atol=1e-6)
    assert np.allclose(by_bias.numpy(), error.sum(0), atol=1e-6)
