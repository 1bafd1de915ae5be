from __future__ import annotations

import numpy as np
import pytest

from layerzoo.errors import ConfigError


def test_two_steps_by_hand(two):
    params = two("Adam", momentum=0.5, momentum2=0.75, delta=1)
    # m = g / 2, v = g^2 / 4; correction sqrt(0.25) / 0.5 = 1; steps lr * (g / 2) / (|g| / 2 + 1)
    assert params.step(0.1, 0, [2, -2], 4) == pytest.approx([0.95, -1.95, 0.5 - 0.2 * 2 / 3])
    # m = 0.5, v = 0.75; correction sqrt(1 - 0.5625) / 0.75
    step = 0.1 * 0.4375**0.5 / 0.75 * 0.5 / (0.75**0.5 + 1)
    assert params.step(0.1, 1, [0, 0], 0)[:2] == pytest.approx([0.95 - step, -1.95 + step])


def test_delta_is_added_before_the_bias_correction(two):
    params = two("Adam", momentum=0.9, momentum2=0.999, delta=1)
    # added after the correction, as in torch, it would give a step of 0.1 / 2
    step = 0.1 * (0.001**0.5 / 0.1) * 0.1 / (0.001**0.5 + 1)
    assert 1 - params.step(0.1, 0, [1, 0], 0)[0] == pytest.approx(step, rel=1e-3)


def test_agrees(agrees, variant):
    def formula(w, g, history, rate, t, decay):
        means, squares = history
        means[:] = 0.9 * means + 0.1 * g
        squares[:] = 0.99 * squares + 0.01 * g * g
        return rate * np.sqrt(1 - 0.99**t) / (1 - 0.9**t) * means / (np.sqrt(squares) + 1e-3)

    agrees(formula, 2, type="Adam", momentum=0.9, momentum2=0.99, delta=1e-3, **variant)


def test_resumes(resumes):
    resumes(type="Adam", momentum=0.9, weight_decay=0.01, clip_gradients=3)


@pytest.mark.parametrize("field", ["momentum", "momentum2"])
def test_momentum_of_1_is_a_fault(two, field):
    with pytest.raises(ConfigError, match=f"{field} is 1; Adam needs it at least 0 and below 1"):
        two("Adam", **{field: 1})
