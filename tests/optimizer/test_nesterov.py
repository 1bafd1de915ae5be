from __future__ import annotations

import pytest


def test_two_steps_by_hand(two):
    params = two("Nesterov", momentum=0.5)
    # V = 0.1 * g; the step is 1.5 * V - 0.5 * 0
    assert params.step(0.1, 0, [1, 2], 0.5) == pytest.approx([0.85, -2.3, 0.35])
    # V' = 0.05 + 0.1, 0.1 + 0, 0.05 + 0; the step is 1.5 * V' - 0.5 * V
    assert params.step(0.1, 1, [1, 0], 0) == pytest.approx([0.675, -2.35, 0.325])


def test_agrees(agrees, variant):
    def formula(w, g, history, rate, t, decay):
        before = history[0].copy()
        history[0][:] = 0.9 * before + rate * g
        return 1.9 * history[0] - 0.9 * before

    agrees(formula, 1, type="Nesterov", momentum=0.9, **variant)


def test_resumes(resumes):
    resumes(type="Nesterov", momentum=0.9, clip_gradients=1)
