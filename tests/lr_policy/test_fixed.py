from __future__ import annotations


def test_rates(rates):
    assert rates("fixed", [0, 7, 10**9]) == [0.5, 0.5, 0.5]
