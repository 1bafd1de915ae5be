from __future__ import annotations

import numpy as np
import pytest

from layerzoo.errors import ConfigError


def test_two_steps_by_hand(two):
    params = two("AdamW", momentum=0.5, momentum2=0.75, delta=1, weight_decay=0.5)
    # m / (1 - b1) = g, sqrt(v / (1 - b2)) = |g|; steps 0.1 * (2 / 3 + 0.5 * w), and no decay of the bias
    assert params.step(0.1, 0, [2, -2], 4) == pytest.approx([0.8833333, -1.8333333, 0.5 - 0.2 * 4 / 5])
    # m = 0.5, v = 0.75, over 0.75 and 0.4375
    step = 0.1 * (0.5 / 0.75 / ((0.75 / 0.4375) ** 0.5 + 1) + 0.5 * 0.8833333)
    assert params.step(0.1, 1, [0, 0], 0)[0] == pytest.approx(0.8833333 - step)


def test_agrees(agrees, own_decay_variant):
    def formula(w, g, history, rate, t, decay):
        means, squares = history
        means[:] = 0.9 * means + 0.1 * g
        squares[:] = 0.99 * squares + 0.01 * g * g
        step = means / (1 - 0.9**t) / (np.sqrt(squares / (1 - 0.99**t)) + 1e-3)
        return rate * (step + decay * w)

    settings = {"type": "AdamW", "momentum": 0.9, "momentum2": 0.99, "delta": 1e-3}
    agrees(formula, 2, own_decay=True, **settings, **own_decay_variant)


def test_resumes(resumes):
    resumes(type="AdamW", momentum=0.9, weight_decay=0.01)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"regularization_type": "L1"}, "regularization_type L1 doesn't work with AdamW, whose decay is"),
        ({"decoupled_weight_decay": True}, "AdamW has a weight decay of its own"),
    ],
)
def test_other_kinds_of_decay_are_refused(two, fields, says):
    with pytest.raises(ConfigError, match=says):
        two("AdamW", **fields)
