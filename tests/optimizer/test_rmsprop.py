from __future__ import annotations

import numpy as np
import pytest

from layerzoo.errors import ConfigError


def test_two_steps_by_hand(two):
    params = two("RMSProp", rms_decay=0.75, delta=1)
    # h = g^2 / 4; steps 0.1 * 4 / (2 + 1), 0, 0.2 * 2 / (1 + 1)
    assert params.step(0.1, 0, [4, 0], 2) == pytest.approx([0.8666667, -2, 0.3])
    # h = 0.75 * 4 + 0.25 * 4 = 4; steps 0.1 * 2 / 3
    assert params.step(0.1, 1, [2, 0], 0)[:2] == pytest.approx([0.8, -2])


def test_agrees(agrees, variant):
    def formula(w, g, history, rate, t, decay):
        history[0][:] = 0.9 * history[0] + 0.1 * g * g
        return rate * g / (np.sqrt(history[0]) + 1e-3)

    agrees(formula, 1, type="RMSProp", rms_decay=0.9, delta=1e-3, **variant)


def test_resumes(resumes):
    resumes(type="RMSProp", weight_decay=0.01, regularization_type="L1")


def test_rms_decay_of_1_is_a_fault(two):
    with pytest.raises(ConfigError, match="rms_decay is 1; it has to be at least 0 and below 1"):
        two("RMSProp", rms_decay=1)
