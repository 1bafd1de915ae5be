from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError


def test_rates_of_one_period(rates):
    # at half of the period the mean; at a third 3/4 of the way from min_lr to base_lr
    assert rates("cosine", [0, 4, 6, 12, 20], max_iter=12, cosine_param={"min_lr": 0.1}) == pytest.approx(
        [0.5, 0.4, 0.3, 0.1, 0.1]
    )


def test_rates_with_restarts(rates):
    assert rates("cosine", [0, 1, 2, 3, 4, 5], cosine_param={"period": 2}) == pytest.approx(
        [0.5, 0.25, 0.5, 0.25, 0.5, 0.25]
    )


def test_period_mult_lengthens_periods(rates):
    # periods start at 0, 2, 6 and 14
    assert rates(
        "cosine", [0, 1, 2, 4, 6, 10, 14], cosine_param={"period": 2, "period_mult": 2}
    ) == pytest.approx([0.5, 0.25, 0.5, 0.25, 0.5, 0.25, 0.5])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "max_iter or cosine_param.period"),
        ({"cosine_param": {"period": 0}}, "cosine_param.period is 0"),
        ({"max_iter": 5, "cosine_param": {"period_mult": 0.5}}, "cosine_param.period_mult is 0.5"),
    ],
)
def test_faults(rates, fields, says):
    with pytest.raises(ConfigError, match=says):
        rates("cosine", [0], **fields)
