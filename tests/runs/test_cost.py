"""The cost of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.runs.cost import COSTS, Cost, amount, costs_of


def test_cost_is_machines_times_hours_times_price() -> None:
    cost = Cost(2.5, 4, 5400, iterations=10, samples=3_000_000)
    assert cost.total == 15.0
    assert cost.per_million_samples == 5.0
    assert Cost(2.5, 1, 3600).per_million_samples is None
    assert Cost(0, 1, 3600, samples=1).per_million_samples == 0


def test_costs_are_recorded_start_by_start(tmp_path: Path) -> None:
    costs = [Cost(2.5, 2, 1800.125, 10, 640), Cost(3.0, 1, 60.0, 0, 0)]
    for cost in costs:
        cost.record(tmp_path)
    assert costs_of(tmp_path) == costs
    first = (tmp_path / COSTS).read_text().splitlines()[0]
    assert first == (
        '{"cost":2.500174,"price_per_hour":2.5,"machines":2,"seconds":1800.125,"iterations":10,"samples":640}'
    )


def test_costs_that_can_not_be_read_are_left_out(tmp_path: Path) -> None:
    assert costs_of(tmp_path) == []
    good = '{"price_per_hour": 1, "machines": 1, "seconds": 3600}'
    bad = ["", "{", "[]", "3", "null", '{"price_per_hour": "x"}', good.replace("3600", "-1"), "[" * 99999]
    bad += [good.replace("3600", "NaN"), good.replace("3600", "1e999"), '{"machines": 1}']
    (tmp_path / COSTS).write_text("\n".join([*bad, good]) + "\n\xff")
    assert costs_of(tmp_path) == [Cost(1.0, 1, 3600.0)]


@pytest.mark.parametrize(
    ("cost", "text"), [(12.345, "12.35"), (0.1, "0.10"), (0.0123, "0.012"), (0.00001, "1e-05"), (0, "0.00")]
)
def test_amount_has_two_digits(cost: float, text: str) -> None:
    assert amount(cost) == text
