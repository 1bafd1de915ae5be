from __future__ import annotations

import numpy as np
import pytest


def test_two_steps_by_hand(two):
    params = two("Lion", momentum=0.5, momentum2=0.75, weight_decay=0.5)
    # signs of g / 2; w - 0.1 * (1 + 0.5 * w); m = g / 4
    assert params.step(0.1, 0, [4, -4], 0) == pytest.approx([0.85, -1.8, 0.5])
    # signs of m / 2 + g / 2 = 0.5 - 1, -0.5 + 1; m = 0.75 - 0.5
    assert params.step(0.1, 1, [-2, 2], 0) == pytest.approx([0.85 * 0.95 + 0.1, -1.8 * 0.95 - 0.1, 0.5])
    assert params.rule.history[0].tolist() == pytest.approx([0.25, -0.25])


def test_agrees(agrees, own_decay_variant):
    def formula(w, g, history, rate, t, decay):
        sign = np.sign(0.9 * history[0] + 0.1 * g)
        history[0][:] = 0.99 * history[0] + 0.01 * g
        return rate * (sign + decay * w)

    settings = {"type": "Lion", "momentum": 0.9, "momentum2": 0.99}
    agrees(formula, 1, own_decay=True, **settings, **own_decay_variant)


def test_resumes(resumes):
    resumes(type="Lion", momentum=0.9, weight_decay=0.01)
