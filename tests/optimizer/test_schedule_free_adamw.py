from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError


def test_two_steps_by_hand(two):
    params = two("ScheduleFreeAdamW", momentum=0.5, momentum2=0.75, weight_decay=0.5, delta=0)
    # g / sqrt(v) is its sign: z = x = y = 1 - 0.1 * (1 + 0.5 * 1)
    assert params.step(0.1, 0, [4, -4], 1) == pytest.approx([0.85, -1.8, 0.3])
    v = (0.75 * 4 + 0.25 * 4) / (1 - 0.75**2)
    z = 0.85 - 0.1 * (2 / v**0.5 + 0.5 * 0.85)
    assert params.step(0.1, 1, [2, 1], 1)[0] == pytest.approx(((0.85 + z) / 2 + z) / 2)
    assert params.rule.history[0][0].item() == pytest.approx(z)


def test_second_decay_is_checked(two):
    with pytest.raises(ConfigError, match="momentum2 is 1; ScheduleFreeAdamW needs it"):
        two("ScheduleFreeAdamW", momentum=0.5, momentum2=1)
