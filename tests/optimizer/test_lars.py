from __future__ import annotations

import numpy as np
import pytest


def test_two_steps_by_hand(two):
    params = two("LARS", momentum=0.5, weight_decay=0.5, lars_param={"trust_coefficient": 0.5})
    w, g = np.array([1.0, -2.0]), np.array([3.0, 4.0])
    norm = 5**0.5
    v = 0.2 * 0.5 * norm / (5 + 0.5 * norm) * (g + 0.5 * w)
    # bias: |w| = 0.5, |g| = 2, no decay, lr twice: a step of 0.4 * 0.5 * 0.5 / 2 * 2
    assert params.step(0.2, 0, g.tolist(), 2) == pytest.approx([*(w - v), 0.4])
    w = w - v
    # no gradient: 0.2 * 0.5 * |w| / (0.5 * |w|) * 0.5 * w, and half of the last step; bias: ratio 1
    assert params.step(0.2, 1, [0, 0], 0) == pytest.approx([*(w - 0.1 * w - 0.5 * v), 0.35])


def test_agrees(agrees, own_decay_variant):
    def formula(w, g, history, rate, t, decay):
        divisor = np.linalg.norm(g) + decay * np.linalg.norm(w)
        ratio = 0.1 * np.linalg.norm(w) / divisor if divisor else 1
        history[0][:] = 0.9 * history[0] + rate * ratio * (g + decay * w)
        return history[0]

    settings = {"type": "LARS", "momentum": 0.9, "lars_param": {"trust_coefficient": 0.1}}
    agrees(formula, 1, own_decay=True, **settings, **own_decay_variant)


def test_resumes(resumes):
    resumes(type="LARS", momentum=0.9, weight_decay=0.01)
