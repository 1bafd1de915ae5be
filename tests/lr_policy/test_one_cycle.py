from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError

FIELDS = {"rise": 0.25, "start_divisor": 5, "end_divisor": 50}


def test_linear_rates(rates):
    assert rates(
        "one_cycle", [0, 1, 2, 5, 8, 9], max_iter=8, one_cycle_param={**FIELDS, "shape": "LINEAR"}
    ) == pytest.approx([0.1, 0.3, 0.5, 0.255, 0.01, 0.01])


def test_cosine_rates_equal_linear_ones_at_ends_and_middle(rates):
    assert rates("one_cycle", [0, 1, 2, 5, 8], max_iter=8, one_cycle_param=FIELDS) == pytest.approx(
        [0.1, 0.3, 0.5, 0.255, 0.01]
    )


@pytest.mark.parametrize("wrong", [{"rise": 0}, {"rise": 1}, {"start_divisor": 0}, {"end_divisor": -1}])
def test_faults(rates, wrong):
    with pytest.raises(ConfigError, match=f"one_cycle_param.{next(iter(wrong))} is"):
        rates("one_cycle", [0], max_iter=8, one_cycle_param=wrong)
