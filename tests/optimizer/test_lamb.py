from __future__ import annotations

import numpy as np
import pytest


def test_two_steps_by_hand(two):
    params = two("LAMB", momentum=0.5, momentum2=0.75, delta=1)
    # r = g / (|g| + 1) = (0.75, 0); |w| = sqrt(5), |r| = 0.75: a step of lr * |w| along r
    assert params.step(0.1, 0, [3, 0], 0) == pytest.approx([1 - 0.1 * 5**0.5, -2, 0.5])
    weight = 1 - 0.1 * 5**0.5
    norm = (weight**2 + 4) ** 0.5
    assert params.step(0.1, 1, [3, 0], 0)[0] == pytest.approx(weight - 0.1 * norm)


def test_agrees(agrees, own_decay_variant):
    def formula(w, g, history, rate, t, decay):
        means, squares = history
        means[:] = 0.9 * means + 0.1 * g
        squares[:] = 0.99 * squares + 0.01 * g * g
        r = means / (1 - 0.9**t) / (np.sqrt(squares / (1 - 0.99**t)) + 1e-3) + decay * w
        return rate * np.linalg.norm(w) / (np.linalg.norm(r) or 1) * r

    settings = {"type": "LAMB", "momentum": 0.9, "momentum2": 0.99, "delta": 1e-3}
    agrees(formula, 2, own_decay=True, **settings, **own_decay_variant)


def test_param_of_zeros_has_a_ratio_of_1(two):
    params = two("LAMB", momentum=0.5, momentum2=0.75, delta=1)
    params.bias.data.zero_()
    assert params.step(0.1, 0, [0, 0], 3)[2] == pytest.approx(-0.2 * 0.75)


def test_resumes(resumes):
    resumes(type="LAMB", momentum=0.9, weight_decay=0.01)
