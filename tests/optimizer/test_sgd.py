from __future__ import annotations

import numpy as np
import pytest
import torch


def test_two_steps_by_hand(two):
    params = two("SGD", momentum=0.5, weight_decay=0.1)
    # weight: V = 0.1 * (g + 0.1 * w) = 0.1 * (1.1, -0.2); bias: no decay, lr twice
    assert params.step(0.1, 0, [1, 0], 2) == pytest.approx([0.89, -1.98, 0.1])
    # V = 0.5 * V + 0.2 * (g + 0.1 * w): 0.055 + 0.0178, -0.01 - 0.0396; bias 0.2 + 0.4
    assert params.step(0.2, 1, [0, 0], 1) == pytest.approx([0.8172, -1.9304, -0.5])
    assert [h.tolist() for h in params.rule.history] == [
        pytest.approx([0.0728, -0.0496]),
        pytest.approx([0.6]),
    ]


def test_history_without_momentum_is_the_last_step_as_in_caffe(two):
    params = two("SGD")
    params.step(0.1, 0, [1, 2], 3)
    assert params.step(0.1, 1, [2, 0], 0) == pytest.approx([0.7, -2.2, -0.1])
    assert params.rule.history[0].tolist() == pytest.approx([0.2, 0])


def test_rate_of_0_still_applies_momentum(two):
    params = two("SGD", momentum=0.5)
    params.step(0.1, 0, [1, 0], 0)
    assert params.step(0.0, 1, [5, 5], 5) == pytest.approx([0.85, -2, 0.5])


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_agrees(agrees, variant, momentum):
    def formula(w, g, history, rate, t, decay):
        history[0][:] = momentum * history[0] + rate * g
        return history[0]

    agrees(formula, 1, type="SGD", momentum=momentum, **variant)


def test_resumes(resumes):
    resumes(type="SGD", momentum=0.9, weight_decay=0.01)


def test_param_without_gradient_still_decays(two):
    params = two("SGD", weight_decay=0.5)
    params.weight.grad = params.bias.grad = None
    with torch.no_grad():
        params.rule.step(0.1, 0)
    assert np.allclose(params.weight.detach(), [0.95, -1.9])
