from __future__ import annotations

from math import sqrt

import pytest
import torch

from layerzoo.optimizer.conjugate_gradients import minimise_model, model_faults

MATRIX = torch.tensor([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]], dtype=torch.float64)
GRADIENT = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
ONES = torch.ones(3, dtype=torch.float64)


def minimise(matrix, gradient=GRADIENT, metric=ONES, tolerance=0.0, most=9, **limits):
    return minimise_model(lambda v: matrix @ v, gradient, metric, tolerance, most, **limits)


@pytest.mark.parametrize("metric", [ONES, torch.tensor([1.0, 0.1, 30.0], dtype=torch.float64)])
def test_minimum_of_a_positive_model_is_the_solution_of_its_equations(metric):
    low = minimise(MATRIX, metric=metric, most=3)
    solution = -torch.linalg.solve(MATRIX, GRADIENT)
    assert torch.allclose(low.step, solution)
    assert low.decrease == pytest.approx(float(GRADIENT @ torch.linalg.solve(MATRIX, GRADIENT)) / 2)
    assert low.length == pytest.approx(float((solution**2 / metric).sum().sqrt()))
    assert not low.at_edge
    assert not low.negative


def test_products_end_the_search():
    low = minimise(MATRIX, most=1)
    stride = float(GRADIENT @ GRADIENT) / float(GRADIENT @ MATRIX @ GRADIENT)
    assert torch.allclose(low.step, -stride * GRADIENT)


def test_tolerance_ends_the_search():
    low = minimise(MATRIX, tolerance=0.9)
    assert torch.allclose(low.step, minimise(MATRIX, most=1).step)


def test_step_within_a_radius_ends_at_its_edge():
    low = minimise(MATRIX, radius=0.25)
    assert low.at_edge
    assert low.length == pytest.approx(0.25)
    model = float(GRADIENT @ low.step + low.step @ MATRIX @ low.step / 2)
    assert low.decrease == pytest.approx(-model)


def test_negative_curvature_is_followed_to_the_edge():
    saddle = torch.diag(torch.tensor([1.0, -1.0], dtype=torch.float64))
    gradient = torch.tensor([0.0, 0.5], dtype=torch.float64)
    low = minimise(saddle, gradient, ONES[:2], radius=2.0)
    assert low.step.tolist() == pytest.approx([0, -2])
    assert low.decrease == pytest.approx(1 + 2)
    assert low.negative


def test_negative_curvature_without_a_radius_ends_the_search():
    saddle = torch.diag(torch.tensor([1.0, -1.0], dtype=torch.float64))
    first = minimise(saddle, torch.tensor([0.0, 0.5], dtype=torch.float64), ONES[:2])
    assert first.step.tolist() == [0, -0.5]
    # after a step along (-2, -1) with curvature 3 / 5, the next direction curves downwards
    later = minimise(saddle, torch.tensor([2.0, 1.0], dtype=torch.float64), ONES[:2])
    assert later.step.tolist() == pytest.approx([-2 * 5 / 3, -5 / 3])
    assert later.negative


def test_metric_shapes_the_trust_region():
    metric = torch.tensor([1.0, 4.0], dtype=torch.float64)
    gradient = torch.tensor([1.0, 1.0], dtype=torch.float64)
    low = minimise(torch.zeros(2, 2, dtype=torch.float64), gradient, metric, radius=1.0)
    assert low.step.tolist() == pytest.approx([-1 / sqrt(5), -4 / sqrt(5)])


def test_gradient_of_zero_gives_no_step():
    low = minimise(MATRIX, torch.zeros_like(GRADIENT))
    assert low.decrease == 0
    assert not low.step.any()


def test_model_faults_name_the_field():
    assert [fault.field for fault in model_faults("m", 1.0, 0)] == ["m.tolerance", "m.max_products"]
    assert model_faults("m", 0.0, 1) == []
