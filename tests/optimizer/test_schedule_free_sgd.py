from __future__ import annotations

import pytest


def test_two_steps_by_hand(two):
    params = two("ScheduleFreeSGD", momentum=0.5, weight_decay=0.5)
    # the first mean is z itself: g + decay * w = 4.5, z = x = y = 1 - 0.1 * 4.5; the bias has twice the rate
    assert params.step(0.1, 0, [4, -4], 1) == pytest.approx([0.55, -1.5, 0.3])
    # g + decay * y = 2 + 0.275: z = 0.55 - 0.2275, x = (0.55 + z) / 2, y = (x + z) / 2
    z = 0.55 - 0.2275
    assert params.step(0.1, 1, [2, 0], 0)[0] == pytest.approx(((0.55 + z) / 2 + z) / 2)
    assert params.rule.history[0][0].item() == pytest.approx(z)
    assert params.rule.evaluated_weights().means[0][0].item() == pytest.approx((0.55 + z) / 2)


@pytest.mark.parametrize("kind", ["L1", "L1L2"])
def test_kinds_of_decay_are_added_to_the_gradient(two, kind):
    params = two("ScheduleFreeSGD", momentum=0.5, weight_decay=0.5, regularization_type=kind, l1_ratio=1)
    assert params.step(0.1, 0, [0, 0], 0) == pytest.approx([1 - 0.05, -2 + 0.05, 0.5])
