from __future__ import annotations

import pytest


def test_rates(rates):
    assert rates("exp", [0, 1, 2, 10], gamma=0.9) == pytest.approx([0.5, 0.45, 0.405, 0.1743392])
