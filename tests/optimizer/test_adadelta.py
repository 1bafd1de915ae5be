from __future__ import annotations

import numpy as np
import pytest


def test_two_steps_by_hand(two):
    params = two("AdaDelta", momentum=0.5, delta=1)
    # h = 2, s = 2 * sqrt(1 / 3), u = s^2 / 2 = 2/3
    assert params.step(0.3, 0, [2, 0], 0)[0] == pytest.approx(1 - 0.3 * 2 / 3**0.5)
    # h = 1 + 2 = 3, s = 2 * sqrt((5/3) / 4)
    first = 1 - 0.3 * 2 / 3**0.5
    assert params.step(0.3, 1, [2, 0], 0)[0] == pytest.approx(first - 0.6 * (5 / 12) ** 0.5)
    assert [h.tolist()[0] for h in params.rule.history] == pytest.approx([3, 0, 1 / 3 + 5 / 6, 0])


def test_agrees(agrees, variant):
    def formula(w, g, history, rate, t, decay):
        squares, updates = history
        squares[:] = 0.9 * squares + 0.1 * g * g
        step = g * np.sqrt((updates + 1e-2) / (squares + 1e-2))
        updates[:] = 0.9 * updates + 0.1 * step * step
        return rate * step

    agrees(formula, 2, type="AdaDelta", momentum=0.9, delta=1e-2, **variant)


def test_resumes(resumes):
    resumes(type="AdaDelta", momentum=0.9, delta=1e-4, iter_size=2)
