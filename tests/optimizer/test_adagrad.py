from __future__ import annotations

import numpy as np
import pytest


def test_two_steps_by_hand(two):
    params = two("AdaGrad", delta=1)
    # h = 9, 0, 16; steps 0.1 * 3 / 4, 0, 0.2 * 4 / 5
    assert params.step(0.1, 0, [3, 0], 4) == pytest.approx([0.925, -2, 0.34])
    # h = 25, 0, 25; steps 0.1 * 4 / 6, 0, 0.2 * 3 / 6
    assert params.step(0.1, 1, [4, 0], 3) == pytest.approx([0.8583333, -2, 0.24])


@pytest.mark.parametrize("kernel", [True, False])
def test_agrees(agrees, variant, kernel, monkeypatch):
    if not kernel:
        monkeypatch.setattr("torch._C._dispatch_has_kernel_for_dispatch_key", lambda *_: False)

    def formula(w, g, history, rate, t, decay):
        history[0] += g * g
        return rate * g / (np.sqrt(history[0]) + 1e-4)

    agrees(formula, 1, type="AdaGrad", delta=1e-4, **variant)


def test_resumes(resumes):
    resumes(type="AdaGrad", weight_decay=0.01)
